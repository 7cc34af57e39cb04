"""A part of the page's width as the frame of what is drawn, and how tall that gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from worker.render.page import Pages

#: a page on which everything fits
_ENDLESS = 1e6


@contextmanager
def frame(pages: Pages, left: float, right: float) -> Iterator[None]:
    """Draw between these edges of the current page; what is drawn must not start another page."""
    before = pages.left, pages.right
    pages.left, pages.right = left, right
    try:
        yield
    finally:
        pages.left, pages.right = before


def height_of(pages: Pages, draw: Callable[[], None]) -> float:
    """The height that `draw` takes in the current frame, found by drawing it where nobody sees it."""
    before = pages.y, pages.top, pages.bottom, pages.measuring
    mark = len(pages.ops)
    pages.y = pages.top = _ENDLESS
    pages.bottom, pages.measuring = -_ENDLESS, True
    try:
        draw()
        return _ENDLESS - pages.y
    finally:
        del pages.ops[mark:]
        pages.y, pages.top, pages.bottom, pages.measuring = before
