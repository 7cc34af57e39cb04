"""How wide a table's columns are, and over how many page panels they are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.reports.blocks import Align, Table
from shared.reports.locales import HOUSE, Formats
from worker.render.cells import Formatter, formatter, is_numeric
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


@dataclass(frozen=True, slots=True)
class Measured:
    """A column before its place is known; widths are in 1/1000 of the type size, without padding."""

    index: int
    title: str
    align: Align
    numeric: bool
    show: Formatter
    natural: float
    least: float
    #: points kept free before the column, so that its text does not touch the numbers on its left
    lead: float
    #: points, padding included, when the report says how wide it is
    fixed: float | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A column on its panel."""

    index: int
    title: str
    align: Align
    numeric: bool
    show: Formatter
    x: float
    width: float


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
    grow = len(f"{table.row_count or 0:,}") * regular.widths["0"]
    found: list[Measured] = []
    for index, column in enumerate(table.columns):
        if index in table.group_by and len(table.group_by) < len(table.columns):
            continue
        values = [row[index] for row in sample if index < len(row)]
        show = formatter(column, values, formats)
        numeric = is_numeric(column, values)
        title = clean_line(column.title)
        texts = [clean_line(show(value)[:400]) for value in values]
        cells = max((_width(regular, text) for text in texts), default=0.0)
        if numeric and (table.row_count or 0) > len(sample):
            cells += 1.3 * regular.widths["0"]
        if column.total == "sum":
            cells = max(cells, min(_width(bold, text) for text in texts) + grow if texts else 0.0)
        if column.total in MARKS and texts:
            cells = max(cells, *(_width(bold, f"{MARKS[column.total]} {text}") for text in texts))
        heading = max((_width(bold, word) for word in split_words(title)), default=0.0)
        # a number's title is broken before it makes the column much wider than the numbers
        whole = _width(bold, title)
        natural = max(cells, whole if not numeric or whole < 2 * max(cells, heading) else heading)
        words = max((_width(regular, word) for text in texts for word in text.split()), default=0.0)
        least = cells if numeric else max(words, heading)
        align: Align = column.align or ("right" if numeric else "left")
        lead = _LEAD if align == "left" and found and found[-1].align == "right" else 0.0
        if column.format == "sparkline":
            natural, least = _SPARKLINE, _SPARKLINE
        widths = max(natural, heading), max(least, heading)
        found.append(Measured(index, title, align, numeric, show, *widths, lead, column.width))
    return found


def plan(columns: Sequence[Measured], portrait: float, landscape: float) -> Plan:
    """The first that keeps every column readable: upright, smaller, landscape, smaller, several panels.

    Landscape comes earlier where short cells of many columns would be broken upright only.
    """
    columns = [_within(column, portrait, landscape) for column in columns]
    for size in _SIZES[:2]:
        if sum(_natural(column, size) for column in columns) <= portrait:
            return Plan(size, False, (_place(columns, size, portrait),))
    for size in _SIZES[:2]:
        if (
            sum(_natural(column, size) for column in columns) <= landscape
            and sum(_has_short_phrases(column, size) for column in columns) >= _MANY_BROKEN
        ):
            return Plan(size, True, (_place(columns, size, landscape),))
    for width, turned in ((portrait, False), (landscape, True)):
        for size in _SIZES[:2]:
            if sum(_least(column, size) for column in columns) <= width:
                return Plan(size, turned, (_place(columns, size, width),))
    size = _SIZES[-1]
    if sum(_least(column, size) for column in columns) <= landscape:
        return Plan(size, True, (_place(columns, size, landscape),))
    size = _SIZES[1]
    return Plan(
        size, True, tuple(_place(panel, size, landscape) for panel in _split(columns, size, landscape))
    )


def plan_in_frame(columns: Sequence[Measured], width: float) -> Plan:
    """In a frame that can't be turned, and has no further pages: as large as it fits, else squeezed."""
    columns = [_within(column, width, width) for column in columns]
    for widths in (_natural, _least):
        for size in _SIZES:
            if sum(widths(column, size) for column in columns) <= width:
                return Plan(size, False, (_place(columns, size, width),))
    size = _SIZES[-1]
    return Plan(size, False, (_squeezed(_place(columns, size, width), width),))


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
    leasts = [_least(column, size) for column in columns]
    spare = width - sum(naturals)
    if spare >= 0:
        widths = _stretched(columns, naturals, spare)
    else:
        give = [natural - least for natural, least in zip(naturals, leasts, strict=True)]
        share = min(1.0, -spare / (sum(give) or 1.0))
        widths = [natural - part * share for natural, part in zip(naturals, give, strict=True)]
    placed, x = [], 0.0
    for column, own in zip(columns, widths, strict=True):
        start, free = x + column.lead, own - column.lead
        placed.append(
            Placed(column.index, column.title, column.align, column.numeric, column.show, start, free)
        )
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
