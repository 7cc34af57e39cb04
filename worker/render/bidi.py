"""Right-to-left text in lines: the Unicode bidirectional algorithm (UAX #9) for text without its controls.

Embeddings, overrides and isolates are removed from all text before it comes here, so that no text can turn
round what stands beside it. What is left of the algorithm are rules P2 to P3, W1 to W7, N0 to N2, I1 to L2.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: put before a line to say which way its paragraph runs; never part of what the user sent
LEFT_TO_RIGHT_MARK: Final = "\u200e"
RIGHT_TO_LEFT_MARK: Final = "\u200f"

_STRONG = {"L": 0, "R": 1, "AL": 1}
_NEUTRAL = frozenset({"B", "S", "WS", "ON", "BN"})
_BRACKETS = {
    "(": ")", "[": "]", "{": "}", "⟦": "⟧", "⟨": "⟩", "⟪": "⟫", "〈": "〉", "《": "》", "「": "」",
    "『": "』", "【": "】", "〔": "〕", "（": "）", "［": "］", "｛": "｝", "｟": "｠",
    "｢": "｣", "❨": "❩", "⁅": "⁆",
}  # fmt: skip
_CLOSING = {close: open_ for open_, close in _BRACKETS.items()}
_MAX_OPEN = 63


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive characters of one level; an odd level runs to the left."""

    start: int
    stop: int
    level: int


def base_level(text: str) -> int:
    """0 for text whose first strong character runs to the right or that has none, 1 otherwise (P2, P3)."""
    for char in text:
        level = _STRONG.get(unicodedata.bidirectional(char))
        if level is not None:
            return level
    return 0


def has_right_to_left(text: str) -> bool:
    """Whether any letter runs to the left."""
    return not text.isascii() and any(char >= "\u0590" and base_level(char) for char in text)


def levels(text: str, base: int) -> list[int]:
    """The embedding level of each character of one line."""
    classes = _resolve_weak([unicodedata.bidirectional(char) or "L" for char in text], base)
    _resolve_brackets(text, classes, base)
    _resolve_neutral(classes, base)
    if base:
        found = [1 if kind == "R" else 2 for kind in classes]
    else:
        found = [{"L": 0, "R": 1}.get(kind, 2) for kind in classes]
    return _reset_trailing(text, found, base)


def visual_order(spans: Sequence[Span]) -> list[Span]:
    """The spans from left to right (L2); characters inside a span of odd level still run to the left."""
    ordered = list(spans)
    if not ordered:
        return ordered
    highest = max(span.level for span in ordered)
    for level in range(highest, 0, -1):
        start = None
        for index in range(len(ordered) + 1):
            inside = index < len(ordered) and ordered[index].level >= level
            if inside and start is None:
                start = index
            elif not inside and start is not None:
                ordered[start:index] = reversed(ordered[start:index])
                start = None
    return ordered


def _resolve_weak(classes: list[str], base: int) -> list[str]:
    start = "R" if base else "L"
    previous = strong = start
    for index, kind in enumerate(classes):
        if kind == "NSM":  # W1
            kind = previous  # noqa: PLW2901 - the rules rewrite each other's results
        elif kind == "EN" and strong == "AL":  # W2
            kind = "AN"  # noqa: PLW2901
        if kind in _STRONG:
            strong = kind
        previous = classes[index] = kind
    classes = ["R" if kind == "AL" else kind for kind in classes]  # W3
    _join_numbers(classes)
    strong = start
    for index, kind in enumerate(classes):  # W7
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            classes[index] = "L"
    return classes


def _join_numbers(classes: list[str]) -> None:
    """W4 to W6: separators inside numbers, and signs beside them."""
    for index in range(1, len(classes) - 1):
        kind, before, after = classes[index], classes[index - 1], classes[index + 1]
        if before == after and (
            (kind == "ES" and before == "EN") or (kind == "CS" and before in ("EN", "AN"))
        ):
            classes[index] = before
    index = 0
    while index < len(classes):
        if classes[index] != "ET":
            index += 1
            continue
        stop = index
        while stop < len(classes) and classes[stop] == "ET":
            stop += 1
        beside = (index and classes[index - 1] == "EN") or (stop < len(classes) and classes[stop] == "EN")
        classes[index:stop] = ["EN" if beside else "ON"] * (stop - index)
        index = stop
    for index, kind in enumerate(classes):
        if kind in ("ES", "CS"):
            classes[index] = "ON"


def _strength(kind: str) -> str | None:
    """The direction of a resolved class, as the neutral rules see it."""
    if kind in ("R", "EN", "AN"):
        return "R"
    return "L" if kind == "L" else None


def _resolve_brackets(text: str, classes: list[str], base: int) -> None:
    embedding = "R" if base else "L"
    for start, stop in _bracket_pairs(text, classes):
        inside = {_strength(kind) for kind in classes[start + 1 : stop]} - {None}
        if not inside:
            continue
        direction = embedding
        if embedding not in inside:
            before = next(filter(None, map(_strength, reversed(classes[:start]))), embedding)
            direction = before if before != embedding else embedding
        for position in (start, stop):
            classes[position] = direction
            follower = position + 1
            while follower < len(text) and unicodedata.bidirectional(text[follower]) == "NSM":
                classes[follower] = direction
                follower += 1


def _bracket_pairs(text: str, classes: list[str]) -> list[tuple[int, int]]:
    open_: list[tuple[str, int]] = []
    pairs = []
    for index, char in enumerate(text):
        if classes[index] != "ON":
            continue
        if char in _BRACKETS:
            if len(open_) == _MAX_OPEN:
                break
            open_.append((char, index))
        elif char in _CLOSING:
            for depth in range(len(open_) - 1, -1, -1):
                if open_[depth][0] == _CLOSING[char]:
                    pairs.append((open_[depth][1], index))
                    del open_[depth:]
                    break
    return sorted(pairs)


def _resolve_neutral(classes: list[str], base: int) -> None:
    embedding = "R" if base else "L"
    before, index = embedding, 0
    while index < len(classes):
        strength = _strength(classes[index])
        if strength is not None:
            before = strength
            index += 1
            continue
        stop = index
        while stop < len(classes) and _strength(classes[stop]) is None:
            stop += 1
        after = _strength(classes[stop]) if stop < len(classes) else embedding
        classes[index:stop] = [before if before == after else embedding] * (stop - index)
        index = stop


def _reset_trailing(text: str, found: list[int], base: int) -> list[int]:
    """L1: white space at the line's end runs with the paragraph."""
    index = len(text)
    while index and unicodedata.bidirectional(text[index - 1]) in ("WS", "S", "B", "BN"):
        index -= 1
        found[index] = base
    return found
