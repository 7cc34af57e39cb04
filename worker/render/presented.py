"""A report's wishes for its looks, as the renderer's own terms."""

from __future__ import annotations

from typing import IO, Protocol

from shared.reports import presentation
from shared.reports.presentation import Presented
from worker.render import theme
from worker.render.faces import DEFAULT_FAMILY
from worker.render.furniture import Furniture, Running
from worker.render.page import Pages, PageSetup
from worker.render.text import clean_line


class Origin(Protocol):
    """What the furniture tells of a request."""

    @property
    def job_id(self) -> str:
        """Printed at the foot."""

    @property
    def created_at_ms(self) -> int:
        """Epoch milliseconds."""


def furniture_of(data: Presented, title: str, subtitle: str, origin: Origin) -> Furniture:
    """What stands on every page."""
    return Furniture(
        title,
        subtitle,
        origin.job_id,
        origin.created_at_ms,
        header=_running(data.header),
        footer=_running(data.footer),
        watermark=clean_line(data.watermark.text) or None if data.watermark else None,
    )


def pages_for(data: Presented, out: IO[bytes], furniture: Furniture, max_pages: int) -> Pages:
    """The pages of a report, the first one begun."""
    return Pages(
        out,
        furniture,
        max_pages,
        setup_of(data.page),
        data.theme.font or DEFAULT_FAMILY,
        data.formats.tag,
        theme.theme_of(data.theme),
        data.formats,
    )


def setup_of(page: presentation.PageSetup) -> PageSetup:
    """Paper and margins."""
    if not page.model_fields_set:
        return PageSetup()
    given = page.margins
    return PageSetup(
        size=presentation.PAGE_SIZES[page.size],
        landscape=page.orientation == "landscape",
        left=theme.MARGIN if given.left is None else given.left,
        right=theme.MARGIN if given.right is None else given.right,
        top=theme.TOP if given.top is None else given.top,
        bottom=theme.BOTTOM if given.bottom is None else given.bottom,
    )


def _running(line: presentation.Running | None) -> Running | None:
    if line is None:
        return None
    return clean_line(line.left), clean_line(line.center), clean_line(line.right)
