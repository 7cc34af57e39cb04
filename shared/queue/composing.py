"""Puts a script together from its own text and the pieces of `lua/lib/` that it needs.

Every call runs a script from its first line on, so each function and table that it defines costs time each
time, and each outer name that a function has costs it again. So none of them gets what it does not use, and
constants are written out where they are named.

A piece is one statement `local …` that begins in a line's first column, with the comment right above it.
What a text needs is told by the names in it. Constants are names in capitals for texts in single quotes, for
numbers, and for what numbers and other constants make.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import resources

_DEFINES = re.compile(r"^local (?:function (\w+)|([\w, ]+))", re.MULTILINE)
#: comments, and texts in quotes, which name nothing
_SILENT = re.compile(r"--[^\n]*|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"")
#: a name; not a field's or a method's
_NAME = re.compile(r"(?<![\w.:])[A-Za-z_]\w*|(?<=\.\.)[A-Za-z_]\w*")
_NEEDS_HERE = re.compile(r"^ *-- needs here: ([\w, ]+)$", re.MULTILINE)
_FUNCTION = re.compile(r"^local function .*?^end$", re.MULTILINE | re.DOTALL)
_TEXT = r"'[^'\\\n]*'"
_SUM = r"[\dA-Z][\w.]*(?: [*/+-] [\dA-Z][\w.]*)*"
_VALUE = re.compile(f"{_TEXT}|{_SUM}")
_CONSTANTS = re.compile(
    rf"^local [A-Z_]+(?:, [A-Z_]+)* = ((?:{_TEXT}|{_SUM})(?:, (?:{_TEXT}|{_SUM}))*)$", re.MULTILINE
)
_NAME_OR_SILENT = re.compile(f"{_SILENT.pattern}|{_NAME.pattern}")
#: texts that are put together, or what is left alone
_JOINED_OR_SILENT = re.compile(rf"({_TEXT}(?: \.\. {_TEXT})+)|{_SILENT.pattern}")


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement of the library."""

    text: str
    #: what it defines
    names: tuple[str, ...]
    #: every name in it
    mentions: frozenset[str]
    #: what is written out for each of its names, if it is one of constants
    values: tuple[str, ...]


def compose(text: str) -> str:
    """A script's text with what it needs of the library before it, or where a line `-- needs here: …` is.

    Such a line, in a function that is seldom called, names what only that function uses.

    Raises:
        ValueError: two pieces of the library need each other, or a name is used outside of the function that
            alone has it.
    """
    text = written_out(text)
    seldom = {name for line in _NEEDS_HERE.findall(text) for name in line.split(", ")}
    if missing := seldom & names_in(_FUNCTION.sub(_without_needs, text)):
        raise ValueError(f"{', '.join(sorted(missing))}: used where it is not defined")
    chosen: dict[Piece, None] = {}
    _choose(names_in(text) - seldom, chosen, [])

    def needed_here(line: re.Match[str]) -> str:
        here = dict(chosen)
        _choose(frozenset(line[1].split(", ")), here, [])
        return "\n".join(piece.text for piece in here if piece not in chosen)

    return "\n".join([*(piece.text for piece in chosen), _NEEDS_HERE.sub(needed_here, text)])


def written_out(text: str) -> str:
    """The text with the values of the library's constants in place of their names."""

    def value(found: re.Match[str]) -> str:
        return _constants_of_library().get(found[0], found[0])

    def joined(found: re.Match[str]) -> str:
        return found[1].replace("' .. '", "") if found[1] else found[0]

    return _JOINED_OR_SILENT.sub(joined, _NAME_OR_SILENT.sub(value, text))


def _without_needs(function: re.Match[str]) -> str:
    return "" if _NEEDS_HERE.search(function[0]) else function[0]


def _choose(names: frozenset[str], chosen: dict[Piece, None], above: list[Piece]) -> None:
    """Adds the pieces that define `names`, each behind those that it needs itself."""
    for name in sorted(names):
        piece = _library().get(name)
        if piece is None or piece in chosen:
            continue
        if piece in above:
            raise ValueError(f"{name} and {above[-1].names[0]} need each other")
        _choose(piece.mentions - {*piece.names}, chosen, [*above, piece])
        chosen[piece] = None


def names_in(text: str) -> frozenset[str]:
    """Every name in a Lua text, those of its own variables and of Lua's words included."""
    return frozenset(_NAME.findall(_SILENT.sub("''", text)))


def pieces_of(text: str) -> list[Piece]:
    """The pieces of one of the library's files, in order."""
    found: list[list[str]] = []
    comment: list[str] = []
    for line in text.splitlines():
        if line.startswith("local "):
            found.append([*comment, line])
            comment = []
        elif line.startswith("--"):
            comment.append(line)
        elif line:
            found[-1].append(line)
        else:
            comment = []
    return [_piece("\n".join(lines)) for lines in found]


def _piece(text: str) -> Piece:
    defined = _DEFINES.search(text)
    if defined is None:
        raise ValueError(f"defines nothing: {text}")
    names = tuple(name.strip() for name in (defined[1] or defined[2]).split(","))
    constants = _CONSTANTS.search(text)
    values = tuple(_VALUE.findall(constants[1])) if constants else ()
    return Piece(text, names, names_in(text), values)


@cache
def _constants_of_library() -> dict[str, str]:
    """What is written out for each constant."""
    raw = {name: value for piece in _pieces() for name, value in zip(piece.names, piece.values, strict=False)}

    def whole(value: str) -> str:
        if value.startswith("'"):
            return value
        whole_value = _NAME.sub(lambda name: whole(raw.get(name[0], name[0])), value)
        return f"({whole_value})" if " " in whole_value else whole_value

    return {name: whole(value) for name, value in raw.items()}


@cache
def _library() -> dict[str, Piece]:
    """The pieces by each name that they define, without those of constants, which are written out in them."""
    return {
        name: piece
        for text in (written_out(piece.text) for piece in _pieces() if not piece.values)
        for piece in pieces_of(text)
        for name in piece.names
    }


@cache
def _pieces() -> tuple[Piece, ...]:
    """All pieces as they stand in the files."""
    folder = resources.files("shared.queue") / "lua" / "lib"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    pieces = tuple(piece for file in files for piece in pieces_of(file.read_text(encoding="utf-8")))
    names = Counter(name for piece in pieces for name in piece.names)
    if twice := [name for name, count in names.items() if count > 1]:
        raise ValueError(f"{', '.join(twice)}: defined twice in the library")
    return pieces
