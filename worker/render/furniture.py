"""What stands on every page around its content: lines at head and foot, page numbers, a watermark."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from worker.render import theme
from worker.render.bidi import RIGHT_TO_LEFT_MARK
from worker.render.text import clean_line, shorten

if TYPE_CHECKING:
    from worker.render.page import Pages

#: left, middle and right of a line on every page; {page}, {pages}, {title} and {date} are filled in
Running = tuple[str, str, str]
_HEAD_SIZE = 8.0
#: from the page's top edge to the base of the line at the head
_LEAST_HEAD = 26.0
_LEAST_FOOT = 16.0
#: in a text, where the number of all pages stands
_PAGES = "{pages}"


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands on every page."""

    title: str
    subtitle: str
    job_id: str
    created_at_ms: int
    #: replaces the title at the head of every page after the first
    header: Running | None = None
    #: replaces the moment and the job's id at the foot
    footer: Running | None = None
    #: large and faint across every page
    watermark: str | None = None


class FurniturePainter:
    """Draws the furniture of one document on each page as it begins.

    Each place is named as in a document that runs to the right; `Pages` mirrors what is drawn in others.
    """

    def __init__(self, pages: Pages, furniture: Furniture) -> None:
        self._pages = pages
        self._furniture = furniture
        self._watermarks: dict[tuple[float, float], str] = {}
        #: what is the same on all pages is drawn once for each size of page, and for the first
        self._standing: dict[tuple[tuple[float, float], bool], list[str]] = {}
        self._footers: dict[tuple[float, float], list[str]] = {}
        # what is written after the number of all pages
        self._after_total = ""

    def draw(self, *, first: bool) -> None:
        """Draw on the current page, on which nothing is yet."""
        pages, furniture = self._pages, self._furniture
        key = pages.page_size, first
        known = self._standing.get(key)
        if known is None:
            start = len(pages.ops)
            self._draw_standing(first=first)
            self._standing[key] = pages.ops[start:]
        else:
            pages.ops.extend(known)
        if furniture.header is not None and not first:
            self._draw_running(furniture.header, self._head, _HEAD_SIZE, "the header")
        if furniture.footer is not None:
            self._draw_running(furniture.footer, self._foot, theme.SMALL_SIZE, "the footer")
        else:
            self._draw_page_number()

    def draw_watermark(self) -> None:
        """Draw over all that is on the current page."""
        pages = self._pages
        if self._furniture.watermark:
            known = self._watermarks.get(pages.page_size)
            if known is None:
                known = self._watermarks[pages.page_size] = self._watermark(self._furniture.watermark)
            pages.ops.append(known)

    def total(self) -> tuple[list[str], float]:
        """Operators of the number of all pages, when it is known, and how far it moves what is before it.

        That is to the left, by its width, in documents that run to the right.
        """
        pages, size = self._pages, f"{theme.SMALL_SIZE:g}"
        text = pages.formats.number(pages.canvas.pages) + self._after_total
        if pages.rtl:
            text = RIGHT_TO_LEFT_MARK + text
        width = pages.regular.width(text, theme.SMALL_SIZE)
        x = -width if pages.rtl else 0.0
        return [
            "BT",
            f"/{pages.regular.name} {size} Tf {pages.theme.muted} rg 1 0 0 1 {x:.2f} 0 Tm",
            pages.regular.show(text, size),
            "ET",
        ], -width if pages.rtl else width

    @property
    def _head(self) -> float:
        return self._pages.page_size[1] - min(38.0, max(self._pages.setup.top - 14, _LEAST_HEAD))

    @property
    def _foot(self) -> float:
        return min(30.0, max(self._pages.setup.bottom - 14, _LEAST_FOOT))

    def _draw_standing(self, *, first: bool) -> None:
        pages, look = self._pages, self._pages.theme
        pages.line([(pages.left, self._foot + 12), (pages.right, self._foot + 12)], look.rule)
        if self._furniture.footer is None:
            self._draw_footer()
        if first:
            with pages.mirroring(False):
                pages.rect(0, pages.page_size[1] - 6, pages.page_size[0], 6, look.accent)
            return
        y = self._head
        if self._furniture.header is None:
            half = pages.width * 0.62
            head = shorten(self._furniture.title, pages.bold, _HEAD_SIZE, half)
            pages.text(pages.left, y, head, font=pages.bold, size=_HEAD_SIZE)
            subtitle = shorten(self._furniture.subtitle, pages.regular, _HEAD_SIZE, pages.width - half - 12)
            pages.text(pages.right, y, subtitle, size=_HEAD_SIZE, color=look.muted, align="right")
        pages.line([(pages.left, y - 7), (pages.right, y - 7)], look.rule)

    def _draw_running(self, parts: Running, y: float, size: float, what: str) -> None:
        """A line with the page's number; the number of all pages is known, and drawn, at the end."""
        pages = self._pages
        number, left, right = pages.page_number, pages.left, pages.right

        def draw() -> None:
            filled = [self._filled(part, number) for part in parts]
            room = (right - left) / max(1, sum(1 for part in filled if part)) - 6
            for text, x, align in zip(
                filled, (left, (left + right) / 2, right), ("left", "center", "right"), strict=True
            ):
                shown = pages.fitted(text, pages.regular, size, room, what)
                pages.text(x, y, shown, size=size, color=pages.theme.muted, align=align)

        with pages.mirroring(False):
            if any(_PAGES in part for part in parts):
                pages.later(draw)
            else:
                draw()

    def _filled(self, text: str, number: int) -> str:
        formats = self._pages.formats
        for name, value in (
            ("{page}", formats.number(number)),
            (_PAGES, formats.number(self._pages.canvas.pages)),
            ("{date}", formats.date(_moment(self._furniture.created_at_ms).date())),
            ("{title}", self._furniture.title),
        ):
            text = text.replace(name, value)
        return text

    def _watermark(self, text: str) -> str:
        """Operators of the text along the page's diagonal, so faint that all can be read through it."""
        pages, bold = self._pages, self._pages.bold
        width, height = pages.page_size
        diagonal = (width**2 + height**2) ** 0.5
        text = shorten(text, bold, 24, diagonal * 0.7)
        size = min(0.7 * diagonal / max(bold.width(text, 1), 0.01), 96.0)
        cosine, sine = width / diagonal, height / diagonal
        half = bold.width(text, size) / 2
        x = width / 2 - half * cosine + size * 0.35 * sine
        y = height / 2 - half * sine - size * 0.35 * cosine
        points = f"{size:.1f}"
        state = pages.canvas.opacity_name(0.08)
        return (
            f"/Artifact BMC q /{state} gs BT /{bold.name} {points} Tf {pages.theme.ink} rg "
            f"{cosine:.4f} {sine:.4f} {-sine:.4f} {cosine:.4f} {x:.2f} {y:.2f} Tm "
            f"{bold.show(text, points)} ET Q EMC"
        )

    def _draw_footer(self) -> None:
        pages = self._pages
        known = self._footers.get(pages.page_size)
        if known is None:
            start = len(pages.ops)
            self._draw_moment()
            self._footers[pages.page_size] = pages.ops[start:]
        else:
            pages.ops.extend(known)

    def _draw_moment(self) -> None:
        pages, furniture = self._pages, self._furniture
        moment = _moment(furniture.created_at_ms)
        day = pages.formats.date(moment.date())
        foot = f"{day}, {moment.hour:02}:{moment.minute:02} UTC · {clean_line(furniture.job_id)}"
        shown = shorten(foot, pages.regular, theme.SMALL_SIZE, pages.width - 120)
        pages.text(pages.left, self._foot, shown, size=theme.SMALL_SIZE, color=pages.theme.muted)

    def _draw_page_number(self) -> None:
        """At the end of the foot: it ends at the margin, however wide the total is that is drawn last."""
        pages, y, size = self._pages, self._foot, theme.SMALL_SIZE
        formats, color = pages.formats, pages.theme.muted
        text = clean_line(formats.say("page", page=formats.number(pages.page_number)))
        before, found, after = text.partition(_PAGES)
        if not found:
            shown = pages.fitted(text, pages.regular, size, pages.width / 2, "the page's number")
            pages.text(pages.right, y, shown, size=size, color=color, align="right")
            return
        self._after_total = after
        if pages.rtl:
            before = RIGHT_TO_LEFT_MARK + before
        start = len(pages.ops)
        pages.text(pages.right, y, before, size=size, color=color, align="right")
        drawn = pages.ops[start:]
        del pages.ops[start:]
        pages.canvas.number_page(drawn, pages.physical(pages.right), y)


def _moment(created_at_ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(created_at_ms / 1000, tz=dt.UTC)
