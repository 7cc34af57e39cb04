"""A short way through uvicorn for the plain requests of one path, nearly all of a service's load.

A request gets to the app in a scope, messages, a task and some twenty calls, which cost far more than taking
a small report in. On the lane, a request is held until it is whole, then offered to the service as bytes.
What the service does not take at once goes to the app as if nothing had happened: so the lane knows the good
case alone, and every refusal has one place where it is worded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

#: a larger body goes to the app, which reads it in parts
MAX_BODY_BYTES: Final = 1 << 20

Headers = list[tuple[bytes, bytes]]
#: takes the status, further header lines and the body of an answer; once, from the event loop's thread
Reply = Callable[[int, bytes, bytes], None]


class Lane(Protocol):
    """What a service does with whole requests."""

    #: of the POST requests that are offered, without a query
    path: bytes

    def head(self, headers: Headers) -> Any:
        """What `take` must know of a request, told before its body comes; None: it is the app's.

        Nobody gets a body held here whom the app would refuse for the head alone. Names are in small letters.
        """

    def take(self, head: Any, body: bytes, reply: Reply) -> bool:
        """Whether the request is taken; then `reply` is called later, and nothing must be raised.

        Args:
            head: what `head` gave.
            body: as large as its Content-Length says, at most `MAX_BODY_BYTES`.
            reply: each header line ends with CR LF.
        """


class _Nobody:
    """Stands for the event by which uvicorn wakes an app: nobody waits here."""

    def set(self) -> None:
        """Wakes nobody."""


class _Taken:
    """Stands for uvicorn's `RequestResponseCycle` while the answer to a taken request is under way."""

    __slots__ = ("disconnected", "keep_alive", "response_complete")
    message_event = _Nobody()

    def __init__(self, keep_alive: bool) -> None:
        self.keep_alive = keep_alive
        self.disconnected = self.response_complete = False


class LaneProtocol(HttpToolsProtocol):
    """uvicorn's protocol with the lane beside it; only for connections without a limit of concurrency."""

    lane: Lane
    #: parts of the body of a request that is not whole yet; None: the app has it
    _held: list[bytes] | None = None
    #: what the lane has read of the held request's head
    _head: Any = None
    cycle: Any
    #: when the connection is given up unless something comes before; None: while a request is under way
    _idle_until: float | None = None
    _idle_timer: asyncio.TimerHandle | None = None

    def on_message_begin(self) -> None:
        """Makes what a head is read into; the app's scope is made when the app gets the request."""
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_headers_complete(self) -> None:
        """Holds what may be taken."""
        if self.url == self.lane.path and self._may_hold():
            self._head = self.lane.head(self.headers)
            if self._head is not None:
                self._held = []
                return
        self._head_to_the_app()

    def on_body(self, body: bytes) -> None:
        """Keeps a part of the body."""
        if self._held is None:
            super().on_body(body)
        else:
            self._held.append(body)

    def on_message_complete(self) -> None:
        """Offers the whole request to the service, or gives it to the app."""
        if self._held is None:
            super().on_message_complete()
            return
        body = b"".join(self._held)
        before, taken = self.cycle, _Taken(self.parser.should_keep_alive())
        self.cycle = taken
        if self.lane.take(self._head, body, lambda *answer: self._answer(taken, *answer)):
            self._held = None
            return
        self.cycle = before
        self._to_the_app()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Goes on to what the client sent meanwhile, or waits for it, for a limited time."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._idle_until = self.loop.time() + self.timeout_keep_alive
        if self._idle_timer is None:
            self._idle_timer = self.loop.call_at(self._idle_until, self._look_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Lets the app hear of the end of a request that was cut off."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if self._held is not None:
            self._to_the_app()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Ends when the request under way is answered, if there is one."""
        if self._held is not None:
            self._to_the_app()
        super().shutdown()

    def _unset_keepalive_if_required(self) -> None:
        """Called for all that comes. The timer runs on: most of the time it finds that all is well."""
        self._idle_until = None

    def _look_if_idle(self) -> None:
        self._idle_timer = None
        if self._idle_until is None:
            return
        if self.loop.time() < self._idle_until:
            self._idle_timer = self.loop.call_at(self._idle_until, self._look_if_idle)
        else:
            self.timeout_keep_alive_handler()

    def _may_hold(self) -> bool:
        if self.parser.get_method() != b"POST" or self.parser.get_http_version() != "1.1":
            return False
        if self.expect_100_continue or self.parser.should_upgrade() or self.flow.write_paused:
            return False
        if self.cycle is not None and not self.cycle.response_complete:
            return False
        length = next((value for name, value in self.headers if name == b"content-length"), b"")
        return length.isdigit() and len(length) < 8 and int(length) <= MAX_BODY_BYTES

    def _to_the_app(self) -> None:
        held, self._held = self._held or [], None
        self._head_to_the_app()
        for part in held:
            super().on_body(part)

    def _head_to_the_app(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()

    def _answer(self, taken: _Taken, status: int, head: bytes, body: bytes) -> None:
        if taken.response_complete or taken.disconnected or self.transport.is_closing():
            return
        lines = [STATUS_LINE[status]]
        for name, value in self.server_state.default_headers:
            lines += (name, b": ", value, b"\r\n")
        lines += (head, b"\r\n" if taken.keep_alive else b"connection: close\r\n\r\n", body)
        self.transport.write(b"".join(lines))
        taken.response_complete = True
        if not taken.keep_alive:
            self.transport.close()
        self.on_response_complete()


def lane_protocol(lane: Lane) -> type[LaneProtocol]:
    """The protocol class of a server that has this lane."""
    return type("LaneProtocol", (LaneProtocol,), {"lane": lane})
