"""Fonts as PDF objects: one-byte subsets of plain text, and glyph-addressed fonts of shaped text."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import lru_cache

from worker.render.faces import glyph_program, load_face, subset_program
from worker.render.fonts import Font
from worker.render.objects import ObjectFile, stream
from worker.render.subsets import GlyphSubset, Subset, characters_at


def write_fonts(file: ObjectFile, fonts: Iterable[Font]) -> bytes:
    """Write all that was used of the fonts; returns the entries of a resource dictionary."""
    written: list[tuple[str, int]] = []
    for font in fonts:
        written += [(subset.name, _write_subset(file, subset)) for subset in font.subsets]
        written += [(glyphs.name, _write_glyphs(file, glyphs)) for glyphs in font.glyph_subsets.values()]
    return b"".join(b"/%s %d 0 R" % (name.encode(), number) for name, number in written)


def _write_subset(file: ObjectFile, subset: Subset) -> int:
    program, descriptor, unicode_map, font = _subset_objects(
        subset.face.code, tuple(subset.taken), has_ascii=subset.has_ascii
    )
    tag = subset_tag(subset.name)
    program_number = file.add(program)
    descriptor_number = file.add(descriptor % (tag, program_number))
    map_number = file.add(unicode_map)
    return file.add(font % (tag, descriptor_number, map_number))


@lru_cache(maxsize=64)
def _subset_objects(
    code: str, taken: tuple[int, ...], *, has_ascii: bool
) -> tuple[bytes, bytes, bytes, bytes]:
    """Program, descriptor, map to text and font of a one-byte subset; documents in one language share them.

    The descriptor still lacks the tag and the program's number, the font the tag and the numbers of
    descriptor and map. A program of so few characters has some ten thousand bytes.
    """
    face = load_face(code).parsed
    characters = characters_at(taken, has_ascii=has_ascii)
    length, program = subset_program(code, characters)
    name = bytes(face.name)
    descriptor = (
        b"<</Type/FontDescriptor/FontName/%%s+%s/Flags 4/FontBBox[%s]/ItalicAngle %g/Ascent %d/Descent %d"
        b"/CapHeight %d/StemV %d/FontFile2 %%d 0 R>>"
        % (
            name,
            b" ".join(b"%d" % edge for edge in face.bbox),
            face.italicAngle,
            face.ascent,
            face.descent,
            face.capHeight,
            face.stemV,
        )
    )
    packed_map, widths = _codes_of(code, characters)
    font = (
        b"<</Type/Font/Subtype/TrueType/BaseFont/%%s+%s/FirstChar 0/LastChar 255/Widths[%s]"
        b"/FontDescriptor %%d 0 R/ToUnicode %%d 0 R>>" % (name, widths)
    )
    packed = b"/Filter/FlateDecode"
    return stream(b"%s/Length1 %d" % (packed, length), program), descriptor, stream(packed, packed_map), font


def _codes_of(code: str, characters: tuple[int, ...]) -> tuple[bytes, bytes]:
    """The compressed map to text, and the widths."""
    pairs = [(number, 1, chr(char)) for number, char in enumerate(characters) if char]
    packed_map = zlib.compress(to_unicode(pairs, "<00> <FF>"), 9)
    widths = load_face(code).widths
    return packed_map, b" ".join(b"%g" % widths.get(char, 0) for char in characters)


def _write_glyphs(file: ObjectFile, subset: GlyphSubset) -> int:
    """A Type 0 font with codes of two bytes (ISO 32000-1, 9.7)."""
    face = subset.face
    glyphs = tuple(sorted({glyph for glyph, _ in subset.codes}))
    is_cff, length, program = glyph_program(face.source, face.weight, glyphs)
    if is_cff:
        program_number = file.add_stream(b"/Subtype/CIDFontType0C/Filter/FlateDecode", program)
        kind, embedded = b"/CIDFontType0", b"/FontFile3 %d 0 R" % program_number
    else:
        program_number = file.add_stream(b"/Filter/FlateDecode/Length1 %d" % length, program)
        numbers = [0, *(glyph for glyph, _ in subset.codes)]
        map_number = file.add_packed(b"", b"".join(number.to_bytes(2, "big") for number in numbers))
        kind = b"/CIDFontType2/CIDToGIDMap %d 0 R" % map_number
        embedded = b"/FontFile2 %d 0 R" % program_number
    name = b"%s+%s" % (subset_tag(subset.name), face.name.encode())
    ascent, descent = face.vertical
    descriptor = file.add(
        b"<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[%s]/ItalicAngle 0/Ascent %d/Descent %d"
        b"/CapHeight 700/StemV %d%s>>"
        % (
            name,
            b" ".join(b"%d" % edge for edge in face.box),
            ascent,
            descent,
            140 if face.weight == 700 else 80,
            embedded,
        )
    )
    codes = sorted((code, glyph, text) for (glyph, text), code in subset.codes.items())
    widths = b"".join(b"%d[%g]" % (code, face.advance(glyph)) for code, glyph, _ in codes)
    descendant = file.add(
        b"<</Type/Font/Subtype%s/BaseFont/%s"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        b"/DW 1000/W[%s]/FontDescriptor %d 0 R>>" % (kind, name, widths, descriptor)
    )
    pairs = [(code, 2, text) for code, _, text in codes]
    unicode_map = file.add_packed(b"", to_unicode(pairs, "<0000> <FFFF>"))
    return file.add(
        b"<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H"
        b"/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>" % (name, descendant, unicode_map)
    )


@lru_cache(maxsize=256)
def subset_tag(name: str) -> bytes:
    """Six capital letters that are different for each subset of a document."""
    number, letters = int(name[1:]), []
    for _ in range(6):
        number, letter = divmod(number, 26)
        letters.append(65 + letter)
    return bytes(reversed(letters))


def to_unicode(pairs: Iterable[tuple[int, int, str]], code_space: str) -> bytes:
    """The map by which text is searched and copied, from (code, bytes per code, text)."""
    lines = [
        f"<{code:0{2 * size}X}> <{text.encode('utf-16-be').hex().upper()}>" for code, size, text in pairs
    ]
    sections = []
    for start in range(0, len(lines), 100):
        part = lines[start : start + 100]
        sections.append("\n".join((f"{len(part)} beginbfchar", *part, "endbfchar")))
    return "\n".join(
        (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CIDSystemInfo <</Registry (Adobe)/Ordering (UCS)/Supplement 0>> def",
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
            f"1 begincodespacerange {code_space} endcodespacerange",
            *sections,
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        )
    ).encode()
