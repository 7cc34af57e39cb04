"""What is logged, and what is not."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from shared.logs import setup_logging
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
