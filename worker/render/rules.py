"""Conditional formats: which rule of a column a value meets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shared.reports.blocks import Rule
from shared.reports.fields import parse_number

Check = Callable[[Any], bool]


def chooser(rules: Sequence[Rule]) -> Callable[[Any], Rule | None]:
    """What finds the first rule that a value meets."""
    checks = [(check_of(rule), rule) for rule in rules]

    def choose(value: Any) -> Rule | None:
        return next((rule for check, rule in checks if check(value)), None)

    return choose


def check_of(rule: Rule) -> Check:
    """The test as a function; a missing value meets only "empty"."""
    if rule.test == "empty":
        return _is_empty
    test = _TESTS[rule.test]
    return lambda value: not _is_empty(value) and test(value, rule)


def _is_empty(value: Any) -> bool:
    return value is None or value == ""


def _order(value: Any, other: Any) -> int | None:
    """-1, 0 or 1: numbers by size (also when they are spelt), ISO dates and other texts by their letters."""
    left, right = parse_number(value), parse_number(other)
    if left is not None and right is not None:
        return (left > right) - (left < right)
    if isinstance(value, str) and isinstance(other, str):
        return (value > other) - (value < other)
    return None


def _ordered(*wanted: int) -> Callable[[Any, Rule], bool]:
    return lambda value, rule: _order(value, rule.value) in wanted


def _equals(value: Any, rule: Rule) -> bool:
    if isinstance(value, bool) or isinstance(rule.value, bool):
        return value is rule.value
    return _order(value, rule.value) == 0


def _between(value: Any, rule: Rule) -> bool:
    return _order(value, rule.value) in (0, 1) and _order(value, rule.upto) in (-1, 0)


def _contains(value: Any, rule: Rule) -> bool:
    return str(rule.value).casefold() in str(value).casefold()


_TESTS: dict[str, Callable[[Any, Rule], bool]] = {
    "<": _ordered(-1),
    "<=": _ordered(-1, 0),
    ">": _ordered(1),
    ">=": _ordered(0, 1),
    "=": _equals,
    "!=": lambda value, rule: not _equals(value, rule),
    "between": _between,
    "contains": _contains,
}
