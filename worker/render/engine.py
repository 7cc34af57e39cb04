"""One request in, one PDF out. The same request gives the same bytes on any machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from shared.datasets.rows import DatasetRows
from shared.errors import DatasetMissing, RowLimitExceeded, RowsMismatch, ValidationFailed
from shared.reports import REPORT_TYPES, ReportType, validate_data
from shared.reports.blocks import Table
from shared.reports.datasets import dataset_errors
from shared.reports.presentation import Presented
from worker.render.contents import ContentsPlan, headings_of
from worker.render.finishing import finish_file
from worker.render.fonts import name_of
from worker.render.layout import Layout
from worker.render.metadata import PRODUCER, Information
from worker.render.page import Pages
from worker.render.presented import furniture_of, pages_for
from worker.render.sources import source_files
from worker.render.structure import Attachment
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
    max_rows: int = 5_000_000
    #: of all pictures together
    max_image_pixels: int = 25_000_000
    #: the datasets that the data names, by id
    datasets: Mapping[str, DatasetRows] = field(default_factory=dict)
    #: the JSON text that `data` was read from, perhaps as a part of it, when it is at hand
    text: bytes = b""


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
    #: what the totals of tables came to, "title kind: value"
    control_totals: tuple[str, ...] = ()


class _Progress:
    """Percent that never falls, and the name of the stage."""

    def __init__(self, report: ProgressFn, rows: int) -> None:
        self._report = report
        self._rows = rows
        self._percent = 0
        self._pages = 0
        self._drawn = 0

    def stage(self, percent: int, name: str) -> None:
        self._percent = max(self._percent, min(percent, _SAVED))
        self._report(self._percent, name)

    def rows(self, drawn: int, table: Table) -> None:
        """Called at each page end of a table."""
        if table.counted and self._rows:
            self._drawn = drawn
            self._tell()

    def pages(self, finished: int) -> None:
        """Called at each page end."""
        self._pages = finished
        self._tell()

    def _tell(self) -> None:
        percent = _STARTED
        where = f"page {self._pages + 1:,}"
        if self._drawn:
            percent += (_DRAWN - _STARTED) * self._drawn // self._rows
            where = f"table rows {self._drawn:,} of {self._rows:,}, {where}"
        self.stage(min(percent, _DRAWN), where)


def render(request: RenderRequest, target: Path, on_progress: ProgressFn) -> RenderOutcome:
    """Write the report to `target` (replacing what is there).

    `on_progress` gets percent (0 to 100, never falling) and a stage name at every page.
    Raises ValidationFailed and the kinds of RenderFailed; what is at `target` then is no PDF.
    """
    data = validate_data(request.report_type, request.data, request.text)
    with target.open("wb") as out:
        outcome = _compose(request, data, out, on_progress)
    if data.output.needs_finishing:
        on_progress(_DRAWN, "finishing")
        size, sha256 = finish_file(target, data.output)
        outcome = replace(outcome, file_size=size, sha256=sha256)
    on_progress(_SAVED, "done")
    return outcome


def _compose(
    request: RenderRequest, data: Presented, out: IO[bytes], on_progress: ProgressFn
) -> RenderOutcome:
    kind = REPORT_TYPES[request.report_type]
    inline = kind.count_rows(request.data)
    promised = inline + _supply(request, kind, data)
    if promised > request.max_rows:
        raise RowLimitExceeded(request.max_rows)
    progress = _Progress(on_progress, promised)
    progress.stage(_STARTED, "layout")
    given = (kind.heading(data), request.title or "", kind.title_in(data.formats))
    title = next(filter(None, (clean_line(title).strip() for title in given)), kind.title)
    furniture = furniture_of(data, title, clean_line(kind.subtitle(data)), request)
    pages = pages_for(data, out, furniture, request.max_pages)
    pages.pixels_left = request.max_image_pixels
    pages.on_page = progress.pages
    layout = _draw(pages, kind, data, progress)
    received = inline + sum(rows.received for rows in request.datasets.values())
    if layout.rows_rendered != received:
        raise RowsMismatch(received, layout.rows_rendered)
    progress.stage(_DRAWN, "saving")
    attached: list[Attachment] = []
    if data.output.attach:
        tables = kind.tables(request.data)
        attached = source_files(request.data, tables, request.datasets, data.output.attach)
    pages.close(_information(request, data, title, received, layout), attached)
    # some lines are drawn at the end only
    warnings = (*layout.warnings, *pages.warnings, *_missing_glyphs(pages))
    if "csv" in data.output.attach and not any(one.media_type == "text/csv" for one in attached):
        warnings += ("there are no rows to attach as CSV",)
    canvas = pages.canvas
    return RenderOutcome(
        canvas.size,
        canvas.pages,
        canvas.sha256,
        received,
        layout.rows_rendered,
        warnings,
        layout.control_totals,
    )


def warm_up() -> None:
    """Do now what the first render would pay for, by rendering each type's example into memory."""
    for name, kind in REPORT_TYPES.items():
        request = RenderRequest("warm-up", name, None, kind.example, 0, 100)
        _compose(request, validate_data(name, kind.example), BytesIO(), lambda percent, stage: None)


def _draw(pages: Pages, kind: ReportType, data: Presented, progress: _Progress) -> Layout:
    layout = Layout(pages, progress.rows)
    contents = None
    if data.toc is not None:
        headings = headings_of(kind.blocks(data), data.toc.depth)
        contents = ContentsPlan(data.toc.title or "", headings)
    layout.draw_all(pages.furniture.title, pages.furniture.subtitle, kind.blocks(data), contents)
    return layout


def _supply(request: RenderRequest, kind: ReportType, data: Presented) -> int:
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


def _missing_glyphs(pages: Pages) -> tuple[str, ...]:
    missing = list(dict.fromkeys(char for font in pages.fonts for char in font.missing))
    named = [f"no font has a glyph for {name_of(char)}" for char in missing[:_MAX_GLYPHS_NAMED]]
    if len(missing) > _MAX_GLYPHS_NAMED:
        named.append(f"no font has a glyph for {len(missing) - _MAX_GLYPHS_NAMED:,} more characters")
    return tuple(named)


def _information(
    request: RenderRequest, data: Presented, title: str, received: int, layout: Layout
) -> Information:
    output = data.output
    facts = {
        "RowsReceived": str(received),
        "RowsRendered": str(layout.rows_rendered),
        "ControlTotals": "; ".join(layout.control_totals),
    }
    return Information(
        title=title,
        author=clean_line(data.author or "") or PRODUCER,
        subject=clean_line(output.subject or "") or request.report_type,
        keywords=", ".join(map(clean_line, output.keywords)) or request.job_id,
        language=data.formats.tag,
        created_at_ms=request.created_at_ms,
        facts={name: value for name, value in facts.items() if value},
        pdfa=output.pdfa,
    )
