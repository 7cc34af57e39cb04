"""Where a table's columns stand, and over how many page panels they are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.reports.blocks import Align
from worker.render.cells import Formatter
from worker.render.measuring import Measured, Sample

#: left and right of every cell
PAD = 4.5
_WIDEST_TEXT = 300.0
_NARROWEST_TEXT = 64.0
_WIDEST_NUMBER = 150.0
_SIZES = (8.5, 7.5, 6.5)
# So many columns of cells that need not be broken in landscape are not broken upright.
_MANY_BROKEN = 4


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
