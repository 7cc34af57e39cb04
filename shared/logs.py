"""Logging: structlog over the standard library's, one line per event, JSON or coloured console."""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from shared.settings import Settings

#: makes a line of the time, the level and the event
_Line = Callable[[str, str, EventDict], str]

_EVENT_WIDTH = 28
_SIMPLE_KINDS = frozenset({str, int, float, bool, type(None)})
_NOT_SIMPLE = frozenset({"stack", "exception", "exc_info", "logger", "logger_name"})
#: what a processor would see to or set, so that an event which has it is not an ordinary one
_TREATED = _NOT_SIMPLE | {"stack_info", "level", "timestamp", "service"}
_LEVELS = frozenset({"debug", "info", "warning", "error", "critical"})
#: what `ConsoleRenderer` shows without quotes
_PLAIN_VALUE = re.compile(r"[^ \t=\r\n\"']*")
_PASSWORD_IN_URL = re.compile(r"(\w+://[^:/@\s]*:)[^@\s]+@")


def setup_logging(service: str, settings: Settings, stream: TextIO = sys.stderr) -> None:
    """Sends every log line of this process, the libraries' too, to `stream` in the configured format.

    Our own lines go straight to the stream; only the libraries' take the way through the standard library,
    which costs several times as much.
    """
    level, clock = logging.getLevelName(settings.log_level.upper()), _Clock()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        clock,
        structlog.processors.StackInfoRenderer(),
        _service_namer(service),
        _hide_passwords,
    ]
    final = _render(settings, stream)
    ordinary = final[-1].line if isinstance(final[-1], ConsoleLines) else _json_line(service)
    structlog.configure(
        processors=[_Shortcut(clock, ordinary, [*shared[1:], *final])],
        logger_factory=structlog.WriteLoggerFactory(stream),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    _send_libraries_lines(level, shared, final, stream)
    _quieten_libraries()


def _send_libraries_lines(
    level: int, shared: list[Processor], final: list[Processor], stream: TextIO
) -> None:
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


def _render(settings: Settings, stream: TextIO) -> list[Processor]:
    if settings.log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_to_json)]
    colours = bool(stream.isatty() or settings.force_color) and not settings.no_color
    return [_shorten, ConsoleLines(colours)]


class _Shortcut:
    """The line that the processors make of an event; of an ordinary one, made without them: they are slow."""

    def __init__(self, clock: _Clock, ordinary: _Line, processors: list[Processor]) -> None:
        """Takes the processors after `merge_contextvars`, and what makes an ordinary line by itself."""
        self._clock, self._ordinary, self._processors = clock, ordinary, processors

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> Any:
        """One event, as the last of the processors leaves it."""
        event = structlog.contextvars.merge_contextvars(logger, method, event)
        if method in _LEVELS and _is_simple(event) and _TREATED.isdisjoint(event):
            line = self._ordinary(self._clock.now(), method, event)
            if "://" not in line:
                return line
        for processor in self._processors:
            event = processor(logger, method, event)  # type: ignore[assignment]
        return event


def _is_simple(event: EventDict) -> bool:
    return _SIMPLE_KINDS.issuperset(map(type, event.values())) and isinstance(event.get("event"), str)


def _json_line(service: str) -> _Line:
    def line(moment: str, level: str, event: EventDict) -> str:
        return _to_json({**event, "level": level, "timestamp": moment, "service": service})

    return line


class ConsoleLines:
    """The lines of structlog's `ConsoleRenderer`, which is called only for what is not simple: it is slow."""

    def __init__(self, colours: bool) -> None:
        self._whole = structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=_EVENT_WIDTH)
        style = structlog.dev.ConsoleRenderer.get_default_column_styles(colours)
        levels = structlog.dev.ConsoleRenderer.get_default_level_styles(colours)
        width = max(map(len, levels))
        self._heads = {
            level: f" [{colour}{style.bright}{level:{width}}{style.reset}] {style.bright}"
            for level, colour in levels.items()
        }
        self._before_time, self._reset = style.timestamp, style.reset
        self._before_key, self._before_value = style.kv_key, f"{style.reset}={style.kv_value}"

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> str:
        """One event; everything of it is shown."""
        if not _is_simple(event) or not _NOT_SIMPLE.isdisjoint(event):
            return str(self._whole(logger, method, event))
        moment, level = event.pop("timestamp"), event.pop("level")
        return self._line(moment, level, event)

    def line(self, moment: str, level: str, event: EventDict) -> str:
        """An ordinary event, with its time of day (UTC) alone."""
        return self._line(moment[11:23], level, event)

    def _line(self, moment: str, level: str, event: EventDict) -> str:
        before_key, before_value, reset = self._before_key, self._before_value, self._reset
        said = event["event"]
        parts = [f"{self._before_time}{moment}{reset}{self._heads[level]}{said:{_EVENT_WIDTH}}{reset}"]
        for key in sorted(event):
            if key == "event":
                continue
            value = event[key]
            if type(value) is not str or not (value.isalnum() or _PLAIN_VALUE.fullmatch(value)):
                value = repr(value)
            parts.append(f"{before_key}{key}{before_value}{value}{reset}")
        return " ".join(parts).rstrip(" ")


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


class _Clock:
    """Adds the time: RFC 3339 in UTC with microseconds. Most of it is the same for a second."""

    def __init__(self) -> None:
        self._held = (-1, "")

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["timestamp"] = self.now()
        return event

    def now(self) -> str:
        second, nanos = divmod(time.time_ns(), 1_000_000_000)
        held = self._held
        if second != held[0]:
            held = self._held = (second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)))
        return f"{held[1]}.{nanos // 1000:06}Z"


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
    for value in event.values():
        if isinstance(value, str) and "://" in value:
            return {key: _without_password(value) for key, value in event.items()}
    return event


def _without_password(value: Any) -> Any:
    return _PASSWORD_IN_URL.sub(r"\1***@", value) if isinstance(value, str) and "://" in value else value


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger; events are short sentences in the past tense, facts are keyword arguments."""
    logger: FilteringBoundLogger = structlog.get_logger(name)
    return logger
