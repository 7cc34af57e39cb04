"""Logging: structlog over the standard library's, one line per event, JSON or coloured console."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.settings import Settings

_PASSWORD_IN_URL = re.compile(r"(\w+://[^:/@\s]*:)[^@\s]+@")


def setup_logging(service: str, settings: Settings, stream: TextIO = sys.stderr) -> None:
    """Sends every log line of this process, the libraries' included, to `stream` in the configured format."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _service_namer(service),
        _hide_passwords,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_render(settings, stream),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    _quieten_libraries()


def _render(settings: Settings, stream: TextIO) -> list[Processor]:
    if settings.log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    colours = bool(stream.isatty() or settings.force_color) and not settings.no_color
    return [_shorten, structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=28)]


def _quieten_libraries() -> None:
    """Requests are counted by the metrics; arq's own start lines say nothing that ours do not."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "arq.worker"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").filters[:] = [_NoUpgradeNotes()]


class _NoUpgradeNotes(logging.Filter):
    """Drops what uvicorn says when a client offers HTTP/2 or WebSocket, as Java's does with each request.

    Such a request is answered in HTTP/1.1, as it should be.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith(("Unsupported upgrade", "No supported WebSocket"))


def _service_namer(service: str) -> Processor:
    def add_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    return add_service


def _shorten(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """For a person's eyes: the time of day (UTC) alone; the terminal's prefix names the service."""
    event.pop("service", None)
    event["timestamp"] = event["timestamp"][11:23]
    return event


def _hide_passwords(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: _without_password(value) for key, value in event.items()}


def _without_password(value: Any) -> Any:
    return _PASSWORD_IN_URL.sub(r"\1***@", value) if isinstance(value, str) else value


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; events are short sentences in the past tense, facts are keyword arguments."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
