"""What a reader navigates by: bookmarks, named places, links, attached files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from worker.render.objects import ObjectFile, byte_string, text_string

#: deeper bookmarks are put at this depth
MAX_LEVEL = 5
_NAMES_PER_LEAF = 64


@dataclass(frozen=True, slots=True)
class Place:
    """A spot on a page."""

    #: object number of the page
    page: int
    #: 1 is the first
    page_number: int
    #: points from the page's foot
    y: float

    def destination(self) -> bytes:
        """As a PDF array; the reader's zoom is kept."""
        return b"[%d 0 R/XYZ null %.2f null]" % (self.page, self.y)


@dataclass(slots=True)
class Bookmark:
    """One line of the outline."""

    title: str
    place: Place
    children: list[Bookmark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the PDF."""

    name: str
    #: such as text/csv
    media_type: str
    content: bytes | Iterable[bytes]
    description: str = ""


class Structure:
    """Collects places and bookmarks while pages are drawn, and writes them when all are known."""

    def __init__(self, file: ObjectFile) -> None:
        self._file = file
        self._bookmarks: list[Bookmark] = []
        self._places: dict[str, Place] = {}
        self._links: dict[str, None] = {}

    def add_bookmark(self, title: str, level: int, place: Place) -> None:
        """A line of the outline; level 0 is the outermost, and a skipped level is closed up."""
        siblings = self._bookmarks
        for _ in range(min(level, MAX_LEVEL)):
            if not siblings:
                break
            siblings = siblings[-1].children
        siblings.append(Bookmark(title, place))

    def add_place(self, name: str, place: Place) -> None:
        """Name a spot; the first spot of a name stays."""
        self._places.setdefault(name, place)

    def place(self, name: str) -> Place | None:
        """The named spot, if it was drawn so far."""
        return self._places.get(name)

    def link_to(self, name: str) -> bytes:
        """The entry of a link annotation that leads to a named spot."""
        self._links[name] = None
        return b"/Dest%s" % byte_string(name.encode())

    def missing_places(self) -> list[str]:
        """Names that links lead to and that nothing has."""
        return [name for name in self._links if name not in self._places]

    def write(self, attachments: list[Attachment], first: Place | None, moment: bytes) -> bytes:
        """Write all; returns the catalog's entries. Links that lead nowhere lead to `first`."""
        if first is not None:
            for name in self.missing_places():
                self._places[name] = first
        entries = [self._write_outline()]
        names = []
        if self._places:
            names.append(b"/Dests %d 0 R" % self._write_names())
        if attachments:
            listed, associated = self._write_attachments(attachments, moment)
            names.append(b"/EmbeddedFiles %d 0 R" % listed)
            entries.append(associated)
        if names:
            entries.append(b"/Names<<%s>>" % b"".join(names))
        return b"".join(entries)

    def _write_names(self) -> int:
        pairs = sorted([(name.encode(), place) for name, place in self._places.items()])
        leaves = []
        for start in range(0, len(pairs), _NAMES_PER_LEAF):
            part = pairs[start : start + _NAMES_PER_LEAF]
            listed = b"".join(byte_string(name) + place.destination() for name, place in part)
            limits = byte_string(part[0][0]) + byte_string(part[-1][0])
            leaves.append(self._file.add(b"<</Limits[%s]/Names[%s]>>" % (limits, listed)))
        return self._file.add(b"<</Kids[%s]>>" % b" ".join(b"%d 0 R" % leaf for leaf in leaves))

    def _write_outline(self) -> bytes:
        if not self._bookmarks:
            return b""
        root = self._file.reserve()
        first, last, count = self._write_level(self._bookmarks, root)
        body = b"<</Type/Outlines/First %d 0 R/Last %d 0 R/Count %d>>" % (first, last, count)
        self._file.put(root, body)
        return b"/Outlines %d 0 R/PageMode/UseOutlines" % root

    def _write_level(self, bookmarks: list[Bookmark], parent: int) -> tuple[int, int, int]:
        """First and last object number of a level, and how many lines it shows when opened."""
        numbers = [self._file.reserve() for _ in bookmarks]
        for index, bookmark in enumerate(bookmarks):
            around = b""
            if index:
                around += b"/Prev %d 0 R" % numbers[index - 1]
            if index + 1 < len(numbers):
                around += b"/Next %d 0 R" % numbers[index + 1]
            if bookmark.children:
                # a negative count: closed at first
                nested = self._write_level(bookmark.children, numbers[index])
                around += b"/First %d 0 R/Last %d 0 R/Count -%d" % nested
            self._file.put(
                numbers[index],
                b"<</Title%s/Parent %d 0 R/Dest%s%s>>"
                % (text_string(bookmark.title), parent, bookmark.place.destination(), around),
            )
        return numbers[0], numbers[-1], len(numbers)

    def _write_attachments(self, attachments: list[Attachment], moment: bytes) -> tuple[int, bytes]:
        listed, references = [], []
        for attachment in sorted(attachments, key=lambda one: _as_key(one.name)):
            number = self._write_attachment(attachment, moment)
            listed.append(text_string(attachment.name) + b"%d 0 R" % number)
            references.append(b"%d 0 R" % number)
        names = self._file.add(b"<</Names[%s]>>" % b"".join(listed))
        return names, b"/AF[%s]" % b" ".join(references)

    def _write_attachment(self, attachment: Attachment, moment: bytes) -> int:
        subtype = attachment.media_type.replace("/", "#2F").encode("ascii")
        entries = b"/Type/EmbeddedFile/Subtype/%s" % subtype
        if isinstance(attachment.content, bytes):
            size = len(attachment.content)
            entries += b"/Params<</Size %d/ModDate%s>>" % (size, moment)
            content = self._file.add_packed(entries, attachment.content)
        else:
            # how long it is shows when all of it was written
            after = self._file.reserve()
            counted = _Counted(attachment.content)
            content = self._file.add_pieces(entries + b"/Params %d 0 R" % after, counted)
            self._file.put(after, b"<</Size %d/ModDate%s>>" % (counted.size, moment))
        name = text_string(attachment.name)
        description = text_string(attachment.description or attachment.name)
        return self._file.add(
            b"<</Type/Filespec/F%s/UF%s/Desc%s/AFRelationship/Source/EF<</F %d 0 R/UF %d 0 R>>>>"
            % (name, name, description, content, content)
        )


class _Counted:
    """Pieces, and the bytes in those that were taken."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.size += len(piece)
            yield piece


def _as_key(name: str) -> bytes:
    """A name as the bytes by which a name tree is in order."""
    return name.encode() if name.isascii() else b"\xfe\xff" + name.encode("utf-16-be")
