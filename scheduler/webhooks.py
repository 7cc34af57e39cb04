"""The duty that sends the outbox's messages about ended jobs, at least once each."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from scheduler.receivers import Receivers
from shared.errors import QueueUnavailable
from shared.job import rfc3339
from shared.logs import get_logger
from shared.outbound import AddressRefused, resolve
from shared.queue.outbox import Message, Outbox, Outcome
from shared.settings import Settings
from shared.version import VERSION
from shared.webhooks import signed

log = get_logger("scheduler")

#: how often the outbox is looked at, in seconds
INTERVAL_SECONDS: Final = 0.5
#: the same after a look that found something to send
SOON_SECONDS: Final = 0.05
#: messages that are looked at together
TAKEN_AT_ONCE: Final = 100
#: time for one try, from the name's resolution to the answer's status, in seconds
TIMEOUT_SECONDS: Final = 10.0
#: waits after each try that failed, in seconds, each up to a fifth longer by chance; then it is given up
WAITS_SECONDS: Final = (5, 30, 120, 600, 1_800, 7_200, 21_600, 43_200)
_GONE = 410


class Sender:
    """Sends from one outbox; a slow receiver holds back no other."""

    def __init__(self, outbox: Outbox, settings: Settings, http: httpx.AsyncClient) -> None:
        self._outbox, self._settings, self._http = outbox, settings, http
        self._under_way: set[asyncio.Task[None]] = set()
        self._receivers = Receivers()

    async def run_once(self) -> int:
        """Begins to send what is due and has room; returns how many.

        Raises:
            QueueUnavailable: Redis did not answer.
        """
        begun, is_more = 0, True
        behind: Counter[str] = Counter()
        while is_more and not self._receivers.are_full:
            messages = await self._outbox.take(TAKEN_AT_ONCE)
            is_more = len(messages) == TAKEN_AT_ONCE
            waits: dict[str, int] = {}
            for message in messages:
                host = host_of(message.url)
                if self._receivers.begin(host):
                    self._begin(message, host)
                    begun += 1
                else:
                    waits[message.id] = round(1000 * self._receivers.wait_seconds(host, behind[host]))
                    behind[host] += 1
            await self._outbox.put_back(waits)
        return begun

    def _begin(self, message: Message, host: str) -> None:
        began = time.monotonic()

        def ended(task: asyncio.Task[None]) -> None:
            self._under_way.discard(task)
            self._receivers.end(host, time.monotonic() - began)

        task = asyncio.create_task(self._deliver(message))
        self._under_way.add(task)
        task.add_done_callback(ended)

    async def finish(self) -> None:
        """Waits for what is under way."""
        await asyncio.gather(*self._under_way)

    async def _deliver(self, message: Message) -> None:
        outcome, detail = await self._try(message)
        delay_ms = 0
        if outcome is Outcome.LATER:
            wait = WAITS_SECONDS[message.tries - 1]
            delay_ms = round(wait * 1000 * (1 + random.random() / 5))  # noqa: S311 - jitter
        say = log.info if outcome is Outcome.DELIVERED else log.warning
        say("webhook", job_id=message.job_id, outcome=outcome.value, tries=message.tries, detail=detail)
        try:
            await self._outbox.settle(message.id, outcome, f"{detail}, try {message.tries}", delay_ms)
        except QueueUnavailable as error:
            log.warning("webhook not settled: it will be sent again", message=message.id, reason=str(error))

    async def _try(self, message: Message) -> tuple[Outcome, str]:
        later = Outcome.LATER if message.tries <= len(WAITS_SECONDS) else Outcome.GIVEN_UP
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                status = await self._post(message)
        except AddressRefused as error:
            return Outcome.GIVEN_UP, str(error)
        except TimeoutError:
            return later, f"no answer within {TIMEOUT_SECONDS:g} s"
        except OSError as error:
            return later, f"the host's name can't be resolved ({type(error).__name__})"
        except httpx.HTTPError as error:
            return later, f"no connection ({type(error).__name__})"
        except (httpx.InvalidURL, ValueError) as error:
            return Outcome.GIVEN_UP, f"the URL can't be used ({type(error).__name__})"
        if 200 <= status < 300:
            return Outcome.DELIVERED, f"HTTP {status}"
        return Outcome.GIVEN_UP if status == _GONE else later, f"HTTP {status}"

    async def _post(self, message: Message) -> int:
        """Posts to the address that was checked, under the name that the URL has."""
        url = httpx.URL(message.url)
        name = url.raw_host.decode("ascii")
        port = url.port or (443 if url.scheme == "https" else 80)
        address = await resolve(name, port, self._settings.webhook_allowed)
        headers, content = signed(
            message.secret, message.id, body_of(message, self._settings), int(time.time())
        )
        request = self._http.build_request(
            "POST",
            url.copy_with(host=address),
            content=content,
            headers={**headers, "Host": url.netloc.decode("ascii"), "User-Agent": f"Pressroom/{VERSION}"},
            timeout=TIMEOUT_SECONDS,
            extensions={"sni_hostname": name},
        )
        answer = await self._http.send(request, stream=True)
        await answer.aclose()  # what it says is of no interest, however much that is
        return answer.status_code


def host_of(url: str) -> str:
    """Whom a message goes to, host and port in small letters; empty for what is no URL."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def client() -> httpx.AsyncClient:
    """What the sender posts with: no proxy, no redirect, and no connection is used twice.

    Two hosts may share an address but not a certificate.
    """
    return httpx.AsyncClient(
        follow_redirects=False, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
    )


def body_of(message: Message, settings: Settings) -> dict[str, Any]:
    """What a receiver gets: `{type, timestamp, data}`."""
    job_id = message.job_id
    done = message.event == "completed"
    return {
        "type": f"report.{message.event}",
        "timestamp": rfc3339(message.at_ms),
        "data": {
            "jobId": job_id,
            "state": message.event,
            "reportType": message.report_type,
            "title": message.title or None,
            "tenant": message.tenant or None,
            "attempts": message.attempts,
            "result": message.result if done else None,
            "failedReason": message.failed_reason if message.event == "failed" else None,
            "error": message.error if message.event == "failed" else None,
            "statusUrl": f"{settings.public_producer_url}/api/v1/reports/{job_id}",
            "downloadUrl": f"{settings.public_dashboard_url}/api/jobs/{job_id}/download" if done else None,
        },
    }
