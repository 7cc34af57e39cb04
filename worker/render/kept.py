"""What a process keeps from one document for the next, within bounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values that follow from their keys: those used last, up to a number of them and of bytes."""

    def __init__(self, most: int, most_bytes: int, size_of: Callable[[Value], int]) -> None:
        self._most, self._most_bytes, self._size_of = most, most_bytes, size_of
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        #: of all that is kept
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of a key; made when it is not kept."""
        known = self._values.get(key)
        if known is not None:
            self._values.move_to_end(key)
            return known
        made = self._values[key] = make()
        self.bytes += self._size_of(made)
        while len(self._values) > self._most or self.bytes > self._most_bytes:
            _, dropped = self._values.popitem(last=False)
            self.bytes -= self._size_of(dropped)
        return made
