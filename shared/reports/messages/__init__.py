"""What reports say in words of their own, by language: one JSON table per language in this folder.

A table has the keys of `en.json`, each with a text in which `{names}` are filled in. A language is looked up
by its tag, shortened from the right ("zh-Hant-TW", "zh-Hant", "zh"), then English is taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_PLACE = re.compile(r"\{(\w+)\}")


@cache
def _table(language: str) -> Mapping[str, str] | None:
    source = files(__package__).joinpath(f"{language}.json")
    if not source.is_file():
        return None
    return MappingProxyType(json.loads(source.read_text(encoding="utf-8")))


#: every text in English; its keys are all that there are
ENGLISH: Mapping[str, str] = _table("en") or {}


@cache
def messages_of(tag: str) -> Mapping[str, str]:
    """The texts for a checked language tag."""
    parts = tag.lower().replace("_", "-").split("-")
    for length in range(len(parts), 0, -1):
        found = _table("-".join(parts[:length]))
        if found is not None:
            return found
    return ENGLISH


def languages() -> tuple[str, ...]:
    """The languages that have a table."""
    names = (source.name for source in files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in names if name.endswith(".json")))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its `{names}` replaced once; a name without a value stays as it is."""
    if len(values) == 1:
        ((name, value),) = values.items()
        return text.replace(f"{{{name}}}", value)
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), text) if "{" in text else text
