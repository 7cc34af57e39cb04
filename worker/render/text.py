"""Text as lines: cleaned, broken and shortened. All of it is linear in the length of the text."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from worker.render.bidi import LEFT_TO_RIGHT_MARK, RIGHT_TO_LEFT_MARK, base_level
from worker.render.breaks import cluster_starts, needs_dictionary, words_by_dictionary
from worker.render.fonts import Font

_LINE_ENDS = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
# Controls, direction marks and tags: nothing to see, and none may turn the text round. Joiners and variation
# selectors stay: letters and emoji take another shape by them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0d\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
# Letters of Latin, punctuation and signs of currencies: shown as they are, whatever stands beside them.
_SETTLED = re.compile("[ -~\xa0-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e\u20a0-\u20c0]*")
# Ideographs, kana and the like may be broken between any two, save before what closes and after what opens.
_WIDE = "\u2e80-\u303e\u3041-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003fffd"
_NO_START = "、。，．・：；？！）］｝〕〉》」』】〙〗〟ゝゞ々ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ％‰℃"
_NO_END = "（［｛〔〈《「『【〘〖〝"
# A line may end after a space, a slash, a hyphen or an underscore, and between wide characters.
_WORDS = re.compile(r"[ /_-]*[^ /_-]+[/_-]* *|[ /_-]+")
_WIDE_WORDS = re.compile(
    rf"[{_NO_END}]*[{_WIDE}][{_NO_START}]* *|[ /_-]*[^ /_{_WIDE}-]+[/_-]*[{_NO_START}]* *"
    rf"|[ /_-]+|[{_NO_END}]+"
)
#: of a text that is shortened to a line
MOST_CHARACTERS = 2000
_HAS_WIDE = re.compile(f"[{_WIDE}]")


def clean_line(text: str) -> str:
    """One line without line ends, tabs and invisible controls."""
    if (text.isascii() and text.isprintable()) or _SETTLED.fullmatch(text):
        return text
    return _composed(_INVISIBLE.sub("", _LINE_ENDS.sub(" ", text).replace("\t", " ")))


def split_words(text: str) -> list[str]:
    """The parts of one line between which it may be broken, without the spaces around them."""
    return [word.strip(" ") for word in words_of(text)]


def wrap(text: str, font: Font, size: float, width: float) -> list[str]:
    """The text's lines, each at most `width` points wide; at least one line."""
    limit = width * 1000 / size
    if text.isprintable() and (text.isascii() or _is_settled(text, font)):
        return [text] if font.units(text) <= limit else list(_wrap_line(text, font, limit))
    lines: list[str] = []
    for paragraph in _LINE_ENDS.split(text):
        line = _composed(_INVISIBLE.sub("", paragraph).replace("\t", "    "))
        if line.isascii() or not font.is_shaped(line):
            lines.extend(_wrap_line(line, font, limit))
        else:
            lines.extend(_directed(line, list(_wrap_line(line, font, limit))))
    return lines


def _is_settled(text: str, font: Font) -> bool:
    """Whether a printable text is shown character by character as it is."""
    return not font.is_shaped(text) and unicodedata.is_normalized("NFC", text)


def _composed(text: str) -> str:
    """Letters with their accents as one character where there is one, which plain text can show."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _directed(paragraph: str, lines: list[str]) -> list[str]:
    """Lines that run as their paragraph does, whatever each begins with."""
    base = base_level(paragraph)
    mark = RIGHT_TO_LEFT_MARK if base else LEFT_TO_RIGHT_MARK
    return [line if base_level(line) == base else mark + line for line in lines]


def words_of(text: str) -> list[str]:
    """The parts of one line between which it may be broken; together they are the line."""
    if not needs_dictionary(text):
        return _spaced_words(text)
    return [
        part
        for word in _spaced_words(text)
        for part in (words_by_dictionary(word) if needs_dictionary(word) else (word,))
    ]


def _spaced_words(text: str) -> list[str]:
    if text.isascii() or not _HAS_WIDE.search(text):
        return _WORDS.findall(text)
    found: list[str] = _WIDE_WORDS.findall(text)
    return found if sum(map(len, found)) == len(text) else _WORDS.findall(text)


def _wrap_line(text: str, font: Font, limit: float) -> Iterator[str]:
    advances = font.advances(text)
    if sum(advances) <= limit:
        yield text
        return
    space = font.widths[" "]
    line: list[str] = []
    used = 0.0
    start = 0
    for word in words_of(text):
        own = advances[start : start + len(word)]
        start += len(word)
        whole = sum(own)
        bare = whole - (len(word) - len(word.rstrip(" "))) * space
        if used + bare <= limit:
            line.append(word)
            used += whole
            continue
        if line:
            yield "".join(line).rstrip(" ")
        skipped = len(word) - len(word.lstrip(" "))
        *full, rest = _cut(word[skipped:], own[skipped:], limit)
        yield from full
        line, used = [rest], sum(own[len(own) - len(rest) :]) if rest else 0.0
    yield "".join(line).rstrip(" ")


def _cut(word: str, advances: Sequence[float], limit: float) -> list[str]:
    """The word in pieces that fit; one cluster at least in each. The last piece may end in spaces."""
    ends = list(accumulate(advances))
    pieces = []
    clusters = cluster_starts(word) if ends and ends[-1] > limit else None
    start, offset = 0, 0.0
    bare = len(word.rstrip(" "))
    while start < bare and ends[bare - 1] - offset > limit:
        stop = max(bisect_right(ends, offset + limit, lo=start), start + 1)
        while stop < bare and _is_inside(stop, advances, clusters):
            stop += 1
        pieces.append(word[start:stop])
        start, offset = stop, ends[stop - 1]
    pieces.append(word[start:])
    return pieces


def shorten(text: str, font: Font, size: float, width: float) -> str:
    """One line that fits, with an ellipsis when something had to go."""
    text = clean_line(text[:MOST_CHARACTERS])
    limit = width * 1000 / size
    if not text or font.units(text) <= limit:
        return text
    advances = font.advances(text)
    ends = list(accumulate(advances))
    stop = bisect_right(ends, limit - font.widths["…"])
    clusters = cluster_starts(text)
    while stop and stop < len(text) and _is_inside(stop, advances, clusters):
        stop -= 1
    return text[:stop].rstrip() + "…"


def _is_inside(index: int, advances: Sequence[float], clusters: frozenset[int] | None) -> bool:
    """Whether a cut there would part what is shaped together or read as one character."""
    return advances[index] == 0 or (clusters is not None and index not in clusters)
