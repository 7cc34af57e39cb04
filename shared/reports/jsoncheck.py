"""What every report's data must be, whatever its type: finite, printable, and of a sane depth."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from pydantic_core import to_json

from shared.errors import FieldError, ValidationFailed

#: how deep objects and lists may be nested
MAX_DEPTH = 32
#: an integer must stay below this to be usable in sums and charts
MAX_NUMBER = 10**300
#: so many errors are reported at most
MAX_ERRORS = 20

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# The same, and numbers that are not finite or huge, as they look in JSON. A backslash or these words in a
# text may give a false alarm, which costs time and nothing else. Letters with accents give none: most writers
# of JSON escape them (`\\u00e9`), and many a large report would be walked through.
_SUSPECT_ESCAPE = re.compile(rb"\\u00[01789]|\\[bf]")
_NO_NUMBERS = (b"NaN", b"Infinity")
_SUSPECT = re.compile(rb"\xc2[\x80-\x9f]")
#: What numbers and brackets are made of, each of its kind alike; of the rest only what mostly stands between
#: a number and a text before it. So little is left that looking through it costs half.
_SKELETON = bytes.maketrans(b"123456789E[]{}", b"000000000e()()")
_NO_SKELETON = bytes(set(range(256)) - set(b'0123456789eE[]{},:-" '))
_NO_BRACKETS = bytes(set(range(256)) - set(b"()"))
#: with fewer digits than these, two more of an exponent leave a number finite
_MANY_DIGITS = b"0" * 200
#: every so many bytes one is looked at; so many digits in turn may be a huge number
_STEP, _SAMPLED_MANY_DIGITS = 30, b"0" * 6
_HUGE_EXPONENT, _EXPONENT = b"e000", re.compile(rb"\d[eE]\+?\d{3}")


def check_json(data: object, text: bytes = b"") -> None:
    """Raise ValidationFailed with the path of each value in `data` that no report can print.

    Args:
        data: JSON's values.
        text: the JSON text that they were read from, perhaps as a part of it; else it is written anew.
    """
    if _is_clean_text(text) if text else _is_clean(data):
        return
    errors = []
    for error in _walk(data, "data", 0):
        errors.append(error)
        if len(errors) == MAX_ERRORS:
            break
    if errors:
        raise ValidationFailed(errors)


def _is_clean(data: object) -> bool:
    """True when one pass in native code shows nothing to look at closer."""
    try:
        encoded = to_json(data, inf_nan_mode="constants")
    except (ValueError, TypeError, RecursionError):
        return False
    return not any(word in encoded for word in _NO_NUMBERS) and _is_clean_text(encoded)


def _is_clean_text(encoded: bytes) -> bool:
    """The same for JSON's own numbers, of which `1e400` is infinite as well.

    Looks for single bytes first: that is ten times as quick.
    """
    if b"\x7f" in encoded:
        return False
    if b"\\" in encoded and _SUSPECT_ESCAPE.search(encoded) is not None:
        return False
    if b"\xc2" in encoded and _SUSPECT.search(encoded) is not None:
        return False
    skeleton = encoded.translate(_SKELETON, _NO_SKELETON)
    if _HUGE_EXPONENT in skeleton and _EXPONENT.search(encoded) is not None:
        return False
    return not _has_many_digits(skeleton) and not _may_be_deep(skeleton)


def _has_many_digits(skeleton: bytes) -> bool:
    return _SAMPLED_MANY_DIGITS in skeleton[::_STEP] and _MANY_DIGITS in skeleton


def _may_be_deep(skeleton: bytes) -> bool:
    """Whether brackets are left after so many times of removing the innermost; those in texts count too."""
    brackets = skeleton.translate(None, _NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        if not brackets:
            return False
        brackets = brackets.replace(b"()", b"")
    return bool(brackets)


def _walk(value: object, path: str, depth: int) -> Iterator[FieldError]:
    if isinstance(value, str):
        yield from _check_text(value, path)
    elif isinstance(value, (dict, list, tuple)):
        if depth >= MAX_DEPTH:
            yield FieldError(path, f"is nested more than {MAX_DEPTH} levels deep")
            return
        yield from _walk_children(value, path, depth)
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield FieldError(path, "must be a finite number")
    elif isinstance(value, int):
        if abs(value) >= MAX_NUMBER:
            yield FieldError(path, "must be a number below 1e300")
    elif value is not None:
        yield FieldError(path, f"is not a JSON value ({type(value).__name__})")


def _walk_children(
    value: dict[object, object] | list[object] | tuple[object, ...], path: str, depth: int
) -> Iterator[FieldError]:
    if not isinstance(value, dict):
        for index, item in enumerate(value):
            yield from _walk(item, f"{path}.{index}", depth + 1)
        return
    for key, item in value.items():
        if not isinstance(key, str):
            yield FieldError(path, f"has a key that is not a string ({type(key).__name__})")
            continue
        broken = _UNPRINTABLE.search(key)
        if broken:
            yield FieldError(path, f"has a key with the control character {_name(broken[0])}")
            continue
        yield from _walk(item, f"{path}.{key}", depth + 1)


def _check_text(text: str, path: str) -> Iterator[FieldError]:
    broken = _UNPRINTABLE.search(text)
    if broken is None:
        return
    kind = "lone surrogate" if "\ud800" <= broken[0] <= "\udfff" else "control character"
    yield FieldError(path, f"contains the {kind} {_name(broken[0])} at position {broken.start()}")


def _name(character: str) -> str:
    return f"U+{ord(character):04X}"
