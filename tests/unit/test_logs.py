"""What is logged, and what is not."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from shared import logs
from shared.logs import get_logger, setup_logging
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


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"job_id": "a1", "attempt": 1, "renderMs": 3.93, "b": None, "a": ""},
        {"title": "two words", "detail": "a\nb", "sign": "x=y", "quoted": 'say "hi"', "apostrophe": "it's"},
        {"many": [1, "two"], "text": "\x1b[31m", "Umlaut": "Zürich", "logger": "somewhere"},
    ],
)
@pytest.mark.parametrize(
    "event", ["job completed", "a text that is wider than its column", "", None, OSError(5)]
)
def test_lines_without_colours_look_as_structlogs_own(event: object, facts: dict[str, Any]) -> None:
    console = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=logs.EVENT_WIDTH)
    entry = {"timestamp": "12:00:00.123", "level": "info", "event": event, **facts}
    assert logs._PlainLines(console)(None, "info", dict(entry)) == console(None, "info", dict(entry))


def test_a_traceback_is_written_without_colours_too(written: io.StringIO) -> None:
    log = get_logger("test")
    try:
        raise ValueError("no such luck")
    except ValueError:
        log.exception("it failed", job_id="a1")
    assert "it failed" in written.getvalue()
    assert "ValueError: no such luck" in written.getvalue()
