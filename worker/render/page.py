"""The page being drawn: frame, cursor and furniture; starting a page ends the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import count
from typing import IO

from shared.errors import PageLimitExceeded
from shared.reports.blocks import Align
from shared.reports.locales import HOUSE, Formats
from worker.render import theme
from worker.render.document import PageCanvas, uri_action
from worker.render.faces import DEFAULT_FAMILY
from worker.render.fonts import Font
from worker.render.furniture import Furniture, FurniturePainter
from worker.render.links import web_link
from worker.render.metadata import Information
from worker.render.pictures import MAX_PIXELS, Picture, load_picture
from worker.render.structure import Attachment
from worker.render.text import MOST_CHARACTERS, clean_line, shorten

_TITLE_LENGTH = 300
#: points from the paper's edge to the content; what is less has no room for the lines at head and foot
LEAST_TOP = 44.0
LEAST_BOTTOM = 36.0
# Patterns for `%`, which prints floats at three quarters of the cost of an f-string. In turn: font, size,
# colour, place, operator that shows the text.
_TEXT = "BT /%s %s Tf %s rg 1 0 0 1 %.2f %.2f Tm %s ET"
_RECTANGLE = "%s rg %.2f %.2f %.2f %.2f re f"
_LINE = "%s RG %g w 1 J 1 j %.2f %.2f m %.2f %.2f l S"
#: a size of type as operators say it
_points = lru_cache(maxsize=256)("{:g}".format)
_MIRRORED = {"left": "right", "right": "left", "center": "center"}


@dataclass(frozen=True, slots=True)
class PageSetup:
    """Paper and frame, in points."""

    #: width and height, upright
    size: tuple[float, float] = theme.A4
    landscape: bool = False
    left: float = theme.MARGIN
    right: float = theme.MARGIN
    #: from the page's top edge to the first line of content, after the first page
    top: float = theme.TOP
    bottom: float = theme.BOTTOM

    @property
    def oriented(self) -> tuple[float, float]:
        """Width and height as the page lies."""
        width, height = self.size
        return (height, width) if self.landscape else (width, height)

    @property
    def turned(self) -> PageSetup:
        """The same paper and frame, landscape."""
        return replace(self, landscape=True)

    @property
    def frame_width(self) -> float:
        """Between the left and the right margin."""
        return self.oriented[0] - self.left - self.right

    @property
    def landscape_width(self) -> float:
        """The same when the page is turned."""
        return self.size[1] - self.left - self.right


class Mirroring:
    """Draws mirrored, or not, until its end."""

    __slots__ = ("_before", "_mirrored", "_pages")

    def __init__(self, pages: Pages, mirrored: bool) -> None:
        self._pages, self._mirrored = pages, mirrored

    def __enter__(self) -> None:
        self._before, self._pages.mirrored = self._pages.mirrored, self._mirrored

    def __exit__(self, *exception: object) -> None:
        self._pages.mirrored = self._before


class Pages:
    """Cursor and drawing primitives; `y` is the top of what comes next, in points from the page's foot.

    What runs from right to left is drawn as if it ran to the right, and `mirrored`: then text, rectangles,
    lines, links and pictures stand where their mirror image in the frame would be. Nothing is turned round.
    """

    def __init__(
        self,
        out: IO[bytes],
        furniture: Furniture,
        max_pages: int,
        setup: PageSetup | None = None,
        family: str = DEFAULT_FAMILY,
        language: str = "en",
        look: theme.Theme = theme.DEFAULT,
        formats: Formats = HOUSE,
    ) -> None:
        self.setup = setup or PageSetup()
        self.theme = look
        self.formats = formats
        #: the document runs from right to left
        self.rtl = formats.is_rtl
        #: what is drawn now stands where its mirror image would
        self.mirrored = self.rtl
        #: what is drawn now is thrown away: it makes no links, bookmarks or counts
        self.measuring = False
        self.canvas = PageCanvas(out, self.setup.oriented)
        #: the current page's operators
        self.ops = self.canvas.operators
        self._names = (f"F{number}" for number in count(1))
        self._family, self._language = family, language
        self._fonts: dict[str, Font] = {}
        self.regular = self.font("regular")
        self.bold = self.font("bold")
        self.furniture = furniture
        self.max_pages = max_pages
        #: what was cut to fit, in order of appearance
        self.warnings: dict[str, None] = {}
        #: called with the number of pages each time one is finished
        self.on_page: Callable[[int], None] = lambda pages: None
        #: how many more pixels the document's pictures may have
        self.pixels_left = MAX_PIXELS
        self._pictures: dict[bytes, Picture] = {}
        self._painter = FurniturePainter(self, furniture)
        self._later: list[tuple[str, Callable[[], None], tuple[bool, float, float]]] = []
        self._begin(self.setup.oriented)

    def font(self, weight: str) -> Font:
        """The font of a weight in this document: one of `faces.WEIGHTS`."""
        known = self._fonts.get(weight)
        if known is None:
            known = self._fonts[weight] = Font(weight, self._names, self._family, self._language)
        return known

    @cached_property
    def italic(self) -> Font:
        """Slanted."""
        return self.font("italic")

    @cached_property
    def bold_italic(self) -> Font:
        """Bold and slanted."""
        return self.font("bold-italic")

    @cached_property
    def mono(self) -> Font:
        """All characters of one width."""
        return self.font("mono")

    @property
    def fonts(self) -> tuple[Font, ...]:
        """All that the document uses so far."""
        return tuple(self._fonts.values())

    def _begin(self, size: tuple[float, float]) -> None:
        if self.canvas.pages >= self.max_pages:
            raise PageLimitExceeded(self.max_pages)
        self.canvas.resize(size)
        self.page_size = size
        self.left, self.right = self.setup.left, size[0] - self.setup.right
        # lines at head and foot keep their room in narrow margins
        self.top = size[1] - max(self.setup.top, LEAST_TOP)
        self.bottom = max(self.setup.bottom, LEAST_BOTTOM)
        self.y = self.top
        with self.mirroring(self.rtl):
            self._painter.draw(first=self.canvas.pages == 0)

    @property
    def width(self) -> float:
        """Of the frame."""
        return self.right - self.left

    @property
    def room(self) -> float:
        """Height left on this page."""
        return self.y - self.bottom

    @property
    def page_room(self) -> float:
        """Height for content on a page like this one."""
        return self.top - self.bottom

    @property
    def at_top(self) -> bool:
        """Nothing but furniture is on this page yet."""
        return self.y >= self.top

    @property
    def page_number(self) -> int:
        """Of the current page; 1 is the first."""
        return self.canvas.pages + 1

    def _oriented(self, landscape: bool) -> tuple[float, float]:
        return self.setup.turned.oriented if landscape else self.setup.oriented

    def next_page(self, *, landscape: bool = False) -> None:
        """End this page and start another; it lies as the document does, or is landscape."""
        self._end()
        self.on_page(self.canvas.pages)
        self._begin(self._oriented(landscape))

    def turn(self, *, landscape: bool) -> None:
        """Start the current page again, in that orientation; what is on it is lost."""
        self.ops.clear()
        self._begin(self._oriented(landscape))

    def mirroring(self, mirrored: bool) -> Mirroring:
        """Draw mirrored, or not."""
        return Mirroring(self, mirrored)

    def physical(self, x: float, width: float = 0.0) -> float:
        """Where the left edge of something is on the page that is drawn at x."""
        return self.left + self.right - x - width if self.mirrored else x

    def start_of(self, align: Align) -> Align:
        """How something is aligned as it is drawn: "left" is where lines start, "right" the right edge."""
        return "left" if self.mirrored and align == "right" else align

    def fitted(self, text: str, font: Font, size: float, width: float, what: str) -> str:
        """The text on one line, shortened to fit; a warning says that `what` was cut."""
        return self.fitted_width(text, font, size, width, what)[0]

    def fitted_width(self, text: str, font: Font, size: float, width: float, what: str) -> tuple[str, float]:
        """The same, and how wide that is in points."""
        cleaned = clean_line(text)
        units = font.units(cleaned)
        if len(text) <= MOST_CHARACTERS and units <= width * 1000 / size:
            return cleaned, units * size / 1000
        fitting = shorten(text, font, size, width)
        if fitting != cleaned:
            self.warnings[f"{what} was cut to fit"] = None
        return fitting, font.width(fitting, size)

    def first_lines(self, lines: list[str], most: int, what: str) -> list[str]:
        """The lines, or the first of them; a warning says then that `what` was cut."""
        if len(lines) <= most:
            return lines
        self.warnings[f"{what} was cut to fit"] = None
        return [*lines[: most - 1], f"{lines[most - 1][:-1]}…"]

    def need(self, height: float) -> None:
        """Go to a new page unless `height` fits on this one; at most a whole page can be asked for."""
        if self.y - self.bottom < height and self.y < self.top:
            self.next_page()

    def close(self, info: Information, attachments: list[Attachment] | None = None) -> None:
        """End the last page and the file."""
        self._end()
        for form, draw, place in self._later:
            self.mirrored, self.left, self.right = place
            draw()
            self.canvas.fill_form(form, self.ops)
            self.ops.clear()
        total = self._painter.total()
        self.canvas.finish(self.fonts, total, info, attachments or [])

    def _end(self) -> None:
        """End the page; the watermark comes over all that is on it."""
        self._painter.draw_watermark()
        self.canvas.end_page()

    def later(self, draw: Callable[[], None]) -> None:
        """Draw on the current page when the document is complete: `page_of` knows every place then.

        `draw` uses `text`, `rect` and `line` with this page's coordinates; links are made at once, not there.
        """
        form = self.canvas.reserve_form()
        self.ops.append(f"/{form} Do")
        self._later.append((form, draw, (self.mirrored, self.left, self.right)))

    def bookmark(self, title: str, level: int = 0, place: str | None = None) -> None:
        """A line of the outline that leads to the cursor; `place` names the spot for links as well."""
        spot = self.canvas.place(min(self.y + 6, self.page_size[1]))
        self.canvas.structure.add_bookmark(clean_line(title)[:_TITLE_LENGTH] or "–", level, spot)
        if place is not None:
            self.canvas.structure.add_place(place, spot)

    def anchor(self, place: str) -> None:
        """Name the cursor's spot for links; the first of a name counts."""
        self.canvas.structure.add_place(place, self.canvas.place(min(self.y + 6, self.page_size[1])))

    def page_of(self, place: str) -> int | None:
        """Page number of a named spot, as far as it was drawn."""
        found = self.canvas.structure.place(place)
        return found.page_number if found else None

    def link(self, x: float, y: float, width: float, height: float, target: str) -> bool:
        """Make a rectangle, (x, y) being its lower left corner, a link to "#place" or to the web.

        False, and a warning, for a target that is neither a place nor an http, https or mailto address.
        """
        if target.startswith("#"):
            action = self.canvas.structure.link_to(target[1:])
        else:
            uri = web_link(target)
            if uri is None:
                self.warnings["a link that is no http, https or mailto address is printed as text"] = None
                return False
            action = uri_action(uri)
        x = self.physical(x, width)
        self.canvas.annotate((x, y, x + width, y + height), action)
        return True

    def open_picture(self, source: bytes, path: str) -> Picture:
        """A picture from the bytes of a file; `path` names its field in the error when it is none.

        Raises ValidationFailed. The pixels of all pictures of a document count together.
        """
        key = hashlib.sha256(source).digest()
        known = self._pictures.get(key)
        if known is None:
            known = self._pictures[key] = load_picture(source, path, self.pixels_left)
            self.pixels_left -= known.width * known.height
        return known

    def picture(self, picture: Picture, x: float, y: float, width: float, height: float) -> None:
        """A picture filling a rectangle, (x, y) being its lower left corner."""
        name = self.canvas.picture_name(picture)
        x = self.physical(x, width)
        self.ops.append(f"q {width:.2f} 0 0 {height:.2f} {x:.2f} {y:.2f} cm /{name} Do Q")

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        font: Font | None = None,
        size: float = theme.BODY_SIZE,
        color: str | None = None,
        align: str = "left",
    ) -> None:
        """One line with its baseline at y; x is its left edge, its right edge or its middle."""
        font = font or self.regular
        color = color or self.theme.ink
        if self.mirrored:
            x, align = self.left + self.right - x, _MIRRORED[align]
        if align != "left":
            width = font.width(text, size)
            x -= width if align == "right" else width / 2
        points = _points(size)
        self.ops.append(_TEXT % (font.name, points, color, x, y, font.show(text, points)))

    def texts(self, places: Iterable[tuple[float, float, str]], size: float, color: str) -> None:
        """Lines in the regular font, each with its left edge and baseline; never mirrored."""
        font, points = self.regular, _points(size)
        name, show = font.name, font.show
        self.ops.extend([_TEXT % (name, points, color, x, y, show(text, points)) for x, y, text in places])

    def rect(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """A filled rectangle, (x, y) being its lower left corner."""
        if self.mirrored:
            x = self.left + self.right - x - width
        self.ops.append(_RECTANGLE % (color, x, y, width, height))

    def line(self, points: list[tuple[float, float]], color: str, width: float = 0.5) -> None:
        """A line through the points."""
        if self.mirrored:
            points = [(self.left + self.right - x, y) for x, y in points]
        if len(points) == 2:
            start, end = points
            self.ops.append(_LINE % (color, width, *start, *end))
            return
        path = " ".join([f"{x:.2f} {y:.2f} {'l' if n else 'm'}" for n, (x, y) in enumerate(points)])
        self.ops.append(f"{color} RG {width:g} w 1 J 1 j {path} S")
