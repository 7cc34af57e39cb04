"""What a Lua script gets of the library."""

from __future__ import annotations

import pytest

from shared.queue import scripts
from shared.queue.composing import compose, names_in, pieces_of, written_out
from shared.settings import CHECKOUT

LUA = CHECKOUT / "shared" / "queue" / "lua"
OWN = sorted(path.stem for path in LUA.glob("*.lua"))
FILES = [path.read_text() for path in sorted((LUA / "lib").glob("*.lua"))]
RAW = [piece for text in FILES for piece in pieces_of(text)]
CONSTANTS = {name for piece in RAW if piece.values for name in piece.names}
LIBRARY = [piece for raw in RAW if not raw.values for piece in pieces_of(written_out(raw.text))]
DEFINED = {name for piece in LIBRARY for name in piece.names}


def test_texts_comments_and_fields_name_nothing() -> None:
    lua = 'local a = b .. \'wake\' .. t.release -- record\nreturn {c, "sta\\"ll", x..y}'
    assert {"a", "b", "c", "t", "x", "y"} <= names_in(lua)
    assert not {"wake", "release", "record", "ll", "stall"} & names_in(lua)


def test_a_piece_has_its_comment_and_not_the_files() -> None:
    text = "-- Of the file.\n\n-- Of A.\nlocal A, B = 1,\n  2\n\nlocal function f()\n\n  return A\nend\n"
    pieces = pieces_of(text)
    assert [piece.names for piece in pieces] == [("A", "B"), ("f",)]
    assert pieces[0].text == "-- Of A.\nlocal A, B = 1,\n  2"
    assert pieces[1].text.endswith("end")


def test_a_piece_of_texts_and_numbers_is_one_of_constants() -> None:
    constants = pieces_of(
        "local A, B_C = 'a, b', 2 * 86400\nlocal D = 'it is' .. A\nlocal e = 1\nlocal F = {1}"
    )
    assert [piece.values for piece in constants] == [("'a, b'", "2 * 86400"), (), (), ()]
    assert {"JOB", "INDEX", "BAND", "LARGE_BEGIN", "MINUTES_KEPT_SECONDS"} <= CONSTANTS


def test_constants_are_written_out() -> None:
    assert written_out("f(INDEX .. 'all', BAND, LARGE)") == "f('report:index:all', 1e13, (20 * 1e13))"
    assert written_out("x = '\\31' .. 'a' .. LOG .. id") == "x = '\\31' .. 'areport:log:' .. id"
    untouched = "t.JOB = 'JOB' .. \"'a' .. 'b'\" -- JOB: 'a' .. 'b'\nlocal JOBS = MY_JOB"
    assert written_out(untouched) == untouched


def test_no_script_names_a_constant() -> None:
    for name in OWN:
        assert not names_in(scripts.source(name)[0].decode()) & CONSTANTS


def test_nothing_is_added_to_a_script_that_needs_nothing() -> None:
    assert compose("return 1") == "return 1"


@pytest.mark.parametrize("name", OWN)
def test_a_script_has_what_it_names_once_and_in_order(name: str) -> None:
    text = scripts.source(name)[0].decode()
    places = {piece: text.find(piece.text) for piece in LIBRARY if piece.text in text}
    by_name = {defined: piece for piece in places for defined in piece.names}
    assert names_in(text) & DEFINED == by_name.keys()
    for piece, place in places.items():
        assert text.count(piece.text) == 1
        for needed in (piece.mentions & DEFINED) - {*piece.names}:
            assert places[by_name[needed]] < place, f"{needed} comes behind {piece.names[0]}"


def test_a_script_is_spared_what_it_does_not_use() -> None:
    assert "clock" not in scripts.source("seal")[0].decode()
    assert "strangers_options" not in scripts.source("complete")[0].decode()


def test_what_is_seldom_needed_is_defined_where_it_is() -> None:
    text = scripts.source("claim")[0].decode()
    repair = text[text.index("local function repair(") :]
    assert "\nlocal function adopt(" in repair
    assert text.count("local function adopt(") == 1
    assert text.count("local function record(") == 1
    assert "local function record(" not in repair


def test_what_one_function_has_can_not_be_used_elsewhere() -> None:
    function = "local function seldom(id)\n  -- needs here: promote\n  promote(id)\nend\n"
    assert "local function promote" in compose(function + "seldom('a')")
    with pytest.raises(ValueError, match="promote: used where it is not defined"):
        compose(function + "promote('a')")


def test_every_piece_is_used() -> None:
    texts = [scripts.source(name)[0].decode() for name in OWN]
    texts.append(compose((CHECKOUT / "benchmarks" / "history.lua").read_text()))
    unused = [piece.names for piece in LIBRARY if not any(piece.text in text for text in texts)]
    assert unused == []


@pytest.mark.parametrize("constant", sorted(CONSTANTS))
def test_every_constant_is_used(constant: str) -> None:
    texts = [(LUA / f"{name}.lua").read_text() for name in OWN]
    texts.append((CHECKOUT / "benchmarks" / "history.lua").read_text())
    texts += [piece.text for piece in RAW if constant not in piece.names]
    assert any(constant in names_in(text) for text in texts)
