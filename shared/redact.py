"""Hides what payloads should not have held: the values of keys that name a secret."""

from __future__ import annotations

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

    def is_secret(self, key: str) -> bool:
        """Whether the value of `key` is hidden."""
        known = self._seen.get(key)
        if known is None:
            plain = _plain(key)
            known = any(name in plain for name in self._names)
            if len(self._seen) < _MOST_KEYS and len(key) <= _LONGEST_KEY:
                self._seen[key] = known
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
        length = 0
        pending: list[Any] = [data]
        while pending and length < SAMPLE_LENGTH:
            item = pending.pop()
            if isinstance(item, dict):
                is_secret = self.is_secret
                pending += [part for key, part in reversed(item.items()) if not is_secret(key)]
            elif isinstance(item, list):
                pending.extend(reversed(item[:SAMPLE_LENGTH]))
            elif item is not None and not isinstance(item, bool):
                words.append(str(item))
                length += len(words[-1]) + 1
        return " ".join(words)[:SAMPLE_LENGTH]


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character not in "_-. ")
