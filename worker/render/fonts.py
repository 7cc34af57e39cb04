"""Embedded fonts: which face has a glyph, how wide it is, and which bytes show it in this document.

Faces are parsed once per process (`load_faces`). A document has one `Font` per weight: it hands out one-byte
codes as characters turn up, starting with ASCII as itself, so that plain text is its own encoding. When the
codes of a subset are used up, or another face must step in, that run is set in another subset.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from io import BytesIO

import pymupdf_fonts  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFontFace

#: package font codes of each weight, the first that has a glyph wins
_FACES = {"regular": ("notos", "figo"), "bold": ("notosbo", "figbo")}
_REPLACEMENT = 0xFFFD
# Codes that a subset may hand out: no NUL, no line ends, none that a PDF string must escape.
_FREE_CODES = tuple(code for code in range(1, 256) if not 32 <= code <= 127 and code not in (10, 13))
_ESCAPES = {ord("("): "\\(", ord(")"): "\\)", ord("\\"): "\\\\"}


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One parsed TrueType font."""

    code: str
    parsed: TTFontFace
    #: advance of each character it has, in 1/1000 of the type size
    widths: dict[int, float]


@cache
def load_faces(weight: str) -> tuple[Face, ...]:
    """The faces of a weight, parsed once per process."""
    faces = []
    for code in _FACES[weight]:
        parsed = TTFontFace(BytesIO(pymupdf_fonts.myfont(code)))
        widths = {char: parsed.charWidths[char] for char in parsed.charToGlyph if char in parsed.charWidths}
        faces.append(Face(code, parsed, widths))
    return tuple(faces)


@lru_cache(maxsize=64)
def subset_program(code: str, weight: str, characters: tuple[int, ...]) -> tuple[int, bytes]:
    """Length and compressed bytes of the TrueType program that holds these characters in this order."""
    face = next(face for face in load_faces(weight) if face.code == code)
    program = face.parsed.makeSubset(list(characters))
    return len(program), zlib.compress(program, 9)


@dataclass(slots=True, eq=False)
class Subset:
    """Up to 256 characters of one face, as one font of the document."""

    face: Face
    weight: str
    #: the resource name in page streams, without its slash
    name: str
    #: character at each code; 0 where the code is not used
    characters: list[int] = field(default_factory=lambda: [0] * 256)
    used: int = 0

    @property
    def has_room(self) -> bool:
        """Codes are left."""
        return self.used < len(_FREE_CODES)

    def take_code(self, char: int) -> int:
        """The code for a character that has none yet."""
        code = _FREE_CODES[self.used]
        self.used += 1
        self.characters[code] = char
        return code


class _WidthTable(dict[str, float]):
    """Character to width; looks a character up in the faces the first time it is asked for."""

    def __init__(self, find: Callable[[str], float]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, char: str) -> float:
        width = self[char] = self._find(char)
        return width


class _CodeTable(dict[int, str]):
    """For `str.translate`: character to its code in the first subset; raises _NeedsRuns for any other."""

    def __init__(self, assign: Callable[[int], tuple[Subset, str]], first: Subset) -> None:
        super().__init__()
        self._assign = assign
        self._first = first

    def __missing__(self, char: int) -> str:
        subset, code = self._assign(char)
        if subset is not self._first:
            raise _NeedsRuns
        self[char] = code
        return code


class _NeedsRuns(Exception):
    """A text that one subset can't show."""


class Font:
    """One weight in one document: measures text and turns it into page operators."""

    def __init__(self, weight: str, names: Iterator[str]) -> None:
        self.weight = weight
        self._faces = load_faces(weight)
        self._names = names
        self.subsets: list[Subset] = []
        first = self._open_subset(self._faces[0])
        first.characters[32:127] = range(32, 127)
        #: resource name of the subset in which plain text is set
        self.name = first.name
        self._codes: dict[int, tuple[Subset, str]] = {
            char: (first, _ESCAPES.get(char, chr(char))) for char in range(32, 127)
        }
        self._table = _CodeTable(self._assign, first)
        self._table.update({char: code for char, (_, code) in self._codes.items()})
        #: width of each character in 1/1000 of the type size
        self.widths = _WidthTable(self._find_width)
        #: characters that no face has, in order of appearance
        self.missing: dict[str, None] = {}

    @property
    def has_right_to_left(self) -> bool:
        """Hebrew, Arabic or the like was shown."""
        return any(
            unicodedata.bidirectional(chr(char)) in ("R", "AL") for char in self._codes if char > 0x58F
        )

    def width(self, text: str, size: float) -> float:
        """Width of one line of text in points."""
        return sum(map(self.widths.__getitem__, text)) * size / 1000

    def show(self, text: str, size: str) -> str:
        """Operators that show one line of text at the current position, this font being set at that size."""
        try:
            return f"({text.translate(self._table)}) Tj"
        except _NeedsRuns:
            runs = " ".join(f"/{name} {size} Tf ({codes}) Tj" for name, codes in self.runs(text))
            return f"{runs} /{self.name} {size} Tf"

    def runs(self, text: str) -> list[tuple[str, str]]:
        """(resource name, string operand) for each run of characters in one subset."""
        found: list[tuple[str, list[str]]] = []
        for char in text:
            subset, code = self._codes.get(ord(char)) or self._assign(ord(char))
            if not found or found[-1][0] != subset.name:
                found.append((subset.name, []))
            found[-1][1].append(code)
        return [(name, "".join(codes)) for name, codes in found]

    def _assign(self, char: int) -> tuple[Subset, str]:
        known = self._codes.get(char)
        if known is None:
            face, shown = self._face_of(char)
            known = self._codes[shown] if shown in self._codes else self._new_code(face, shown)
            self._codes[char] = known
        return known

    def _new_code(self, face: Face, char: int) -> tuple[Subset, str]:
        for subset in self.subsets:
            if subset.face is face and subset.has_room:
                return subset, chr(subset.take_code(char))
        subset = self._open_subset(face)
        return subset, chr(subset.take_code(char))

    def _open_subset(self, face: Face) -> Subset:
        subset = Subset(face, self.weight, next(self._names))
        self.subsets.append(subset)
        return subset

    def _face_of(self, char: int) -> tuple[Face, int]:
        """The face that shows a character, and the character it shows for it."""
        for face in self._faces:
            if char in face.widths:
                return face, char
        self.missing[chr(char)] = None
        return self._faces[0], _REPLACEMENT if _REPLACEMENT in self._faces[0].widths else ord("?")

    def _find_width(self, char: str) -> float:
        face, shown = self._face_of(ord(char))
        return face.widths[shown]


def name_of(char: str) -> str:
    """A character as a warning names it: U+0E01 THAI CHARACTER KO KAI."""
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".rstrip()
