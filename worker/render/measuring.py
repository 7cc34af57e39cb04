"""What the columns of a table ask for: their cells as texts, and how wide those are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from shared.reports.blocks import Align, Table
from shared.reports.locales import HOUSE, Formats
from worker.render.cells import Formatter, formatter, is_numeric, texts_of
from worker.render.fonts import ORDINARY, Font
from worker.render.text import clean_line, split_words
from worker.render.totals import MARKS

_LEAD = 7.0
#: width of a sparkline in 1/1000 of the type size
_SPARKLINE = 6500.0
#: for `bytes.translate`: texts that differ in their figures only have one shape
FIGURES = bytes.maketrans(b"123456789", b"000000000")
# longer texts are measured in part
_MEASURED = 400
# a column with a longer text is not kept in shapes: they would take as much memory again
_LONGEST = 2000


@dataclass(slots=True)
class Sample:
    """The first cells of a column, as they are shown."""

    #: None where there is no value
    texts: list[str | None] = field(default_factory=list)
    has_gaps: bool = False
    #: of each text, encoded
    shapes: list[bytes] = field(default_factory=list)
    #: of each shape in 1/1000 of the type size, in the regular font; empty where figures differ in width
    widths: dict[bytes, float] = field(default_factory=dict)
    #: the one character of all texts that is not ordinary, "" when there is none; None: several, or unknown
    special: str | None = None


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
    try:
        values = [row[index] for row in rows]
    except IndexError:
        values = [row[index] for row in rows if index < len(row)]
    show, numeric = formatter(column, values, formats), is_numeric(column, values)
    if None in values:
        sample = Sample([None if value is None else show(value) for value in values], has_gaps=True)
    else:
        sample = Sample([*texts_of(show, values)])
    texts = _texts_to_measure(sample, regular, bold)
    cells = _cells_width(table, index, texts, regular, bold, numeric=numeric, more=len(rows))
    if len(values) < len(rows):
        sample = Sample()  # which text stands in which row is not known
    title = clean_line(column.title)
    whole = _width(bold, title)
    if title.isascii() and title.isalnum():
        heading = whole
    else:
        heading = max([_width(bold, word) for word in split_words(title)], default=0.0)
    # a number's title is broken before it makes the column much wider than the numbers
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
    shown = [text or "" for text in sample.texts] if sample.has_gaps else cast(list[str], sample.texts)
    try:
        short = max(map(len, shown), default=0) <= _LONGEST
        if short and regular.has_equal_figures and bold.has_equal_figures:
            sample.shapes = _shapes_of(shown)
            return _shapes_to_measure(sample, regular)
    except UnicodeEncodeError:  # half of a pair of surrogates
        pass
    cleaned = {clean_line(text[:_MEASURED]): 0.0 for text in shown}
    return {text: _width(regular, text) for text in cleaned}


def _shapes_of(texts: Sequence[str]) -> list[bytes]:
    shapes = "\n".join(texts).encode().translate(FIGURES).split(b"\n")
    if len(shapes) == len(texts):
        return shapes
    # none, or some with line feeds
    return [text.encode().translate(FIGURES) for text in texts]


def _shapes_to_measure(sample: Sample, regular: Font) -> Mapping[str, float]:
    texts = {shape.decode(): shape for shape in dict.fromkeys(sample.shapes)}
    width_of = regular.widths.__getitem__
    special = _special_of("".join(texts))
    if special is not None and max(map(len, texts), default=0) <= _MEASURED:
        found = {text: sum(map(width_of, text)) for text in texts}
        sample.special = special
        sample.widths = {shape: found[text] for text, shape in texts.items()}
        return found
    found = {}
    for text, shape in texts.items():
        cleaned = clean_line(text[:_MEASURED])
        width = found[cleaned] = sum(map(width_of, cleaned))
        if cleaned == text:
            sample.widths[shape] = width
    return found


def _special_of(text: str) -> str | None:
    """As `Sample.special`; None as well for a text with anything that is cleaned away."""
    odd = set(ORDINARY.sub("", text))
    if not odd:
        return ""
    return odd.pop() if len(odd) == 1 and clean_line(text) == text else None


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
        width_of = bold.widths.__getitem__
        cells = max(cells, min([sum(map(width_of, text)) for text in texts]) + grow)
    if texts and total in MARKS:
        cells = max(cells, *(_width(bold, f"{MARKS[total]} {text}") for text in texts))
    return cells


def _width(font: Font, text: str) -> float:
    return sum(map(font.widths.__getitem__, text))
