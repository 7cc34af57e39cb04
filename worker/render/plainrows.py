"""The fast way of table rows: all cells on one line, many rows at a time, column by column.

Most cells of a column have one of few widths: texts that differ in their digits only are equally wide, since
figures are. So what is known of a text (where it starts, whether it fits, whether it is ASCII) is kept under
its shape. A row that has any cell out of the ordinary is left to the general way, which gives the same page.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from worker.render.cells import texts_of
from worker.render.columns import PAD, Placed
from worker.render.fonts import ORDINARY, Font
from worker.render.measuring import FIGURES
from worker.render.text import clean_line

# shapes kept per column
_MOST_SHAPES = 4096
# moves kept for each height of row
_MOST_MOVES = 8192
# in place of a place: there is no text, or one that this way can't paint
_NOWHERE, _ODD = -1, -2
#: rows painted at a time, at most
MOST_ROWS = 256


class PlainRows:
    """Paints rows of some columns, each on one line of the given height, below each other."""

    def __init__(
        self, columns: Sequence[Placed], font: Font, size: float, left: float, height: float
    ) -> None:
        self._columns = [(column.index, _Column(column, font, size, left)) for column in columns]
        self._left, self._height = left, height
        # a bound method is quicker than a subscript, which looks for __getitem__ in every subclass of dict
        self._down, self._right = _moves(f"{-height:.2f}").__getitem__, _moves("0").__getitem__

    def paint(
        self, rows: Sequence[Sequence[Any]], baseline: float, first: int
    ) -> tuple[list[list[str]], int]:
        """Operators of each row's cells, and the number of rows, which ends before the first odd one.

        `baseline` is the first row's, and `first` its index in the table. Each cell's place is told from the
        one before it.
        """
        laid = []
        count = len(rows)
        for index, column in self._columns:
            known = column.lay_sample(first, count)
            if known is None:
                try:
                    values = [row[index] for row in rows]
                except IndexError:
                    values = [row[index] if index < len(row) else None for row in rows]
                known = column.lay(values)
            laid.append(known)
        for _, places in laid:
            if _ODD in places:
                count = min(count, places.index(_ODD))
        return self._connected(laid, baseline, count), count

    def _connected(
        self, laid: list[tuple[list[str | None], list[int]]], baseline: float, count: int
    ) -> list[list[str]]:
        if count == 0:
            return []
        start = round(self._left * 100)
        gappy = set()
        for number, (_, places) in enumerate(laid):
            if _NOWHERE in places:
                gappy.add(number)
                before = laid[number - 1][1] if number else [start] * len(places)
                places[:] = [own if own >= 0 else other for own, other in zip(places, before, strict=True)]
        before = [start, *laid[-1][1][: count - 1]]
        cells = []
        for number, (texts, places) in enumerate(laid):
            move_by = self._right if number else self._down
            shown = zip(texts[:count] if count < len(texts) else texts, places, before, strict=False)
            if number in gappy:
                cells.append([_cell(text, move_by(own - other), number) for text, own, other in shown])
            else:
                cells.append([f"{move_by(own - other)}{text})Tj" for text, own, other in shown])
            before = places
        cells[0][0] = f"1 0 0 1 {start / 100:g} {baseline + self._height:.2f} Tm\n{cells[0][0]}"
        return cells


def _cell(text: str | None, move: str, number: int) -> str:
    if text is not None:
        return f"{move}{text})Tj"
    return "" if number else move[:-1]


class _Moves(dict[int, str]):
    """Hundredths of a point to the operator that goes so far to the right, and down by the same always."""

    def __init__(self, down: str) -> None:
        super().__init__()
        self._down = down

    def __missing__(self, distance: int) -> str:
        if len(self) >= _MOST_MOVES:
            self.clear()
        move = self[distance] = f"{distance / 100:g} {self._down} Td("
        return move


@lru_cache(maxsize=16)
def _moves(down: str) -> _Moves:
    """Documents share them: they tell nothing but distances."""
    return _Moves(down)


class _Column:
    """One column, and what is known of its texts by their shape. Places are in hundredths of a point."""

    def __init__(self, column: Placed, font: Font, size: float, left: float) -> None:
        self._font, self._scale, self._show = font, size / 1000, column.show
        self._room = column.width - 2 * PAD
        self._x = left + column.x + PAD
        self._share = {"left": 0.0, "center": 0.5, "right": 1.0}[column.align]
        self._sample = column.sample
        #: shape to the place of such a text, when nothing but `_special` is replaced in it
        self._places: dict[bytes, int] = {}
        #: the same for texts that take more codes than that, and for odd ones
        self._coded: dict[bytes, int] = {}
        # one character, such as a currency's sign, and its code
        self._special: tuple[str, str] | None = None
        # the whole sample, as soon as it can be laid at once
        self._laid: tuple[list[str | None], list[int]] | None = None

    def lay_sample(self, first: int, count: int) -> tuple[list[str | None], list[int]] | None:
        """As `lay` does, for rows of the sample, whose texts are known; None when not all are."""
        sample, end = self._sample, first + count
        if len(sample.shapes) < end:
            return None
        if self._laid is None and self._has_codes_for(sample.texts[first:end]):
            self._laid = self._lay_whole_sample()
        if self._laid is None:
            return self._lay_shapes(sample.texts[first:end], sample.shapes[first:end])
        texts, places = self._laid
        return texts[first:end], places[first:end]

    def _has_codes_for(self, texts: Sequence[str | None]) -> bool:
        """Whether all of the sample can be laid: it has ordinary characters and `_special`, and no others.

        A character gets its code where it is first shown, so here only if it is in one of these texts.
        """
        special = self._sample.special
        if not special or self._special is not None:
            return special is not None
        is_shown = any(text and special in text for text in texts)
        code = self._font.codes(special) if is_shown else None
        if code is None:
            return False
        self._special = special, code
        return True

    def _lay_whole_sample(self) -> tuple[list[str | None], list[int]]:
        sample = self._sample
        places = {shape: self._place_within(width) for shape, width in sample.widths.items()}
        for shape, place in places.items():
            (self._coded if place == _ODD else self._places)[shape] = place
        laid = [places[shape] for shape in sample.shapes]
        if sample.has_gaps:
            shown = zip(sample.texts, laid, strict=True)
            laid = [_NOWHERE if text is None else place for text, place in shown]
        return self._with_special(sample.texts), laid

    def lay(self, values: Sequence[Any]) -> tuple[list[str | None], list[int]]:
        """The text to show for each value and its place; None and _NOWHERE for no value."""
        if None in values:
            return self._lay_each([None if value is None else self._show(value) for value in values])
        texts: list[str | None] = [*texts_of(self._show, values)]
        known = self._places
        try:
            places = [known[text.encode().translate(FIGURES)] for text in texts]  # type: ignore[union-attr]
        except (KeyError, UnicodeEncodeError):
            return self._lay_each(texts)
        return self._with_special(texts), places

    def _lay_shapes(
        self, texts: list[str | None], shapes: Sequence[bytes]
    ) -> tuple[list[str | None], list[int]]:
        known = self._places
        for shape in dict.fromkeys(shapes):
            if shape not in known and shape not in self._coded:
                self._meet(shape.decode(), shape)
        try:
            if None not in texts:
                return self._with_special(texts), [known[shape] for shape in shapes]
        except KeyError:
            pass
        return self._lay_each(texts)

    def _with_special(self, texts: list[str | None]) -> list[str | None]:
        if self._special is None:
            return texts
        char, code = self._special
        return [text and text.replace(char, code) for text in texts]

    def _lay_each(self, texts: Sequence[str | None]) -> tuple[list[str | None], list[int]]:
        laid = list(map(self._lay_one, texts))
        return [text for text, _ in laid], [place for _, place in laid]

    def _lay_one(self, text: str | None) -> tuple[str | None, int]:
        if text is None:
            return None, _NOWHERE
        try:
            shape = text.encode().translate(FIGURES)
        except UnicodeEncodeError:
            return None, _ODD
        place = self._places.get(shape)
        if place is not None:
            return text if self._special is None else text.replace(*self._special), place
        place = self._coded.get(shape)
        if place is None:
            place = self._meet(text, shape)
        if place == _ODD:
            return None, _ODD
        return self._font.codes(text), place

    def _meet(self, text: str, shape: bytes) -> int:
        """The place of a text of a new shape, which is remembered."""
        ordinary = ORDINARY.fullmatch(text) is not None
        codes = None if ordinary else self._font.codes(text)
        shown = ordinary or (codes is not None and clean_line(text) == text)
        place = self._place_of(text, shape) if shown else _ODD
        if self._font.has_equal_figures:
            if len(self._places) + len(self._coded) >= _MOST_SHAPES:
                self._places.clear()
                self._coded.clear()
            nearly = place != _ODD and (codes is None or self._is_nearly_ordinary(text))
            (self._places if nearly else self._coded)[shape] = place
        return place

    def _is_nearly_ordinary(self, text: str) -> bool:
        """Whether all but `_special` stands for itself; the first candidate becomes that character."""
        odd = set(ORDINARY.sub("", text))
        if len(odd) > 1:
            return False
        (char,) = odd
        if self._special is None and (code := self._font.codes(char)) is not None:
            self._special = char, code
        return self._special is not None and self._special[0] == char

    def _place_of(self, text: str, shape: bytes) -> int:
        width = self._sample.widths.get(shape)
        if width is None:
            width = sum(map(self._font.widths.__getitem__, text))
        return self._place_within(width)

    def _place_within(self, width: float) -> int:
        """The place of a text that wide, in 1/1000 of the type size."""
        spare = self._room - width * self._scale
        return _ODD if spare < 0 else round((self._x + spare * self._share) * 100)
