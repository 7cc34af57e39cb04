"""One request in, one PDF out. The same request gives the same bytes on any machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from shared.datasets.rows import DatasetRows
from shared.errors import DatasetMissing, RowsMismatch, ValidationFailed
from shared.reports import REPORT_TYPES, ReportType, validate_data
from shared.reports.blocks import Heading, Table
from shared.reports.datasets import dataset_errors
from shared.reports.fields import ReportModel
from worker.render.document import PRODUCER
from worker.render.fonts import name_of
from worker.render.layout import Layout
from worker.render.page import Furniture, Pages
from worker.render.text import clean_line

ProgressFn = Callable[[int, str], None]

_STARTED, _DRAWN, _SAVED = 5, 95, 100
_MAX_GLYPHS_NAMED = 20


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """What to render."""

    job_id: str
    #: one of REPORT_TYPES
    report_type: str
    #: None: the type's own title
    title: str | None
    #: as the client sent it
    data: dict[str, Any]
    #: epoch milliseconds; the only date in the file
    created_at_ms: int
    max_pages: int
    #: the datasets that the data names, by id
    datasets: Mapping[str, DatasetRows] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RenderOutcome:
    """What was written."""

    #: bytes
    file_size: int
    pages: int
    #: hex, of the whole file
    sha256: str
    #: rows in the request's data
    rows_received: int
    #: rows that stand on a page
    rows_rendered: int
    #: what the reader should know: glyphs that no font has, values left out of a total
    warnings: tuple[str, ...]


class _Progress:
    """Percent that never falls, and the name of the stage."""

    def __init__(self, report: ProgressFn, rows: int) -> None:
        self._report = report
        self._rows = rows
        self._percent = 0
        self._before = 0

    def stage(self, percent: int, name: str) -> None:
        self._percent = max(self._percent, min(percent, _SAVED))
        self._report(self._percent, name)

    def rows(self, drawn: int, table: Table) -> None:
        """Called at each page end of a table."""
        if not table.counted or not self._rows:
            return
        percent = _STARTED + (_DRAWN - _STARTED) * drawn // max(self._rows, 1)
        self.stage(min(percent, _DRAWN), f"table rows {drawn:,} of {self._rows:,}")


def render(request: RenderRequest, target: Path, on_progress: ProgressFn) -> RenderOutcome:
    """Write the report to `target` (replacing what is there).

    `on_progress` gets percent (0 to 100, never falling) and a stage name at every page of a table.
    Raises ValidationFailed, PageLimitExceeded, RowsMismatch; what is at `target` then is no PDF.
    """
    with target.open("wb") as out:
        return _compose(request, out, on_progress)


def _compose(request: RenderRequest, out: IO[bytes], on_progress: ProgressFn) -> RenderOutcome:
    data = validate_data(request.report_type, request.data)
    kind = REPORT_TYPES[request.report_type]
    inline = _rows_received(kind, request.data)
    progress = _Progress(on_progress, inline + _supply(request, kind, data))
    progress.stage(_STARTED, "layout")
    title = clean_line(request.title or "") or kind.title
    furniture = Furniture(title, clean_line(kind.subtitle(data)), request.job_id, request.created_at_ms)
    pages = Pages(out, furniture, request.max_pages)
    layout = _draw(pages, kind, data, progress)
    received = inline + sum(rows.received for rows in request.datasets.values())
    if layout.rows_rendered != received:
        raise RowsMismatch(received, layout.rows_rendered)
    progress.stage(_DRAWN, "saving")
    warnings = (*layout.warnings, *pages.warnings, *_missing_glyphs(pages))
    pages.close(_information(request, title, received, layout.rows_rendered))
    progress.stage(_SAVED, "done")
    canvas = pages.canvas
    return RenderOutcome(canvas.size, canvas.pages, canvas.sha256, received, layout.rows_rendered, warnings)


def warm_up() -> None:
    """Do now what the first render would pay for, by rendering each type's example into memory."""
    for name, kind in REPORT_TYPES.items():
        request = RenderRequest("warm-up", name, None, kind.example, 0, 100)
        _compose(request, BytesIO(), lambda percent, stage: None)


def _draw(pages: Pages, kind: ReportType, data: ReportModel, progress: _Progress) -> Layout:
    layout = Layout(pages, progress.rows)
    layout.draw_all(Heading(pages.furniture.title), pages.furniture.subtitle, kind.blocks(data))
    return layout


def _supply(request: RenderRequest, kind: ReportType, data: ReportModel) -> int:
    """Gives the report the datasets it names; returns how many rows their records promise."""
    uses = list(kind.datasets(data))
    for use in uses:
        if use.dataset_id not in request.datasets:
            raise DatasetMissing(use.dataset_id)
    records = {dataset_id: rows.dataset for dataset_id, rows in request.datasets.items()}
    errors = dataset_errors(uses, records)
    if errors:
        raise ValidationFailed(errors)
    data.supply(request.datasets)
    return sum(records[use.dataset_id].rows for use in uses)


def _rows_received(kind: ReportType, data: dict[str, Any]) -> int:
    """Counted in the request itself, apart from everything that draws."""
    rows = data.get(kind.rows_key) if kind.rows_key else None
    return len(rows) if isinstance(rows, list) else 0


def _missing_glyphs(pages: Pages) -> tuple[str, ...]:
    missing = list(dict.fromkeys((*pages.regular.missing, *pages.bold.missing)))
    named = [f"no font has a glyph for {name_of(char)}" for char in missing[:_MAX_GLYPHS_NAMED]]
    if len(missing) > _MAX_GLYPHS_NAMED:
        named.append(f"no font has a glyph for {len(missing) - _MAX_GLYPHS_NAMED:,} more characters")
    if pages.regular.has_right_to_left or pages.bold.has_right_to_left:
        named.append("right-to-left text is printed from left to right and without joined letters")
    return tuple(named)


def _information(request: RenderRequest, title: str, received: int, rendered: int) -> dict[str, str]:
    return {
        "Title": title,
        "Author": "Pressroom",
        "Subject": request.report_type,
        "Keywords": request.job_id,
        "Producer": PRODUCER,
        "RowsReceived": str(received),
        "RowsRendered": str(rendered),
    }
