"""The font files: which there are, what each covers, and the part of one that a document embeds.

Plain text (Latin, Greek, Cyrillic and common signs) is set in one face per weight, character by character.
Everything else is shaped by HarfBuzz in the first of the fallback faces that has its characters.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pymupdf_fonts  # type: ignore[import-untyped]
import uharfbuzz as hb
from reportlab.pdfbase.ttfonts import TTFontFace

DEFAULT_FAMILY: Final = "noto-sans"
WEIGHTS: Final = ("regular", "bold", "italic", "bold-italic", "mono")
#: families by name: the code of each weight's face in the font package
FAMILIES: Final = {
    "noto-sans": ("notos", "notosbo", "notosit", "notosbi", "cascadia"),
    "fira-go": ("figo", "figbo", "figit", "figbi", "cascadia"),
}

_NOTO = "manimgx_fonts/NotoSans{}[wght].ttf"
#: (file, script as the documentation names it), in the order in which they are asked for a character
SCRIPTS: Final = tuple(
    (_NOTO.format(name), name)
    for name in (
        "Arabic", "Hebrew", "Thai", "Devanagari", "Bengali", "Tamil", "Telugu", "Gujarati", "Gurmukhi",
        "Kannada", "Malayalam", "Oriya", "Sinhala", "Khmer", "Lao", "Myanmar", "Ethiopic", "Armenian",
        "Georgian",
    )
)  # fmt: skip
_CJK = "manimgx_fonts_cjk/NotoSansCJK-VF.otf.ttc"
_EMOJI = "manimgx_fonts/NotoEmoji[wght].ttf"
_SYMBOLS = ("manimgx_fonts/NotoSansSymbols[wght].ttf", "pymupdf:symbol2", "pymupdf:math", "pymupdf:music")
_KANA = re.compile("[\u3040-\u30ff]")
_HANGUL = re.compile("[\u1100-\u11ff\uac00-\ud7a3]")
_NOT_EMBEDDED = (b"GSUB", b"GPOS", b"GDEF", b"BASE", b"STAT", b"kern", b"vhea", b"vmtx", b"VORG", b"DSIG")
#: which face of the CJK collection has a language's forms
CJK_FACES: Final = {"ja": 0, "ko": 1, "zh-hans": 2, "zh-hant": 3, "zh-hk": 4}


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One TrueType font for plain text."""

    code: str
    parsed: TTFontFace
    #: advance of each character it has, in 1/1000 of the type size
    widths: dict[int, float]


@cache
def load_face(code: str) -> Face:
    """A face by its code in the font package, parsed once per process."""
    parsed = TTFontFace(BytesIO(pymupdf_fonts.myfont(code)))
    widths = {char: parsed.charWidths[char] for char in parsed.charToGlyph if char in parsed.charWidths}
    return Face(code, parsed, widths)


def face_code(family: str, weight: str) -> str:
    """The code of a family's face of one weight."""
    return FAMILIES[family][WEIGHTS.index(weight)]


def subset_program(code: str, characters: tuple[int, ...]) -> tuple[int, bytes]:
    """Length and compressed bytes of the TrueType program that holds these characters in this order."""
    program = load_face(code).parsed.makeSubset(list(characters))
    return len(program), zlib.compress(program, 9)


@dataclass(slots=True, eq=False)
class ShapedFace:
    """One font that HarfBuzz shapes with, at one weight. Measures are in 1/1000 of the type size."""

    #: file in a package of fonts, or "pymupdf:" and a code
    source: str
    #: of the `wght` axis; None for a font without it
    weight: int | None
    face: Any
    font: Any
    scale: float
    #: in its collection
    index: int = 0
    advances: dict[int, float] = field(default_factory=dict)

    def glyph(self, char: int) -> int | None:
        """The glyph of a character, or None."""
        found: int | None = self.font.get_nominal_glyph(char)
        return found

    def advance(self, glyph: int) -> float:
        """A glyph's width."""
        known = self.advances.get(glyph)
        if known is None:
            known = self.advances[glyph] = self.font.get_glyph_h_advance(glyph) * self.scale
        return known

    @property
    def is_cff(self) -> bool:
        """Outlines are cubic (CFF), not TrueType's."""
        return not {"glyf"} & set(self.face.table_tags)

    @property
    def name(self) -> str:
        """PostScript name, with the weight that was chosen."""
        name = "".join(char for char in self.face.get_name(6) or "Font" if char.isalnum() or char == "-")
        return f"{name.removesuffix('-Regular')}-{'Bold' if self.weight == 700 else 'Regular'}"

    @property
    def box(self) -> tuple[int, ...]:
        """The bounding box of all glyphs, from the `head` table."""
        edges = struct.unpack(">4h", bytes(self.face.reference_table("head").data)[36:44])
        return tuple(round(edge * self.scale) for edge in edges)

    @property
    def vertical(self) -> tuple[int, int]:
        """Ascent and descent."""
        extents = self.font.get_font_extents("ltr")
        return round(extents.ascender * self.scale), round(extents.descender * self.scale)


@cache
def _blob(source: str) -> Any:
    kind, _, code = source.partition(":")
    if kind == "pymupdf":
        return hb.Blob(pymupdf_fonts.myfont(code))
    package, _, name = source.partition("/")
    return hb.Blob.from_file_path(str(Path(str(files(package))) / name))


@cache
def shaped_face(source: str, bold: bool, index: int = 0) -> ShapedFace:
    """A font opened for shaping, once per process; the file is mapped, not read."""
    face = hb.Face(_blob(source), index)
    font = hb.Font(face)
    weight = None
    if face.has_var_data:
        weight = 700 if bold else 400
        font.set_variations({"wght": float(weight)})
    return ShapedFace(source, weight, face, font, 1000 / face.upem, index)


class Fallbacks:
    """The faces that stand in for a primary one, in a document of some language."""

    def __init__(self, code: str, bold: bool, language: str) -> None:
        self._code, self._bold = code, bold
        self._language = language.lower()
        self._found: dict[tuple[int, int, bool], ShapedFace | None] = {}

    @cached_property
    def _faces(self) -> tuple[ShapedFace, ...]:
        sources = [source for source, _ in SCRIPTS]
        plain = "notosbo" if self._bold else "notos"
        sources = [f"pymupdf:{self._code}", f"pymupdf:{plain}", *sources, *_SYMBOLS]
        return tuple(shaped_face(source, self._bold) for source in dict.fromkeys(sources))

    @cached_property
    def _emoji(self) -> ShapedFace:
        return shaped_face(_EMOJI, self._bold)

    def cjk(self, text: str) -> ShapedFace:
        """The face with the forms that the text asks for: by its kana or hangul, else by the language."""
        if _KANA.search(text):
            index = CJK_FACES["ja"]
        elif _HANGUL.search(text):
            index = CJK_FACES["ko"]
        else:
            index = _cjk_of(self._language)
        return shaped_face(_CJK, self._bold, index)

    def find(self, char: int, cjk: ShapedFace, *, as_emoji: bool = False) -> ShapedFace | None:
        """The first face that has a character, or None; `cjk` is what `cjk()` chose for the text."""
        key = char, cjk.index, as_emoji
        if key not in self._found:
            order: list[ShapedFace] = []
            if as_emoji or char >= 0x1F000:
                order.append(self._emoji)
            if _is_wide(char):
                order.append(cjk)
            faces = (*order, *self._faces, cjk, self._emoji)
            self._found[key] = next((face for face in faces if face.glyph(char) is not None), None)
        return self._found[key]


def _is_wide(char: int) -> bool:
    blocks = ((0x2E80, 0xA4D0), (0xAC00, 0xFB00), (0xFE30, 0x10000), (0x20000, 0x40000))
    return any(start <= char < stop for start, stop in blocks)


def _cjk_of(language: str) -> int:
    if language.startswith("zh"):
        traditional = any(part in language for part in ("hant", "tw", "mo"))
        if "hk" in language:
            return CJK_FACES["zh-hk"]
        return CJK_FACES["zh-hant" if traditional else "zh-hans"]
    return CJK_FACES.get(language[:2], CJK_FACES["zh-hans"])


@lru_cache(maxsize=64)
def glyph_program(source: str, weight: int | None, glyphs: tuple[int, ...]) -> tuple[bool, int, bytes]:
    """(is it CFF, length, compressed bytes) of the font program with these glyphs under their numbers."""
    face = hb.Face(_blob(source), 0)
    is_cff = "glyf" not in face.table_tags
    wanted = hb.SubsetInput()
    wanted.sets(hb.SubsetInputSets.GLYPH_INDEX).update(glyphs)
    wanted.drop_table_tag_set.update(int.from_bytes(tag, "big") for tag in _NOT_EMBEDDED)
    flags = hb.SubsetFlags
    wanted.flags = flags.NO_HINTING | flags.NOTDEF_OUTLINE | flags.NO_LAYOUT_CLOSURE
    by_identifier = "CFF2" in face.table_tags
    if by_identifier:
        wanted.flags |= flags.DOWNGRADE_CFF2
    else:
        wanted.flags |= flags.RETAIN_GIDS
    if weight is not None:
        wanted.pin_all_axes_to_default(face)
        wanted.pin_axis_location(face, "wght", float(weight))
    subset = hb.subset(face, wanted)
    program = bytes(subset.reference_table("CFF ").data) if is_cff else bytes(subset.blob.data)
    if by_identifier:
        program = with_charset(program, sorted({0, *glyphs}))
    return is_cff, len(program), zlib.compress(program, 9)


def with_charset(program: bytes, identifiers: list[int]) -> bytes:
    """A CID-keyed CFF program in which the n-th glyph is known by the n-th identifier.

    Adobe Technical Note 5176: the charset's offset is operator 15 of the top dictionary. The new charset
    (format 0) is put at the end.
    """
    top_start, top_stop = _top_dictionary(program)
    position = top_start
    while position < top_stop:
        first = program[position]
        if first == 29:
            if program[position + 5] == 15:
                charset = b"\0" + b"".join(struct.pack(">H", number) for number in identifiers[1:])
                offset = struct.pack(">i", len(program))
                return program[: position + 1] + offset + program[position + 5 :] + charset
            position += 5
        elif first == 30:
            position += 1
            while program[position] & 0x0F != 0x0F and program[position] >> 4 != 0x0F:
                position += 1
            position += 1
        else:
            position += 3 if first == 28 else 2 if first >= 247 or first == 12 else 1
    raise ValueError("a CFF program without a charset offset")


def _top_dictionary(program: bytes) -> tuple[int, int]:
    """Where the data of the first top dictionary starts and ends."""
    position = program[2]
    for number in range(2):
        count, size = struct.unpack_from(">HB", program, position)
        ends = [
            int.from_bytes(program[position + 3 + index * size : position + 3 + (index + 1) * size], "big")
            for index in range(count + 1)
        ]
        data = position + 2 + size * (count + 1)
        if number == 1:
            return data + ends[0], data + ends[1]
        position = data + ends[-1]
    raise ValueError("a CFF program without a top dictionary")
