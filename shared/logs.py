"""Logging: structlog over the standard library's, one line per event, JSON or coloured console."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from shared.settings import Settings

#: on the console the facts of most lines begin in one column
EVENT_WIDTH = 28
#: what the console renderer treats in its own way
_NOT_PLAIN = ("stack", "exception", "exc_info", "logger", "logger_name")
#: what makes a value need quotes, by structlog's rule
_TO_QUOTE = re.compile(r"[ \t=\r\n\"']")

_PASSWORD_IN_URL = re.compile(r"(\w+://[^:/@\s]*:)[^@\s]+@")


def setup_logging(service: str, settings: Settings, stream: TextIO = sys.stderr) -> None:
    """Sends every log line of this process, the libraries' too, to `stream` in the configured format.

    Our own lines go straight to the stream; only the libraries' take the way through the standard library,
    which costs several times as much.
    """
    level = logging.getLevelName(settings.log_level.upper())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _service_namer(service),
        _hide_passwords,
    ]
    final = _render(settings, stream)
    structlog.configure(
        processors=[*shared, *final],
        logger_factory=structlog.WriteLoggerFactory(stream),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    _quieten_libraries()


def _render(settings: Settings, stream: TextIO) -> list[Processor]:
    if settings.log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_to_json)]
    colours = bool(stream.isatty() or settings.force_color) and not settings.no_color
    console = structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=EVENT_WIDTH)
    return [_shorten, console if colours else _PlainLines(console)]


class _PlainLines:
    """What structlog's console renderer gives without colours; plain events at less than a third of its cost.

    Services write such a line for each job.
    """

    def __init__(self, console: structlog.dev.ConsoleRenderer) -> None:
        self._console = console

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> str:
        if not event.keys().isdisjoint(_NOT_PLAIN) or not isinstance(event["event"], str):
            return self._console(logger, method, event)
        head = f"{event.pop('timestamp')} [{event.pop('level'):<9}] {event.pop('event'):<{EVENT_WIDTH}}"
        facts = [f"{key}={_shown(event[key])}" for key in sorted(event)]
        return " ".join([head, *facts]).rstrip(" ")


def _shown(value: Any) -> str:
    if isinstance(value, str) and not _TO_QUOTE.search(value):
        return value
    return repr(value)


def _to_json(event: EventDict, **options: Any) -> str:
    return orjson.dumps(event, **options).decode()


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
    return _PASSWORD_IN_URL.sub(r"\1***@", value) if isinstance(value, str) and "://" in value else value


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger; events are short sentences in the past tense, facts are keyword arguments."""
    logger: FilteringBoundLogger = structlog.get_logger(name)
    return logger
