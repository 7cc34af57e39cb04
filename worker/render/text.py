"""Text as lines: cleaned, broken and shortened. All of it is linear in the length of the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from worker.render.fonts import Font

_LINE_ENDS = re.compile("\r\n|[\n\r\u2028\u2029]")
# Controls of direction and joining, variation selectors: nothing to see, and none may turn the text round.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]"
)
# A line may end after a space, a slash, a hyphen or an underscore.
_WORDS = re.compile(r"[ /_-]*[^ /_-]+[/_-]* *|[ /_-]+")
_ODD = re.compile(r"[^ -~]")


def clean_line(text: str) -> str:
    """One line without line ends, tabs and invisible controls."""
    if _ODD.search(text) is None:
        return text
    return _INVISIBLE.sub("", _LINE_ENDS.sub(" ", text).replace("\t", " "))


def split_words(text: str) -> list[str]:
    """The parts of one line between which it may be broken, without the spaces around them."""
    return [word.strip(" ") for word in _WORDS.findall(text)]


def wrap(text: str, font: Font, size: float, width: float) -> list[str]:
    """The text's lines, each at most `width` points wide; at least one line."""
    limit = width * 1000 / size
    lines: list[str] = []
    for paragraph in _LINE_ENDS.split(text):
        lines.extend(_wrap_line(_INVISIBLE.sub("", paragraph).replace("\t", "    "), font, limit))
    return lines


def _wrap_line(text: str, font: Font, limit: float) -> Iterator[str]:
    measure = font.widths.__getitem__
    if sum(map(measure, text)) <= limit:
        yield text
        return
    line: list[str] = []
    used = 0.0
    for word in _WORDS.findall(text):
        whole = sum(map(measure, word))
        bare = whole - (len(word) - len(word.rstrip(" "))) * font.widths[" "]
        if used + bare <= limit:
            line.append(word)
            used += whole
            continue
        if line:
            yield "".join(line).rstrip(" ")
        *full, rest = _cut(word.lstrip(" "), font, limit)
        yield from full
        line, used = [rest], sum(map(measure, rest))
    yield "".join(line).rstrip(" ")


def _cut(word: str, font: Font, limit: float) -> list[str]:
    """The word in pieces that fit; one character at least in each. The last piece may end in spaces."""
    ends = list(accumulate(map(font.widths.__getitem__, word)))
    pieces = []
    start, offset = 0, 0.0
    bare = len(word.rstrip(" "))
    while start < bare and ends[bare - 1] - offset > limit:
        stop = max(bisect_right(ends, offset + limit, lo=start), start + 1)
        pieces.append(word[start:stop])
        start, offset = stop, ends[stop - 1]
    pieces.append(word[start:])
    return pieces


def shorten(text: str, font: Font, size: float, width: float) -> str:
    """One line that fits, with an ellipsis when something had to go."""
    text = clean_line(text[:2000])
    limit = width * 1000 / size
    ends = list(accumulate(map(font.widths.__getitem__, text)))
    if not ends or ends[-1] <= limit:
        return text
    return text[: bisect_right(ends, limit - font.widths["…"])].rstrip() + "…"
