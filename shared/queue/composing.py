"""Puts a script together from its own text and the pieces of `lua/lib/` that it needs.

Every call runs a script from its first line on, so each function and table that it defines costs time each
time. So none of them gets what it does not use.

A piece is one statement `local …` that begins in a line's first column, with the comment right above it.
What a text needs is told by the names in it.
"""

from __future__ import annotations

import re
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


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement of the library."""

    text: str
    #: what it defines
    names: tuple[str, ...]
    #: every name in it
    mentions: frozenset[str]


def compose(text: str) -> str:
    """A script's text with what it needs of the library before it, or where a line `-- needs here: …` is.

    Such a line, in a function that is seldom called, names what only that function uses.

    Raises:
        ValueError: two pieces of the library need each other, or a name is used outside of the function that
            alone has it.
    """
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
    names = defined[1] or defined[2]
    return Piece(text, tuple(name.strip() for name in names.split(",")), names_in(text))


@cache
def _library() -> dict[str, Piece]:
    """The pieces by each name that they define."""
    found: dict[str, Piece] = {}
    folder = resources.files("shared.queue") / "lua" / "lib"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        for piece in pieces_of(file.read_text(encoding="utf-8")):
            for name in piece.names:
                if name in found:
                    raise ValueError(f"{file.name}: {name} is defined twice in the library")
                found[name] = piece
    return found
