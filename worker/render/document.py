"""Pages that go to the file, compressed, as soon as each ends.

Memory does not grow with the pages: of a finished page only the file offsets of its objects are kept. What is
known only at the end (the total in "Page x of y", page numbers in a table of contents) stands in forms that
pages show and that are written last, so nothing is built twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

from worker.render.fontfile import write_fonts
from worker.render.fonts import Font
from worker.render.metadata import Information, write_catalog_metadata, write_information
from worker.render.objects import ObjectFile, text_string
from worker.render.pictures import Picture, write_picture
from worker.render.structure import Attachment, Place, Structure

_PAGES_PER_NODE = 200
#: name of the form that shows the page total
TOTAL_FORM = "PageTotal"


class PageCanvas:
    """Collects the operators of pages and streams them into `out`; `finish` completes the file."""

    def __init__(self, out: IO[bytes], page_size: tuple[float, float]) -> None:
        self._file = ObjectFile(out)
        self.structure = Structure(self._file)
        #: the current page's content, one entry per line; each character is one byte. Always the same list.
        self.operators: list[str] = []
        self._pagesize = page_size
        #: pages finished so far
        self.pages = 0
        self._unused = self._file.reserve()
        self._kids: list[int] = []
        self._nodes: list[tuple[int, int]] = []
        self._root = self._file.reserve()
        self._node = self._file.reserve()
        self._resources = self._file.reserve()
        self._page = self._file.reserve()
        self._first_page = self._page
        self._first_height = page_size[1]
        self._annotations: list[bytes] = []
        self._forms: dict[str, int] = {}
        self._pictures: dict[str, str] = {}
        self._images: dict[str, int] = {}
        self._opacities: dict[str, float] = {}
        # the content that moves a page's number to the left by the width of the total; 0: no page has one
        self._shift = 0
        self._is_numbered = False

    def resize(self, size: tuple[float, float]) -> None:
        """Set the size of the current page."""
        self._pagesize = size
        if self.pages == 0:
            self._first_height = size[1]

    @property
    def sha256(self) -> str:
        """Of all bytes written so far."""
        return self._file.sha256

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._file.size

    def place(self, y: float) -> Place:
        """A spot on the current page."""
        return Place(self._page, self.pages + 1, y)

    def annotate(self, box: tuple[float, float, float, float], action: bytes) -> None:
        """Make a rectangle (left, foot, right, top) of the current page a link; `action` is its entry."""
        self._annotations.append(
            b"<</Type/Annot/Subtype/Link/F 4/Border[0 0 0]/Rect[%.2f %.2f %.2f %.2f]%s>>" % (*box, action)
        )

    def reserve_form(self) -> str:
        """The name of a form that pages may show from now on and that `fill_form` writes later."""
        name = f"L{len(self._forms) + 1}"
        self._forms[name] = self._file.reserve()
        return name

    def fill_form(self, name: str, operators: list[str]) -> None:
        """Write a reserved form; its coordinates are those of the page at the place where it is shown."""
        self._write_form(self._forms[name], operators)

    def picture_name(self, picture: Picture) -> str:
        """The resource name under which pages show a picture; one that was written before is not repeated."""
        name = self._pictures.get(picture.digest)
        if name is None:
            name = self._pictures[picture.digest] = f"Im{len(self._pictures) + 1}"
            self._images[name] = write_picture(self._file, picture)
        return name

    def number_page(self, operators: list[str], x: float, y: float) -> None:
        """Show the page total so that it ends at (x, y), after what the operators draw up to that place.

        How wide the total is shows at the end only. So the page's content begins with one that all pages
        share and that is written last: it moves what follows here to the left by that width.
        """
        if not self._shift:
            self._shift = self._file.reserve()
        self._is_numbered = True
        self.operators[:0] = [*operators, f"q 1 0 0 1 {x:.2f} {y:.2f} cm /{TOTAL_FORM} Do Q", "Q"]

    def opacity_name(self, opacity: float) -> str:
        """The resource name of a graphics state that paints with that opacity, 0 to 1."""
        name = f"A{round(opacity * 1000)}"
        self._opacities[name] = opacity
        return name

    def end_page(self) -> None:
        """End the page: compress its content and write it out."""
        contents = self._file.reserve()
        self._file.put_page_content(contents, self.operators)
        self.operators.clear()
        width, height = self._pagesize
        annotations = b""
        if self._annotations:
            annotations = b"/Annots[%s]" % b" ".join(self._annotations)
            self._annotations.clear()
        shown = b"%d 0 R" % contents
        if self._is_numbered:
            shown = b"[%d 0 R %s]" % (self._shift, shown)
            self._is_numbered = False
        self._file.put(
            self._page,
            b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 %.2f %.2f]/Resources %d 0 R/Contents %s%s>>"
            % (self._node, width, height, self._resources, shown, annotations),
        )
        self._kids.append(self._page)
        self.pages += 1
        if len(self._kids) == _PAGES_PER_NODE:
            self._close_node()
        self._page = self._file.reserve()

    def finish(
        self,
        fonts: Iterable[Font],
        total: tuple[list[str], float],
        info: Information,
        attachments: list[Attachment],
    ) -> None:
        """Write what all pages share, and the file's end. `total`: operators of the page total, its width."""
        if self._kids or not self._nodes:
            self._close_node(last=True)
        form = self._file.reserve()
        self._write_form(form, total[0])
        if self._shift:
            self._file.put_stream(self._shift, b"", b"q 1 0 0 1 %.2f 0 cm" % -total[1])
        self._write_resources(fonts, {TOTAL_FORM: form, **self._forms, **self._images})
        kids = b" ".join(b"%d 0 R" % number for number, _ in self._nodes)
        self._file.put(self._root, b"<</Type/Pages/Count %d/Kids[%s]>>" % (self.pages, kids))
        # nothing names it; files of older versions have it, and stay the same byte for byte
        self._file.put(self._unused, b"<<\n\n>>")
        first = Place(self._first_page, 1, self._first_height)
        entries = self.structure.write(attachments, first, info.pdf_date)
        catalog = self._file.add(
            b"<</Type/Catalog/Pages %d 0 R/ViewerPreferences<</DisplayDocTitle true>>%s%s>>"
            % (self._root, entries, write_catalog_metadata(self._file, info))
        )
        self._file.close(catalog, write_information(self._file, info))

    def _close_node(self, *, last: bool = False) -> None:
        kids = b" ".join(b"%d 0 R" % kid for kid in self._kids)
        self._file.put(
            self._node,
            b"<</Type/Pages/Parent %d 0 R/Count %d/Kids[%s]>>" % (self._root, len(self._kids), kids),
        )
        self._nodes.append((self._node, len(self._kids)))
        self._kids.clear()
        if not last:
            self._node = self._file.reserve()

    def _write_form(self, number: int, operators: list[str]) -> None:
        content = "\n".join(operators).encode("latin-1")
        extra = (
            b"/Type/XObject/Subtype/Form/BBox[-20000 -20000 20000 20000]/Resources %d 0 R" % self._resources
        )
        self._file.put_stream(number, extra, content)

    def _write_resources(self, fonts: Iterable[Font], objects: dict[str, int]) -> None:
        listed = b"".join(b"/%s %d 0 R" % (name.encode(), number) for name, number in objects.items())
        states = b"".join(
            b"/%s<</ca %.3f/CA %.3f>>" % (name.encode(), opacity, opacity)
            for name, opacity in sorted(self._opacities.items())
        )
        if states:
            states = b"/ExtGState<<%s>>" % states
        self._file.put(
            self._resources,
            b"<</Font<<%s>>/XObject<<%s>>%s/ProcSet[/PDF/Text/ImageC/ImageB]>>"
            % (write_fonts(self._file, fonts), listed, states),
        )


def uri_action(uri: str) -> bytes:
    """The entry of a link annotation that opens a checked web or mail address."""
    return b"/A<</S/URI/URI%s>>" % text_string(uri)
