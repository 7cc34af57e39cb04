"""How wide a table's columns are, and over how many page panels they are spread."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.reports.blocks import Align, Table
from shared.reports.locales import HOUSE, Formats
from worker.render.cells import Formatter, formatter, is_numeric, texts_of
from worker.render.fonts import Font
from worker.render.text import clean_line, split_words
from worker.render.totals import MARKS

#: left and right of every cell
PAD = 4.5
_LEAD = 7.0
_WIDEST_TEXT = 300.0
_NARROWEST_TEXT = 64.0
_WIDEST_NUMBER = 150.0
_SIZES = (8.5, 7.5, 6.5)
# So many columns of cells that need not be broken in landscape are not broken upright.
_MANY_BROKEN = 4
#: width of a sparkline in 1/1000 of the type size
_SPARKLINE = 6500.0


#: for `bytes.translate`: texts that differ in their figures only have one shape
FIGURES = bytes.maketrans(b"123456789", b"000000000")
#: what stands for itself in an operator
ORDINARY = re.compile(r"[ -'*-\[\]-~]*")
# longer texts are measured in part
_MEASURED = 400


@dataclass(slots=True)
class Sample:
    """The first cells of a column, as they are shown."""

    #: None where there is no value
    texts: list[str | None] = field(default_factory=list)
    #: of each text, encoded
    shapes: list[bytes] = field(default_factory=list)
    #: of each shape in 1/1000 of the type size, in the regular font; empty where figures differ in width
    widths: dict[bytes, float] = field(default_factory=dict)
    #: all texts are printable ASCII without what must be escaped
    is_ordinary: bool = False


@dataclass(slots=True)
class Measured:
    """A column before its place is known; widths are in 1/1000 of the type size, without padding."""

    index: int
    title: str
    align: Align
    numeric: bool
    show: Formatter
    natural: float
    #: points kept free before the column, so that its text does not touch the numbers on its left
    lead: float
    #: points, padding included, when the report says how wide it is
    fixed: float | None
    sample: Sample
    #: width of the longest word of the title
    heading: float
    #: what its longest word is looked for in, with the font to measure it; empty when `least` is known
    texts: Sequence[str]
    font: Font
    #: the least width in which nothing is broken but between words; known when it was asked for
    known_least: float | None = None

    @property
    def least(self) -> float:
        """The least width in which nothing is broken but between words."""
        if self.known_least is None:
            words = {word for text in self.texts for word in text.split()}
            self.known_least = max((_width(self.font, word) for word in words), default=0.0)
            self.known_least = max(self.known_least, self.heading)
        return self.known_least


@dataclass(slots=True)
class Placed:
    """A column on its panel."""

    index: int
    title: str
    align: Align
    numeric: bool
    show: Formatter
    x: float
    width: float
    sample: Sample = field(default_factory=Sample)


@dataclass(frozen=True, slots=True)
class Plan:
    """The geometry of a table."""

    size: float
    landscape: bool
    #: columns of each page panel; with more than one, each repeats the first column
    panels: tuple[tuple[Placed, ...], ...]


def measure(
    table: Table, sample: Sequence[Sequence[Any]], regular: Font, bold: Font, formats: Formats = HOUSE
) -> list[Measured]:
    """All columns but those of groups, with the widths that the sample asks for."""
    found: list[Measured] = []
    grouped = table.group_by if len(table.group_by) < len(table.columns) else ()
    for index in range(len(table.columns)):
        if index not in grouped:
            before = found[-1].align if found else None
            found.append(_measured(table, index, sample, regular, bold, formats, before))
    return found


def _measured(
    table: Table,
    index: int,
    rows: Sequence[Sequence[Any]],
    regular: Font,
    bold: Font,
    formats: Formats,
    before: Align | None,
) -> Measured:
    """One column; `before` is how the one at its left is aligned."""
    column = table.columns[index]
    values = [row[index] for row in rows if index < len(row)]
    show, numeric = formatter(column, values, formats), is_numeric(column, values)
    sample = Sample(
        [None if value is None else show(value) for value in values]
        if None in values
        else [*texts_of(show, values)]
    )
    texts = _texts_to_measure(sample, regular, bold)
    cells = _cells_width(table, index, texts, regular, bold, numeric=numeric, more=len(rows))
    if len(values) < len(rows):
        sample = Sample()  # which text stands in which row is not known
    title = clean_line(column.title)
    heading = max((_width(bold, word) for word in split_words(title)), default=0.0)
    # a number's title is broken before it makes the column much wider than the numbers
    whole = _width(bold, title)
    natural = max(cells, heading if numeric and whole >= 2 * max(cells, heading) else whole, heading)
    least = max(cells, heading) if numeric else None
    align: Align = column.align or ("right" if numeric else "left")
    lead = _LEAD if align == "left" and before == "right" else 0.0
    if column.format == "sparkline":
        natural = least = max(_SPARKLINE, heading)
    place = (index, title, align, numeric, show, natural, lead, column.width)
    return Measured(*place, sample, heading, list(texts), regular, least)


def _texts_to_measure(sample: Sample, regular: Font, bold: Font) -> Mapping[str, float]:
    """The texts of which some may be the widest, with their width in the regular font."""
    shown = [text or "" for text in sample.texts]
    try:
        if regular.has_equal_figures and bold.has_equal_figures:
            sample.shapes = [text.encode().translate(FIGURES) for text in shown]
            return _shapes_to_measure(sample, regular)
    except UnicodeEncodeError:  # half of a pair of surrogates
        pass
    cleaned = {clean_line(text[:_MEASURED]): 0.0 for text in shown}
    return {text: _width(regular, text) for text in cleaned}


def _shapes_to_measure(sample: Sample, regular: Font) -> Mapping[str, float]:
    texts = {shape.decode(): shape for shape in dict.fromkeys(sample.shapes)}
    width_of = regular.widths.__getitem__
    if ORDINARY.fullmatch("".join(texts)) and len(max(texts, key=len, default="")) <= _MEASURED:
        found = {text: sum(map(width_of, text)) for text in texts}
        sample.is_ordinary = True
        sample.widths = {shape: found[text] for text, shape in texts.items()}
        return found
    found = {}
    for text, shape in texts.items():
        cleaned = clean_line(text[:_MEASURED])
        width = found[cleaned] = sum(map(width_of, cleaned))
        if cleaned == text:
            sample.widths[shape] = width
    return found


def _cells_width(
    table: Table,
    index: int,
    texts: Mapping[str, float],
    regular: Font,
    bold: Font,
    *,
    numeric: bool,
    more: int,
) -> float:
    """What the cells of a column need, and its total; `more`: tables of more rows may have wider ones."""
    total = table.columns[index].total
    cells = max(texts.values(), default=0.0)
    if numeric and (table.row_count or 0) > more:
        cells += 1.3 * regular.widths["0"]
    if texts and total == "sum":
        grow = len(f"{table.row_count or 0:,}") * regular.widths["0"]
        cells = max(cells, min(_width(bold, text) for text in texts) + grow)
    if texts and total in MARKS:
        cells = max(cells, *(_width(bold, f"{MARKS[total]} {text}") for text in texts))
    return cells


def plan(columns: Sequence[Measured], portrait: float, landscape: float, scale: float = 1.0) -> Plan:
    """The first that keeps every column readable: upright, smaller, landscape, smaller, several panels.

    Landscape comes earlier where short cells of many columns would be broken upright only.
    """
    columns = [_within(column, portrait, landscape) for column in columns]
    sizes = _sizes(scale)
    for size in sizes[:2]:
        if sum(_natural(column, size) for column in columns) <= portrait:
            return Plan(size, False, (_place(columns, size, portrait),))
    for size in sizes[:2]:
        if (
            sum(_natural(column, size) for column in columns) <= landscape
            and sum(_has_short_phrases(column, size) for column in columns) >= _MANY_BROKEN
        ):
            return Plan(size, True, (_place(columns, size, landscape),))
    for width, turned in ((portrait, False), (landscape, True)):
        for size in sizes[:2]:
            if sum(_least(column, size) for column in columns) <= width:
                return Plan(size, turned, (_place(columns, size, width),))
    size = sizes[-1]
    if sum(_least(column, size) for column in columns) <= landscape:
        return Plan(size, True, (_place(columns, size, landscape),))
    size = sizes[1]
    return Plan(
        size, True, tuple(_place(panel, size, landscape) for panel in _split(columns, size, landscape))
    )


def plan_in_frame(columns: Sequence[Measured], width: float, scale: float = 1.0) -> Plan:
    """In a frame that can't be turned, and has no further pages: as large as it fits, else squeezed."""
    columns = [_within(column, width, width) for column in columns]
    sizes = _sizes(scale)
    for widths in (_natural, _least):
        for size in sizes:
            if sum(widths(column, size) for column in columns) <= width:
                return Plan(size, False, (_place(columns, size, width),))
    size = sizes[-1]
    return Plan(size, False, (_squeezed(_place(columns, size, width), width),))


def _sizes(scale: float) -> tuple[float, ...]:
    """Sizes of type from the usual one down, for a theme whose type is scaled."""
    return tuple(round(size * scale, 2) for size in _SIZES)


def mirrored(found: Plan) -> Plan:
    """The first column at the right; what stood at the left of its column stands at its right."""
    panels = []
    for panel in found.panels:
        width = panel[-1].x + panel[-1].width
        panels.append(
            tuple(
                replace(
                    column,
                    x=width - column.x - column.width,
                    align="right" if column.align == "left" else column.align,
                )
                for column in panel
            )
        )
    return replace(found, panels=tuple(panels))


def _within(column: Measured, portrait: float, landscape: float) -> Measured:
    """A column that is said to be wider than any page is as wide as that page."""
    if column.fixed is None or column.fixed + column.lead <= portrait:
        return column
    return replace(column, fixed=min(column.fixed, landscape - column.lead))


def _squeezed(columns: Sequence[Placed], width: float) -> tuple[Placed, ...]:
    last = columns[-1]
    share = width / (last.x + last.width)
    return tuple(replace(column, x=column.x * share, width=column.width * share) for column in columns)


def _width(font: Font, text: str) -> float:
    return sum(map(font.widths.__getitem__, text))


def _natural(column: Measured, size: float) -> float:
    if column.fixed is not None:
        return column.fixed + column.lead
    limit = _WIDEST_NUMBER if column.numeric else _WIDEST_TEXT
    return min(column.natural * size / 1000 + 0.5, limit) + 2 * PAD + column.lead


def _least(column: Measured, size: float) -> float:
    if column.fixed is not None:
        return column.fixed + column.lead
    limit = _WIDEST_NUMBER if column.numeric else _NARROWEST_TEXT
    least = min(column.least * size / 1000 + 0.5, limit) + 2 * PAD + column.lead
    return min(least, _natural(column, size))


def _has_short_phrases(column: Measured, size: float) -> bool:
    """Cells of several words that stand on one line in a column of some width."""
    natural = _natural(column, size)
    return not column.numeric and _least(column, size) + 1 < natural < _WIDEST_TEXT


def _place(columns: Sequence[Measured], size: float, width: float) -> tuple[Placed, ...]:
    naturals = [_natural(column, size) for column in columns]
    spare = width - sum(naturals)
    if spare >= 0:
        widths = _stretched(columns, naturals, spare)
    else:
        leasts = [_least(column, size) for column in columns]
        give = [natural - least for natural, least in zip(naturals, leasts, strict=True)]
        share = min(1.0, -spare / (sum(give) or 1.0))
        widths = [natural - part * share for natural, part in zip(naturals, give, strict=True)]
    placed, x = [], 0.0
    for column, own in zip(columns, widths, strict=True):
        start, free = x + column.lead, own - column.lead
        place = (column.index, column.title, column.align, column.numeric, column.show, start, free)
        placed.append(Placed(*place, column.sample))
        x += own
    return tuple(placed)


def _stretched(columns: Sequence[Measured], widths: list[float], spare: float) -> list[float]:
    """Spare width goes to text columns by their width, to the others when there is no text."""
    takes = [0.0 if column.fixed is not None else 0.25 if column.numeric else 1.0 for column in columns]
    weights = [width * take for width, take in zip(widths, takes, strict=True)]
    whole = sum(weights) or 1.0
    return [width + spare * weight / whole for width, weight in zip(widths, weights, strict=True)]


def _split(columns: Sequence[Measured], size: float, width: float) -> list[list[Measured]]:
    first, *others = columns
    # what names the rows is not broken as long as it leaves room
    lead = min(max(_least(first, size), min(_natural(first, size), width / 5)), width / 3)
    first = replace(first, fixed=lead - first.lead)
    panels: list[list[Measured]] = []
    used = width
    for column in others:
        if column.fixed is not None and column.fixed + column.lead > width - lead:
            column = replace(column, fixed=width - lead - column.lead)  # noqa: PLW2901 - the same, narrower
        own = _least(column, size)
        if used + own > width:
            panels.append([first])
            used = lead
        panels[-1].append(column)
        used += own
    return panels or [[first]]
