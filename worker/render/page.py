"""The page being drawn: frame, cursor and furniture; starting a page ends the one before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import IO

from shared.errors import PageLimitExceeded
from shared.reports.format import date
from worker.render import theme
from worker.render.document import TOTAL_FORM, PageCanvas
from worker.render.fonts import Font
from worker.render.text import clean_line, shorten


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands on every page."""

    title: str
    subtitle: str
    job_id: str
    created_at_ms: int


class Pages:
    """Cursor and drawing primitives; `y` is the top of what comes next, in points from the page's foot."""

    def __init__(self, out: IO[bytes], furniture: Furniture, max_pages: int) -> None:
        self.canvas = PageCanvas(out, theme.A4)
        names = (f"F{number}" for number in count(1))
        self.regular = Font("regular", names)
        self.bold = Font("bold", names)
        self.furniture = furniture
        self.max_pages = max_pages
        #: what was cut to fit, in order of appearance
        self.warnings: dict[str, None] = {}
        #: called with the number of pages each time one is finished
        self.on_page: Callable[[int], None] = lambda pages: None
        self._begin(theme.A4)

    @property
    def ops(self) -> list[str]:
        """The current page's operators."""
        return self.canvas.operators

    def _begin(self, size: tuple[float, float]) -> None:
        if self.canvas.pages >= self.max_pages:
            raise PageLimitExceeded(self.max_pages)
        self.canvas.resize(size)
        self.page_size = size
        self.left, self.right = theme.MARGIN, size[0] - theme.MARGIN
        self.top, self.bottom = size[1] - theme.TOP, theme.BOTTOM
        self.y = self.top
        self._draw_furniture(first=self.canvas.pages == 0)

    @property
    def width(self) -> float:
        """Of the frame."""
        return self.right - self.left

    @property
    def room(self) -> float:
        """Height left on this page."""
        return self.y - self.bottom

    @property
    def at_top(self) -> bool:
        """Nothing but furniture is on this page yet."""
        return self.y >= self.top

    def next_page(self, *, landscape: bool = False) -> None:
        """End this page and start another."""
        self.canvas.showPage()
        self.on_page(self.canvas.pages)
        width, height = theme.A4
        self._begin((height, width) if landscape else (width, height))

    def turn(self, *, landscape: bool) -> None:
        """Start the current page again, in that orientation; what is on it is lost."""
        self.ops.clear()
        width, height = theme.A4
        self._begin((height, width) if landscape else (width, height))

    def fitted(self, text: str, font: Font, size: float, width: float, what: str) -> str:
        """The text on one line, shortened to fit; a warning says that `what` was cut."""
        fitting = shorten(text, font, size, width)
        if fitting != clean_line(text):
            self.warnings[f"{what} was cut to fit"] = None
        return fitting

    def need(self, height: float) -> None:
        """Go to a new page unless `height` fits on this one; at most a whole page can be asked for."""
        if self.room < height and not self.at_top:
            self.next_page()

    def close(self, info: dict[str, str]) -> None:
        """End the last page and the file."""
        self.canvas.showPage()
        digits = f"{self.canvas.pages:,}"
        size = f"{theme.SMALL_SIZE:g}"
        total = [
            "BT",
            f"/{self.regular.name} {size} Tf {theme.MUTED} rg",
            self.regular.show(digits, size),
            "ET",
        ]
        self.canvas.finish((self.regular, self.bold), total, info)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        font: Font | None = None,
        size: float = theme.BODY_SIZE,
        color: str = theme.INK,
        align: str = "left",
    ) -> None:
        """One line with its baseline at y; x is its left edge, its right edge or its middle."""
        font = font or self.regular
        if align != "left":
            width = font.width(text, size)
            x -= width if align == "right" else width / 2
        points = f"{size:g}"
        self.ops.append(
            f"BT /{font.name} {points} Tf {color} rg 1 0 0 1 {x:.2f} {y:.2f} Tm {font.show(text, points)} ET"
        )

    def rect(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """A filled rectangle, (x, y) being its lower left corner."""
        self.ops.append(f"{color} rg {x:.2f} {y:.2f} {width:.2f} {height:.2f} re f")

    def line(self, points: list[tuple[float, float]], color: str, width: float = 0.5) -> None:
        """A line through the points."""
        path = " ".join(f"{x:.2f} {y:.2f} {'l' if index else 'm'}" for index, (x, y) in enumerate(points))
        self.ops.append(f"{color} RG {width:g} w 1 J 1 j {path} S")

    def _draw_furniture(self, *, first: bool) -> None:
        self._draw_footer()
        if first:
            self.rect(0, self.page_size[1] - 6, self.page_size[0], 6, theme.ACCENT)
            return
        y = self.page_size[1] - 38
        half = self.width * 0.62
        title = shorten(self.furniture.title, self.bold, 8, half)
        self.text(self.left, y, title, font=self.bold, size=8)
        subtitle = shorten(self.furniture.subtitle, self.regular, 8, self.width - half - 12)
        self.text(self.right, y, subtitle, size=8, color=theme.MUTED, align="right")
        self.line([(self.left, y - 7), (self.right, y - 7)], theme.RULE)

    def _draw_footer(self) -> None:
        y, size = 30.0, theme.SMALL_SIZE
        self.line([(self.left, y + 12), (self.right, y + 12)], theme.RULE)
        job = shorten(
            f"{_moment(self.furniture.created_at_ms)} · {clean_line(self.furniture.job_id)}",
            self.regular,
            size,
            self.width - 120,
        )
        self.text(self.left, y, job, size=size, color=theme.MUTED)
        # Room for as many digits as the limit on pages has; the form is drawn when the total is known.
        room = self.regular.width(f"{min(self.max_pages, 999)}", size)
        self.text(
            self.right - room,
            y,
            f"Page {self.canvas.pages + 1:,} of ",
            size=size,
            color=theme.MUTED,
            align="right",
        )
        self.ops.append(f"q 1 0 0 1 {self.right - room:.2f} {y:.2f} cm /{TOTAL_FORM} Do Q")


def _moment(created_at_ms: int) -> str:
    moment = dt.datetime.fromtimestamp(created_at_ms / 1000, tz=dt.UTC)
    return f"{date(moment.date())}, {moment:%H:%M} UTC"
