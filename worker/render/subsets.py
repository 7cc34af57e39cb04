"""What one font of a document holds: some characters, or some glyphs, of one face, and their codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from worker.render.faces import Face, ShapedFace

# Codes that a subset may hand out: no NUL, no line ends, none that a PDF string must escape.
_FREE_CODES = tuple(code for code in range(1, 256) if not 32 <= code <= 127 and code not in (10, 13))
#: the characters of ASCII that stand at their own codes
_ASCII_CHARACTERS = [code if 32 <= code < 127 else 0 for code in range(256)]


@dataclass(slots=True, eq=False)
class Subset:
    """Up to 256 characters of one face, as one font of the document."""

    face: Face
    #: the resource name in page streams, without its slash
    name: str
    #: the characters of ASCII are at their own codes
    has_ascii: bool = False
    #: characters at the free codes, in turn
    taken: list[int] = field(default_factory=list)

    @property
    def has_room(self) -> bool:
        """Codes are left."""
        return len(self.taken) < len(_FREE_CODES)

    def take_code(self, char: int) -> int:
        """The code for a character that has none yet."""
        self.taken.append(char)
        return _FREE_CODES[len(self.taken) - 1]


def characters_at(taken: Sequence[int], *, has_ascii: bool) -> tuple[int, ...]:
    """The character at each code of a subset; 0 where the code is not used."""
    found = list(_ASCII_CHARACTERS) if has_ascii else [0] * 256
    for code, char in zip(_FREE_CODES, taken, strict=False):
        found[code] = char
    return tuple(found)


@dataclass(slots=True, eq=False)
class GlyphSubset:
    """Glyphs of one face, each with the text that it stands for, as one font of the document."""

    face: ShapedFace
    #: the resource name in page streams, without its slash
    name: str
    #: (glyph, text) to code: a number of its own, or with cubic outlines the glyph's
    codes: dict[tuple[int, str], int] = field(default_factory=dict)

    def code(self, glyph: int, text: str) -> int:
        """The two-byte code that shows a glyph and stands for a text."""
        known = self.codes.get((glyph, text))
        if known is None:
            known = self.codes[glyph, text] = glyph if self.face.is_cff else len(self.codes) + 1
        return known
