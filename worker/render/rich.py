"""Running text in several styles: broken into lines, and drawn piece by piece.

Lines are broken in reading order; how the pieces of a line stand beside each other is decided for the line as
a whole, across styles, by the bidirectional algorithm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from shared.reports.blocks import Align, Span
from worker.render import bidi
from worker.render.bidi import base_level, has_right_to_left
from worker.render.fonts import Font
from worker.render.page import Pages
from worker.render.text import clean_line, words_of, wrap

_LINE_ENDS = re.compile("\r\n|[\n\r\u2028\u2029]")
_MARKS = bidi.LEFT_TO_RIGHT_MARK + bidi.RIGHT_TO_LEFT_MARK
_MONO_SIZE = 0.92


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in one style on one line."""

    text: str
    span: Span
    #: points
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    """Pieces in reading order, and the level of their paragraph: 1 when it runs from right to left."""

    pieces: list[Piece]
    base: int = 0


def is_plain(spans: tuple[Span, ...]) -> bool:
    """All in one style, without links."""
    return all(not (span.bold or span.italic or span.code or span.link) for span in spans)


def font_of(pages: Pages, span: Span) -> Font:
    """The font of a style."""
    if span.code:
        return pages.mono
    if span.bold:
        return pages.bold_italic if span.italic else pages.bold
    return pages.italic if span.italic else pages.regular


def rich_lines(pages: Pages, spans: tuple[Span, ...], size: float, width: float) -> list[Line]:
    """The text's lines, each at most `width` points wide; at least one line."""
    if is_plain(spans):
        text = "".join(span.text for span in spans)
        plain = Span("")
        return [
            Line([Piece(line, plain, pages.regular.width(line, size))])
            for line in wrap(text, pages.regular, size, width)
        ]
    lines: list[Line] = []
    for paragraph in _paragraphs(spans):
        base = base_level("".join(span.text for span in paragraph))
        lines.extend(Line(pieces, base) for pieces in _wrapped(pages, paragraph, size, width))
    return lines


def draw_rich(
    pages: Pages,
    line: Line,
    x: float,
    y: float,
    size: float,
    color: str,
    align: Align = "left",
    width: float = 0,
) -> None:
    """One line with its baseline at y; `x` is the left edge of a frame of that width."""
    pieces = _in_visual_order(pages, line, size)
    used = sum(piece.width for piece in pieces)
    share = {"left": 0.0, "center": 0.5, "right": 1.0}[align]
    x += (width - used) * share
    x = pages.physical(x, used)
    with pages.mirroring(False):
        for piece in pieces:
            _draw_piece(pages, piece, x, y, size, color)
            x += piece.width


def _in_visual_order(pages: Pages, line: Line, size: float) -> list[Piece]:
    """The pieces from left to right, each of one direction; a piece that runs to the left says so."""
    text = "".join(piece.text for piece in line.pieces)
    if len(line.pieces) < 2 and not line.base:
        return line.pieces
    if not line.base and not has_right_to_left(text):
        return line.pieces
    styles = [piece.span for piece in line.pieces for _ in piece.text]
    levels = bidi.levels(text, line.base)
    spans, start = [], 0
    for index in range(1, len(text) + 1):
        if index == len(text) or levels[index] != levels[start] or styles[index] is not styles[start]:
            spans.append(bidi.Span(start, index, levels[start]))
            start = index
    ordered = []
    for span in bidi.visual_order(spans):
        part = text[span.start : span.stop]
        if span.level % 2 and base_level(part) == 0:
            part = bidi.RIGHT_TO_LEFT_MARK + part
        ordered.append(_piece(pages, replace(styles[span.start], text=part), size))
    return ordered


def _draw_piece(pages: Pages, piece: Piece, x: float, y: float, size: float, color: str) -> None:
    span = piece.span
    if span.code:
        box = x - 1, y - size * 0.26, piece.width + 2, size * 1.2
        pages.rect(*box, pages.theme.card)
    shown = pages.theme.accent if span.link else color
    own = size * _MONO_SIZE if span.code else size
    pages.text(x, y, piece.text, font=font_of(pages, span), size=own, color=shown)
    if span.link:
        bare = font_of(pages, span).width(piece.text.rstrip(" "), own)
        # the last spaces of what runs to the left stand at its left
        x += piece.width - bare if base_level(piece.text) else 0.0
        pages.line([(x, y - size * 0.14), (x + bare, y - size * 0.14)], shown, 0.4)
        if not pages.measuring:
            pages.link(x, y - size * 0.25, bare, size * 1.2, span.link)


def _paragraphs(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """Split at line ends."""
    paragraph: list[Span] = []
    for span in spans:
        first, *others = _LINE_ENDS.split(span.text)
        paragraph.append(_with_text(span, first))
        for other in others:
            yield paragraph
            paragraph = [_with_text(span, other)]
    yield paragraph


def _with_text(span: Span, text: str) -> Span:
    return Span(clean_line(text), span.bold, span.italic, span.code, span.link)


def _words(paragraph: list[Span]) -> Iterator[list[Span]]:
    """Parts between which the line may be broken; one part may have several styles."""
    spans = iter(paragraph)
    span, rest = Span(""), ""
    for text in words_of("".join(span.text for span in paragraph)):
        word: list[Span] = []
        while text:
            while not rest:
                span = next(spans)
                rest = span.text
            part = rest[: len(text)]
            word.append(_with_text(span, part))
            text, rest = text[len(part) :], rest[len(part) :]  # noqa: PLW2901 - what is left of it
        yield word


def _wrapped(pages: Pages, paragraph: list[Span], size: float, width: float) -> Iterator[list[Piece]]:
    line: list[Piece] = []
    used = 0.0
    for word in _words(paragraph):
        pieces = [_piece(pages, span, size) for span in word]
        whole = sum(piece.width for piece in pieces)
        last = pieces[-1]
        bare = whole - last.width + _bare_width(pages, last, size)
        if used + bare > width and line:
            yield _joined(pages, line, size)
            line, used = [], 0.0
        if bare > width:
            *full, pieces = _cut(pages, word, size, width)
            yield from full
            whole = sum(piece.width for piece in pieces)
        line.extend(pieces)
        used += whole
    yield _joined(pages, line, size)


def _piece(pages: Pages, span: Span, size: float) -> Piece:
    own = size * _MONO_SIZE if span.code else size
    return Piece(span.text, span, font_of(pages, span).width(span.text, own))


def _bare_width(pages: Pages, piece: Piece, size: float) -> float:
    return _piece(pages, _with_text(piece.span, piece.text.rstrip(" ")), size).width


def _cut(pages: Pages, word: list[Span], size: float, width: float) -> list[list[Piece]]:
    """A word that is wider than the frame, on lines of its own."""
    lines: list[list[Piece]] = []
    for span in word:
        own = size * _MONO_SIZE if span.code else size
        for part in wrap(span.text, font_of(pages, span), own, width):
            # the line says which way it runs, no longer the piece
            lines.append([_piece(pages, _with_text(span, part.lstrip(_MARKS)), size)])
    return lines or [[]]


def _joined(pages: Pages, line: list[Piece], size: float) -> list[Piece]:
    """Neighbours of one style as one piece, without spaces at the end."""
    joined: list[Span] = []
    for piece in line:
        if joined and _with_text(joined[-1], "") == _with_text(piece.span, ""):
            joined[-1] = _with_text(piece.span, joined[-1].text + piece.text)
        else:
            joined.append(_with_text(piece.span, piece.text))
    if joined:
        joined[-1] = _with_text(joined[-1], joined[-1].text.rstrip(" "))
    return [_piece(pages, span, size) for span in joined]
