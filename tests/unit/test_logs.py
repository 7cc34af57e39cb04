"""What is logged, and what is not."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

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
