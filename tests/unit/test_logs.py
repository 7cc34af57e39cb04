"""What is logged, and what is not."""

from __future__ import annotations

import io
import json
import logging
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
import structlog

from shared import logs
from shared.logs import ConsoleLines, setup_logging
from shared.settings import Settings


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    setup_logging("test", Settings(), stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_client_that_offers_another_protocol_is_no_warning(written: io.StringIO) -> None:
    server = logging.getLogger("uvicorn.error")
    server.warning("Unsupported upgrade request.")
    server.warning("No supported WebSocket library detected. Please use ...")
    server.warning("Invalid HTTP request received.")
    assert [
        line for line in written.getvalue().splitlines() if "upgrade" in line or "WebSocket" in line
    ] == []
    assert "Invalid HTTP request received." in written.getvalue()


def test_the_password_of_an_address_is_not_logged(written: io.StringIO) -> None:
    logging.getLogger("somewhere").warning("can't reach redis://me:hunter2@host/0")
    assert "hunter2" not in written.getvalue()
    assert "redis://me:***@host/0" in written.getvalue()


def test_a_line_says_when_it_was_written(written: io.StringIO) -> None:
    before = datetime.now(UTC)
    for _ in range(3):
        structlog.get_logger("clock").info("something happened")
    times = [
        datetime.fromisoformat(json.loads(line)["timestamp"]) for line in written.getvalue().splitlines()
    ]
    assert len(times) == 3
    moments = [before, *times, datetime.now(UTC)]
    assert moments == sorted(moments)


@pytest.mark.parametrize("colours", [False, True])
@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"job_id": "4f0c", "count": 3, "share": 0.5, "done": True, "nothing": None, "a_b": ""},
        {"reason": "two words", "line": "a\nb", "quote": "it's", "pair": "a=b", "other": "Ünï\x1b[31m"},
        {"parts": ["a", 1], "error": ValueError("no"), "where": ("x", 2)},
        {"logger": "uvicorn.error", "logger_name": "x"},
        {"exception": "Traceback ...", "z": 1},
        {"stack": "Stack ..."},
        {"event": "an event that is longer than its column is wide", "service": "x"},
        {"level": "error"},
        {"level": "critical", "event": ""},
        {"event": None},
        {"event": ValueError("no text")},
    ],
)
def test_a_line_for_the_eyes_is_that_of_the_library(colours: bool, facts: dict[str, Any]) -> None:
    event = {"timestamp": "22:10:11.123", "level": "info", "event": "something happened", **facts}
    whole = structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=28)
    assert ConsoleLines(colours)(None, "info", dict(event)) == whole(None, "info", dict(event))


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("level", ["info", "warning", "error", "exception"])
@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"job_id": "4f0c", "count": 3, "share": 0.5, "done": True, "nothing": None, "path": "a/b c"},
        {"address": "redis://me:hunter2@host/0"},
        {"parts": ["a", 1], "error": ValueError("no")},
        {"service": "another", "level": "odd", "timestamp": "then"},
        {"exc_info": True},
        {"stack_info": True},
        {"bound": "wins over the context"},
    ],
)
def test_an_ordinary_line_is_made_without_the_processors_and_is_the_same(
    log_format: Literal["json", "console"],
    level: str,
    facts: dict[str, Any],
    written: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_790_000_000_123_456_789)
    lines = []
    for shortcut_levels in (logs._LEVELS, frozenset[str]()):
        monkeypatch.setattr(logs, "_LEVELS", shortcut_levels)
        stream = io.StringIO()
        setup_logging("test", Settings(log_format=log_format), stream)
        with structlog.contextvars.bound_contextvars(request_id="r-1", bound="early"):
            getattr(structlog.get_logger("x"), level)("something happened", **facts)
        lines.append(without_stack(stream.getvalue()))
    assert lines[0] == lines[1]
    assert "something happened" in lines[0]
    assert "hunter2" not in lines[0]


def without_stack(text: str) -> str:
    """A stack shows where in the test it was taken."""
    return re.sub(r"line \d+", "line *", text)
