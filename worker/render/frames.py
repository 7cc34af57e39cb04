"""Other frames for what is drawn: a part of the page's width, an endless page, a magnified one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from worker.render.page import Pages

#: a page on which everything fits
_ENDLESS = 1e6
_AS_IT_IS = nullcontext()


@contextmanager
def frame(pages: Pages, left: float, right: float) -> Iterator[None]:
    """Draw between these edges of the current page; what is drawn must not start another page."""
    before = pages.left, pages.right
    pages.left, pages.right = left, right
    try:
        yield
    finally:
        pages.left, pages.right = before


def scaled(pages: Pages) -> AbstractContextManager[None]:
    """Draw as large as the theme's type is; sizes and places are then those of the unscaled theme.

    What is drawn must not start another page, nor make links or forms.
    """
    return _AS_IT_IS if pages.theme.scale == 1.0 else _magnified(pages, pages.theme.scale)


@contextmanager
def _magnified(pages: Pages, scale: float) -> Iterator[None]:
    before = pages.left, pages.right, pages.top, pages.bottom
    pages.left, pages.right, pages.top, pages.bottom = (edge / scale for edge in before)
    pages.y /= scale
    pages.ops.append(f"q {scale:g} 0 0 {scale:g} 0 0 cm")
    try:
        yield
    finally:
        pages.ops.append("Q")
        pages.left, pages.right, pages.top, pages.bottom = before
        pages.y *= scale


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
