"""A reportlab canvas whose pages go to the file, compressed, as soon as each ends.

Memory does not grow with the pages: of a finished page only the file offsets of its objects are kept. The
total in "Page x of y" is a form that every page shows and that is written last, so nothing is built twice.
"""

from __future__ import annotations

import hashlib
import zlib
from array import array
from collections.abc import Callable, Iterable
from typing import IO, Any

from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

from worker.render.fonts import Font, Subset, subset_program

_PAGES_PER_NODE = 200
_COMPRESSION = 6
#: name of the form that shows the page total
TOTAL_FORM = "PageTotal"
PRODUCER = "Pressroom"


class PageCanvas(Canvas):
    """Draws pages and streams them into `out`; `finish` completes the file."""

    # reportlab's own, which its type stubs leave out
    _doc: Any
    _code: list[str]
    _pagesize: tuple[float, float]
    _startPage: Callable[[], None]  # noqa: N815

    def __init__(self, out: IO[bytes], page_size: tuple[float, float]) -> None:
        super().__init__("unnamed", pagesize=page_size, pageCompression=1, invariant=1, pdfVersion=(1, 7))
        self._out = out
        self._hash = hashlib.sha256()
        #: bytes written so far
        self.size = 0
        #: pages finished so far
        self.pages = 0
        # index: object number; value: file offset, 0 while not written
        self._offsets = array("Q", [0] * (self._doc.objectcounter + 1))
        self._kids: list[int] = []
        self._nodes: list[tuple[int, int]] = []
        self._root = self._reserve()
        self._node = self._reserve()
        self._resources = self._reserve()
        self._write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def _make_preamble(self) -> None:
        self._preamble = ""

    @property
    def operators(self) -> list[str]:
        """The current page's content, one entry per line; each character is one byte."""
        return self._code

    def resize(self, size: tuple[float, float]) -> None:
        """Set the size of the current page."""
        self._pagesize = size

    @property
    def sha256(self) -> str:
        """Of all bytes written so far."""
        return self._hash.hexdigest()

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        """End the page: compress its content and write it out."""
        content = zlib.compress("\n".join(self._code).encode("latin-1"), _COMPRESSION)
        contents = self._reserve()
        self._write_stream(contents, b"/Filter/FlateDecode", content)
        width, height = self._pagesize
        page = self._reserve()
        self._write_object(
            page,
            b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 %.2f %.2f]/Resources %d 0 R/Contents %d 0 R>>"
            % (self._node, width, height, self._resources, contents),
        )
        self._kids.append(page)
        self.pages += 1
        if len(self._kids) == _PAGES_PER_NODE:
            self._close_node()
        self._startPage()

    def finish(self, fonts: Iterable[Font], total: list[str], info: dict[str, str]) -> None:
        """Write what all pages share, and the file's end.

        `total` holds the operators that show the page total, `info` the document information.
        """
        if self._kids or not self._nodes:
            self._close_node(last=True)
        form = self._write_form(total)
        fonts_dict = b"".join(
            b"/%s %d 0 R" % (subset.name.encode(), self._write_font(subset))
            for font in fonts
            for subset in font.subsets
        )
        self._write_object(
            self._resources,
            b"<</Font<<%s>>/XObject<</%s %d 0 R>>/ProcSet[/PDF/Text]>>"
            % (fonts_dict, TOTAL_FORM.encode(), form),
        )
        kids = b" ".join(b"%d 0 R" % number for number, _ in self._nodes)
        self._write_object(self._root, b"<</Type/Pages/Count %d/Kids[%s]>>" % (self.pages, kids))
        self._write_registered()
        self._write_end(info)

    def _close_node(self, *, last: bool = False) -> None:
        kids = b" ".join(b"%d 0 R" % kid for kid in self._kids)
        self._write_object(
            self._node,
            b"<</Type/Pages/Parent %d 0 R/Count %d/Kids[%s]>>" % (self._root, len(self._kids), kids),
        )
        self._nodes.append((self._node, len(self._kids)))
        self._kids.clear()
        if not last:
            self._node = self._reserve()

    def _write_form(self, operators: list[str]) -> int:
        number = self._reserve()
        content = "\n".join(operators).encode("latin-1")
        extra = b"/Type/XObject/Subtype/Form/BBox[-1000 -1000 1000 1000]/Resources %d 0 R" % self._resources
        self._write_stream(number, extra, content)
        return number

    def _write_font(self, subset: Subset) -> int:
        characters = tuple(subset.characters)
        face = subset.face.parsed
        length, program = subset_program(subset.face.code, subset.weight, characters)
        file_number = self._reserve()
        self._write_stream(file_number, b"/Filter/FlateDecode/Length1 %d" % length, program)
        name = b"%s+%s" % (_subset_tag(subset.name), bytes(face.name))
        descriptor = self._reserve()
        self._write_object(
            descriptor,
            b"<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[%s]/ItalicAngle 0/Ascent %d/Descent %d"
            b"/CapHeight %d/StemV %d/FontFile2 %d 0 R>>"
            % (
                name,
                b" ".join(b"%d" % edge for edge in face.bbox),
                face.ascent,
                face.descent,
                face.capHeight,
                face.stemV,
                file_number,
            ),
        )
        unicode_map = self._reserve()
        compressed = zlib.compress(_unicode_map(characters), 9)
        self._write_stream(unicode_map, b"/Filter/FlateDecode", compressed)
        widths = b" ".join(b"%g" % subset.face.widths.get(char, 0) for char in characters)
        number = self._reserve()
        self._write_object(
            number,
            b"<</Type/Font/Subtype/TrueType/BaseFont/%s/FirstChar 0/LastChar 255/Widths[%s]"
            b"/FontDescriptor %d 0 R/ToUnicode %d 0 R>>" % (name, widths, descriptor, unicode_map),
        )
        return number

    def _write_registered(self) -> None:
        """Write the objects that reportlab's own drawing calls have registered."""
        for number, name in list(self._doc.numberToId.items()):
            body = pdfdoc.PDFIndirectObject(name, self._doc.idToObject[name]).format(self._doc)
            self._offsets.extend([0] * (number + 1 - len(self._offsets)))
            self._offsets[number] = self.size
            self._write(pdfdoc.pdfdocEnc(body))

    def _write_end(self, info: dict[str, str]) -> None:
        info_number, catalog = self._reserve(), self._reserve()
        entries = b"".join(b"/%s %s" % (key.encode(), _text_string(value)) for key, value in info.items())
        self._write_object(info_number, b"<<%s>>" % entries)
        self._write_object(
            catalog,
            b"<</Type/Catalog/Pages %d 0 R/Lang(en)/ViewerPreferences<</DisplayDocTitle true>>>>"
            % self._root,
        )
        identity = self._hash.hexdigest()[:32].upper().encode()
        start = self.size
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % len(self._offsets))
        for offset in self._offsets[1:]:
            self._write(b"%010d 00000 n \n" % offset if offset else b"0000000000 65535 f \n")
        self._write(
            b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]>>\nstartxref\n%d\n%%%%EOF\n"
            % (len(self._offsets), catalog, info_number, identity, identity, start)
        )

    def _reserve(self) -> int:
        """A new object number."""
        self._doc.objectcounter += 1
        number: int = self._doc.objectcounter
        self._offsets.extend([0] * (number + 1 - len(self._offsets)))
        return number

    def _write_object(self, number: int, body: bytes) -> None:
        self._offsets[number] = self.size
        self._write(b"%d 0 obj\n%s\nendobj\n" % (number, body))

    def _write_stream(self, number: int, entries: bytes, content: bytes) -> None:
        head = b"<<%s/Length %d>>\nstream\n" % (entries, len(content))
        self._write_object(number, head + content + b"\nendstream")

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._hash.update(data)
        self.size += len(data)


def _subset_tag(name: str) -> bytes:
    """Six capital letters that are different for each subset of a document."""
    number, letters = int(name[1:]), []
    for _ in range(6):
        number, letter = divmod(number, 26)
        letters.append(65 + letter)
    return bytes(reversed(letters))


def _unicode_map(characters: tuple[int, ...]) -> bytes:
    """The ToUnicode map, by which text is searched and copied."""
    pairs = [
        f"<{code:02X}> <{chr(char).encode('utf-16-be').hex().upper()}>"
        for code, char in enumerate(characters)
        if char
    ]
    sections = []
    for start in range(0, len(pairs), 100):
        part = pairs[start : start + 100]
        sections.append("\n".join((f"{len(part)} beginbfchar", *part, "endbfchar")))
    return "\n".join(
        (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CIDSystemInfo <</Registry (Adobe)/Ordering (UCS)/Supplement 0>> def",
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
            "1 begincodespacerange <00> <FF> endcodespacerange",
            *sections,
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        )
    ).encode()


def _text_string(text: str) -> bytes:
    return b"<FEFF%s>" % text.encode("utf-16-be").hex().upper().encode()
