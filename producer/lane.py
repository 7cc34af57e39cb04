"""The short way for `POST /api/v1/reports/generate`: plain requests that are in order, one submit each.

Everything else, and all that is wrong with a request, is the business of the app's own endpoint.
"""

from __future__ import annotations

import time

import structlog

from producer.answers import CreatedAnswers, count_submitted
from producer.intake import bound, draft_from, keyed
from producer.routes import GENERATE_PATH
from shared.errors import PressroomError
from shared.http.body import parse_json
from shared.http.lane import Headers, Reply
from shared.http.measure import RouteMetrics
from shared.http.plain import PlainHead, PlainHeads
from shared.http.problems import logged_bug, problem_of
from shared.job import JobSpec
from shared.queue.commands import QueueCommands, Submitted
from shared.settings import Settings


class GenerateLane:
    """Takes reports in. A job that is submitted here is just as the endpoint would have submitted it."""

    path = GENERATE_PATH.encode()

    def __init__(self, settings: Settings, commands: QueueCommands) -> None:
        self._settings, self._commands = settings, commands
        self._heads, self._answers = PlainHeads(settings), CreatedAnswers(settings)
        self._metrics = RouteMetrics("POST", GENERATE_PATH)
        #: what the app's CORS middleware says of an answer to a request without an origin
        self._vary = b"vary: Origin\r\n" if settings.cors_origin_list else b""

    def head(self, headers: Headers) -> PlainHead | None:
        """The head of a plain POST by somebody who may submit; see `shared.http.lane`."""
        return self._heads.of_write(headers)

    def take(self, head: PlainHead, body: bytes, reply: Reply) -> bool:
        """Submits the job that a request asks for, if the request is in order; see `shared.http.lane`."""
        began = time.perf_counter()
        spec = None if len(body) > self._settings.max_body_bytes else self._spec(head, body)
        if spec is None:
            return False

        # no more than these two: what was read of the body goes now, while the caches have it
        report_type, request_id = spec.report_type, spec.request_id

        def answer(outcome: Submitted | Exception) -> None:
            try:
                status, lines, content = self._answer(outcome, report_type, request_id)
            except Exception as error:  # the client must hear of a bug, too
                status, lines, content = self._answer(error, report_type, request_id)
            named = b"x-request-id: %b\r\n" % request_id.encode()
            reply(status, b"%b%b%b" % (lines, self._vary, named), content)
            self._metrics.note(status, time.perf_counter() - began)

        self._commands.submit_soon(spec, answer)
        return True

    def _spec(self, head: PlainHead, body: bytes) -> JobSpec | None:
        """The job; None when the app must judge the body, or look for the datasets that it names."""
        try:
            value = parse_json(body)
            draft = draft_from(value, self._settings, request_id=head.request_id, text=body)
            return None if draft.uses else keyed(bound(draft, {}), head.idempotency_key, value)
        except Exception:
            return None

    def _answer(
        self, outcome: Submitted | Exception, report_type: str, request_id: str
    ) -> tuple[int, bytes, bytes]:
        """Status, header lines and body."""
        if isinstance(outcome, Submitted):
            count_submitted(outcome, report_type, request_id)
            return self._answers.raw(outcome)
        if isinstance(outcome, PressroomError):
            answer = problem_of(outcome)
        else:
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                answer = logged_bug(GENERATE_PATH, outcome)
        lines = b"".join(b"%b: %b\r\n" % header for header in answer.raw_headers)
        return answer.status_code, lines, bytes(answer.body)
