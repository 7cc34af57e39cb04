"""Text that one glyph per character can't show: itemized by direction and font, shaped by HarfBuzz.

The result is glyphs from left to right, each cluster of which knows the characters that it stands for, so
that what is drawn can be searched and copied in reading order.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import uharfbuzz as hb

from worker.render import bidi
from worker.render.faces import Fallbacks, ShapedFace

_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f\u20e3")
# they say which way a line runs, and are no text of its
_NO_MARKS = dict.fromkeys(map(ord, bidi.LEFT_TO_RIGHT_MARK + bidi.RIGHT_TO_LEFT_MARK))
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")


@dataclass(frozen=True, slots=True)
class Glyph:
    """One glyph; measures are in 1/1000 of the type size."""

    number: int
    advance: float
    x_offset: float
    y_offset: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """Glyphs that together show some characters."""

    text: str
    #: index of the first of the characters in the line
    start: int
    glyphs: tuple[Glyph, ...]

    @property
    def advance(self) -> float:
        """Width of all of it."""
        return sum(glyph.advance for glyph in self.glyphs)


@dataclass(frozen=True, slots=True)
class PlainRun:
    """Characters that the primary face shows as they are, from left to right."""

    text: str
    start: int
    #: they stand from right to left in the line
    reversed: bool


@dataclass(frozen=True, slots=True)
class ShapedRun:
    """Clusters of one face, from left to right."""

    face: ShapedFace
    clusters: tuple[Cluster, ...]
    rtl: bool


@dataclass(frozen=True, slots=True)
class _Item:
    span: bidi.Span
    #: None: plain text
    face: ShapedFace | None


def shape(
    text: str,
    fallbacks: Fallbacks,
    is_plain: Callable[[str], bool],
    on_missing: Callable[[str], None],
) -> list[PlainRun | ShapedRun]:
    """One line as runs from left to right.

    `is_plain` tells the characters of the primary face. A character that no face has is shown by a
    replacement in that face, after `on_missing` was told.
    """
    base = bidi.base_level(text)
    levels = bidi.levels(text, base) if base or bidi.has_right_to_left(text) else [0] * len(text)
    items = _items(text, levels, _faces(text, levels, fallbacks, is_plain))
    by_span = {item.span: item.face for item in items}
    runs: list[PlainRun | ShapedRun] = []
    for span in bidi.visual_order([item.span for item in items]):
        face = by_span[span]
        if face is None:
            runs.append(_plain_run(text, span, is_plain, on_missing))
        else:
            runs.append(_shaped_run(text, span, face))
    return runs


def _faces(
    text: str, levels: list[int], fallbacks: Fallbacks, is_plain: Callable[[str], bool]
) -> list[ShapedFace | None]:
    """The face of each character: marks and joiners go with what they follow."""
    found: list[ShapedFace | None] = []
    cjk = fallbacks.cjk(text)
    for index, char in enumerate(text):
        before = found[-1] if found else None
        follower = text[index + 1 : index + 2]
        if index and (char in _JOINERS or _SKIN_TONES[0] <= char <= _SKIN_TONES[1]):
            found.append(before)
        elif is_plain(char) and not (
            _takes_mark(follower, is_plain) or (levels[index] % 2 and unicodedata.mirrored(char))
        ):
            found.append(None)
        elif before is not None and _is_mark(char) and before.glyph(ord(char)) is not None:
            found.append(before)
        else:
            found.append(fallbacks.find(ord(char), cjk, as_emoji=follower == "\ufe0f"))
    return found


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in ("Mn", "Mc", "Me")


def _takes_mark(follower: str, is_plain: Callable[[str], bool]) -> bool:
    return bool(follower) and not is_plain(follower) and (_is_mark(follower) or follower in "\ufe0f\u20e3")


def _items(text: str, levels: list[int], faces: list[ShapedFace | None]) -> list[_Item]:
    items = []
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or levels[index] != levels[start] or faces[index] is not faces[start]:
            items.append(_Item(bidi.Span(start, index, levels[start]), faces[start]))
            start = index
    return items


def _plain_run(
    text: str, span: bidi.Span, is_plain: Callable[[str], bool], on_missing: Callable[[str], None]
) -> PlainRun:
    part = text[span.start : span.stop]
    kept = []
    for char in part:
        if is_plain(char):
            kept.append(char)
        elif char not in _JOINERS and char not in "\u200e\u200f":
            on_missing(char)
            kept.append("\ufffd" if is_plain("\ufffd") else "?")
    shown = "".join(kept)
    if span.level % 2:
        shown = shown[::-1]
    return PlainRun(shown, span.start, bool(span.level % 2))


def _shaped_run(text: str, span: bidi.Span, face: ShapedFace) -> ShapedRun:
    part = text[span.start : span.stop]
    rtl = bool(span.level % 2)
    buffer = hb.Buffer()
    buffer.add_str(part)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if rtl else "ltr"
    buffer.flags = hb.BufferFlags.REMOVE_DEFAULT_IGNORABLES
    hb.shape(face.font, buffer)
    return ShapedRun(face, _clusters(part, span.start, face, buffer), rtl)


def _clusters(part: str, offset: int, face: ShapedFace, buffer: Any) -> tuple[Cluster, ...]:
    infos, positions = buffer.glyph_infos, buffer.glyph_positions
    starts = sorted({info.cluster for info in infos} | {0})
    stops = dict(zip(starts, [*starts[1:], len(part)], strict=True))
    clusters: list[Cluster] = []
    glyphs: list[Glyph] = []
    scale = face.scale
    for index, (info, position) in enumerate(zip(infos, positions, strict=True)):
        glyphs.append(
            Glyph(
                info.codepoint,
                position.x_advance * scale,
                position.x_offset * scale,
                position.y_offset * scale,
            )
        )
        if index + 1 == len(infos) or infos[index + 1].cluster != info.cluster:
            text = part[info.cluster : stops[info.cluster]].translate(_NO_MARKS)
            clusters.append(Cluster(text, offset + info.cluster, tuple(glyphs)))
            glyphs = []
    return tuple(clusters)
