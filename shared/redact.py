"""Hides what payloads should not have held: the values of keys that name a secret."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

#: what is shown instead
HIDDEN: Final = "[hidden]"
#: deepest level that is looked into; a payload can't be deeper (`shared.http.body`)
_MAX_DEPTH = 210
#: keys whose answers are remembered: the same ones come again and again
_MOST_KEYS, _LONGEST_KEY = 2_000, 64
#: longest sample of a payload's text, in characters
SAMPLE_LENGTH: Final = 100


class Redactor:
    """Knows the names of secrets. A key is one when it holds a name; case and `_`, `-`, `.` do not matter."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = tuple(sorted({_plain(name) for name in names} - {""}))
        self._seen: dict[str, bool] = {}
        #: of these the keys that name no secret
        self._open: set[str] = set()

    def is_secret(self, key: str) -> bool:
        """Whether the value of `key` is hidden."""
        known = self._seen.get(key)
        if known is None:
            plain = _plain(key)
            known = any(name in plain for name in self._names)
            if len(self._seen) < _MOST_KEYS and len(key) <= _LONGEST_KEY:
                self._seen[key] = known
                if not known:
                    self._open.add(key)
        return known

    def value(self, value: Any, depth: int = 0) -> Any:
        """`value` with every secret in it hidden; the original is not changed."""
        if depth > _MAX_DEPTH:
            return HIDDEN
        if isinstance(value, dict):
            return self.mapping(value, depth)
        if isinstance(value, list):
            return [self.value(item, depth + 1) for item in value]
        return value

    def mapping(self, value: dict[str, Any], depth: int = 0) -> dict[str, Any]:
        """`value`, an object, with every secret in it hidden."""
        if not self._names:
            return value
        return {
            key: HIDDEN if self.is_secret(key) else self.value(item, depth + 1) for key, item in value.items()
        }

    def sample(self, data: Any) -> str:
        """The first texts and numbers of a report's data, for the search; no secrets."""
        words: list[str] = []
        self._gather([data], words, SAMPLE_LENGTH)
        return " ".join(words)[:SAMPLE_LENGTH]

    def _gather(self, value: dict[str, Any] | list[Any], words: list[str], room: int) -> int:
        """Adds the words of `value`, in its order, until there is no room; how much room is left."""
        for part in self._shown(value):
            kind = type(part)
            if kind is dict or kind is list:
                room = self._gather(part, words, room)
            elif kind is not bool and part is not None:
                word = part if kind is str else str(part)
                words.append(word)
                room -= len(word) + 1
            if room <= 0:
                break
        return room

    def _shown(self, value: dict[str, Any] | list[Any]) -> Iterable[Any]:
        """The parts of a value that may be seen; of a long list, as many as a sample can hold."""
        if isinstance(value, list):
            return value[:SAMPLE_LENGTH]
        if self._open.issuperset(value):
            return value.values()
        return [part for key, part in value.items() if not self.is_secret(key)]


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character not in "_-. ")
