"""The fonts of one document: how wide text is, and which bytes show it.

A document has one `Font` per weight. It hands out one-byte codes as characters turn up, starting with ASCII
as itself, so that plain text is its own encoding; when the codes of a subset are used up, another is opened.
Text with any other character is shaped, and shown by glyph numbers of as many faces as it takes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from worker.render.faces import DEFAULT_FAMILY, Fallbacks, ShapedFace, face_code, load_face
from worker.render.glyphline import show_clusters
from worker.render.shaping import PlainRun, ShapedRun, shape
from worker.render.subsets import GlyphSubset, Subset

#: what stands for itself in an operator
ORDINARY = re.compile(r"[ -'*-\[\]-~]*")
_ESCAPES = {ord("("): "\\(", ord(")"): "\\)", ord("\\"): "\\\\"}
#: what shows a character of ASCII in the first subset
_ASCII_CODES = {char: _ESCAPES.get(char, chr(char)) for char in range(32, 127)}
_ASCII_SHOWN = {chr(char): code for char, code in _ASCII_CODES.items()}
_CACHED = 4096
_CACHED_LENGTH = 400
# Blocks of scripts in which a character is a glyph, whatever stands beside it.
_PLAIN_BLOCKS = (
    (0x20, 0x7E), (0xA0, 0x58F), (0x10A0, 0x10FF), (0x1C80, 0x1CBF), (0x1D00, 0x1FFF), (0x2000, 0x2BFF),
    (0x2C60, 0x2C7F), (0xA640, 0xA69F), (0xA720, 0xA7FF), (0xAB30, 0xAB6F), (0xFB00, 0xFB06),
    (0xFFFD, 0xFFFD),
)  # fmt: skip


class _WidthTable(dict[str, float]):
    """Character to width; looks a character up in the faces the first time it is asked for."""

    def __init__(self, find: Callable[[str], float]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, char: str) -> float:
        width = self[char] = self._find(char)
        return width


class _CodeTable(dict[str, str]):
    """Character to its code in the first subset; raises _NeedsRuns for any other."""

    def __init__(self, assign: Callable[[int], tuple[Subset, str]], first: Subset) -> None:
        super().__init__()
        self._assign = assign
        self._first = first

    def __missing__(self, char: str) -> str:
        subset, code = self._assign(ord(char))
        if subset is not self._first:
            raise _NeedsRuns
        self[char] = code
        return code


class _NeedsRuns(Exception):
    """A text that one subset can't show."""


@cache
def _plain_widths(code: str) -> dict[str, float]:
    """How wide the characters are that a face shows one by one."""
    widths = load_face(code).widths
    return {char: widths[ord(char)] for char in _plain_characters(code)}


@cache
def _ascii_widths(code: str) -> dict[str, float]:
    widths = _plain_widths(code)
    return {char: widths[char] for char in _ASCII_SHOWN if char in widths}


@cache
def _has_equal_figures(code: str) -> bool:
    widths = _plain_widths(code)
    return len({widths.get(digit) for digit in "0123456789"}) == 1 and "0" in widths


@cache
def _plain_characters(code: str) -> frozenset[str]:
    """The characters that a face shows one by one."""
    return frozenset(
        chr(char)
        for char in load_face(code).widths
        if any(low <= char <= high for low, high in _PLAIN_BLOCKS)
        and unicodedata.category(chr(char)) not in ("Mn", "Me", "Mc", "Cf", "Cc", "Cs")
        and unicodedata.bidirectional(chr(char)) not in ("R", "AL", "AN")
    )


class Font:
    """One weight in one document: measures text and turns it into page operators."""

    def __init__(
        self, weight: str, names: Iterator[str], family: str = DEFAULT_FAMILY, language: str = "en"
    ) -> None:
        self.weight = weight
        code = face_code(family, weight)
        self._face = load_face(code)
        self._plain = _plain_characters(code)
        self._fallbacks = Fallbacks(code, "bold" in weight, language)
        self._names = names
        self.subsets: list[Subset] = []
        self.glyph_subsets: dict[tuple[str, int | None], GlyphSubset] = {}
        first = self._open_subset()
        first.has_ascii = True
        #: resource name of the subset in which plain text is set
        self.name = first.name
        # those of ASCII come here only when they are shown among others
        self._codes: dict[int, tuple[Subset, str]] = {}
        shown = _CodeTable(self._assign, first)
        shown.update(_ASCII_SHOWN)
        self._code_of = shown.__getitem__
        #: width of each character in 1/1000 of the type size; of text that is shaped only a near value
        self.widths = _WidthTable(self._find_width)
        self.widths.update(_ascii_widths(code))
        self._plain_width_of = _plain_widths(code).__getitem__
        #: all figures are equally wide, so that texts which differ in their figures only are so, too
        self.has_equal_figures = _has_equal_figures(code)
        #: characters that no face has, in order of appearance
        self.missing: dict[str, None] = {}
        self._shaped: dict[str, list[PlainRun | ShapedRun]] = {}

    def is_shaped(self, text: str) -> bool:
        """Whether it takes more than one glyph per character from left to right."""
        return not self._plain.issuperset(text)

    def width(self, text: str, size: float) -> float:
        """Width of one line of text in points."""
        try:
            return sum(map(self._plain_width_of, text)) * size / 1000
        except KeyError:
            return sum(self.advances(text)) * size / 1000

    def units(self, text: str) -> float:
        """Width of one line of text in 1/1000 of the type size."""
        try:
            return sum(map(self._plain_width_of, text))
        except KeyError:
            return sum(self.advances(text))

    def advances(self, text: str) -> Sequence[float]:
        """What each character adds to the width, in reading order; a cluster's width is its first one's."""
        if text.isascii() or not self.is_shaped(text):
            return list(map(self.widths.__getitem__, text))
        found = [0.0] * len(text)
        for run in self._runs(text):
            if isinstance(run, PlainRun):
                shown = run.text[::-1] if run.reversed else run.text
                for index, char in enumerate(shown):
                    found[run.start + index] = self.widths[char]
            else:
                for cluster in run.clusters:
                    found[cluster.start] += cluster.advance
        return found

    def codes(self, text: str) -> str | None:
        """What shows this text in the subset of plain text; None when it takes more."""
        try:
            return "".join(map(self._code_of, text))
        except _NeedsRuns:
            return None

    def show(self, text: str, size: str) -> str:
        """Operators that show one line of text at the current position, this font being set at that size."""
        codes = text if ORDINARY.fullmatch(text) else self.codes(text)
        if codes is not None:
            return f"({codes}) Tj"
        if self.is_shaped(text):
            parts = [self._show_run(run, size) for run in self._runs(text)]
        else:
            parts = [self._show_plain(text, size)]
        return f"{' '.join(parts)} /{self.name} {size} Tf"

    def _runs(self, text: str) -> list[PlainRun | ShapedRun]:
        known = self._shaped.get(text)
        if known is None:
            known = shape(text, self._fallbacks, self._plain.__contains__, self._note_missing)
            if len(text) <= _CACHED_LENGTH:
                if len(self._shaped) >= _CACHED:
                    self._shaped.clear()
                self._shaped[text] = known
        return known

    def _note_missing(self, char: str) -> None:
        self.missing[char] = None

    def _show_run(self, run: PlainRun | ShapedRun, size: str) -> str:
        if isinstance(run, PlainRun):
            return self._show_plain(run.text, size)
        subset = self._glyph_subset(run.face)
        return f"/{subset.name} {size} Tf {show_clusters(subset, run, float(size))}"

    def _show_plain(self, text: str, size: str) -> str:
        """Runs of characters of one subset each."""
        found: list[tuple[str, list[str]]] = []
        for char in text:
            subset, code = self._codes.get(ord(char)) or self._assign(ord(char))
            if not found or found[-1][0] != subset.name:
                found.append((subset.name, []))
            found[-1][1].append(code)
        return " ".join(f"/{name} {size} Tf ({''.join(codes)}) Tj" for name, codes in found)

    def _assign(self, char: int) -> tuple[Subset, str]:
        if chr(char) not in self._plain:
            raise _NeedsRuns
        known = self._codes.get(char)
        if known is None:
            known = self._codes[char] = self._new_code(char)
        return known

    def _new_code(self, char: int) -> tuple[Subset, str]:
        if char in _ASCII_CODES:
            return self.subsets[0], _ASCII_CODES[char]
        subset = self.subsets[-1]
        if not subset.has_room:
            subset = self._open_subset()
        return subset, chr(subset.take_code(char))

    def _open_subset(self) -> Subset:
        subset = Subset(self._face, next(self._names))
        self.subsets.append(subset)
        return subset

    def _glyph_subset(self, face: ShapedFace) -> GlyphSubset:
        # the faces of a collection share their glyphs
        key = (face.source, face.weight)
        subset = self.glyph_subsets.get(key)
        if subset is None:
            subset = self.glyph_subsets[key] = GlyphSubset(face, next(self._names))
        return subset

    def _find_width(self, char: str) -> float:
        if char in self._plain:
            return self._face.widths[ord(char)]
        return sum(self.advances(char))


def name_of(char: str) -> str:
    """A character as a warning names it: U+0E01 THAI CHARACTER KO KAI."""
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".rstrip()
