"""The clients of a storm: they send, wait, repeat what got no answer, and write down what they were told."""

from __future__ import annotations

import asyncio
import random
import time
from itertools import count
from typing import Any

import httpx

from tests.e2e.faults.cluster import Cluster
from tests.e2e.faults.history import ACKNOWLEDGED, LOST, REFUSED, Call
from tests.e2e.faults.jobs import Request

ANSWER_SECONDS = 6.0
#: wait before the same call is sent again, in seconds; longer after each try, up to LONGEST times as long
AGAIN_SECONDS = (0.2, 0.6)
LONGEST = 5
#: calls under way at a time, of all clients together
AT_ONCE = 12


class Clients:
    """Sends requests; `calls` is their log."""

    def __init__(self, cluster: Cluster, seed: int) -> None:
        self._cluster, self._rng = cluster, random.Random(f"clients {seed}")
        self._http = httpx.AsyncClient(trust_env=False, timeout=ANSWER_SECONDS)
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._began = time.monotonic()
        self.calls: list[Call] = []

    async def __aenter__(self) -> Clients:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def run(self, wanted: list[Request]) -> None:
        """Sends each request at its time, and whatever follows from it."""
        self._began = time.monotonic()
        await asyncio.gather(*(self._one(request) for request in wanted))

    async def submit(self, request: Request) -> str:
        """Sends one request until it has an answer; without a key, once. The job's id, or nothing."""
        for tries in count(1):
            call = await self._submit_once(request)
            if call.fate == ACKNOWLEDGED or 400 <= call.status < 500 or not request.key:
                return call.job_id
            await self._pause(tries)
        raise AssertionError

    async def until_answered(self, action: str, request: Request, job_id: str) -> Call:
        """Cancels or retries a job; repeats while there is no answer or Redis is away."""
        url = f"{self._cluster.dashboard_url}/api/jobs/{job_id}/{action}"
        for tries in count(1):
            call = await self._post(action, request.ref, url, job_id=job_id)
            if call.fate != LOST and call.status != 503:
                return call
            await self._pause(tries)
        raise AssertionError

    async def _one(self, request: Request) -> None:
        await asyncio.sleep(request.at)
        job_id = await self.submit(request)
        if not job_id or request.cancel_after is None:
            return
        await asyncio.sleep(request.cancel_after)
        await self.until_answered("cancel", request, job_id)
        if request.rerun:
            await self.until_answered("retry", request, job_id)

    async def _submit_once(self, request: Request) -> Call:
        headers = {"Idempotency-Key": request.key} if request.key else {}
        url = f"{self._cluster.producer_url}/api/v1/reports/generate"
        return await self._post("submit", request.ref, url, json=request.body, headers=headers)

    async def _post(self, action: str, ref: str, url: str, job_id: str = "", **options: Any) -> Call:
        try:
            async with self._gate:
                answer = await self._http.post(url, **options)
        except httpx.HTTPError:
            call = Call(self._at(), action, ref, LOST, 0, job_id)
        else:
            fate = ACKNOWLEDGED if answer.is_success else REFUSED
            if action == "submit" and answer.is_success:
                job_id = answer.json()["data"]["jobId"]
            call = Call(self._at(), action, ref, fate, answer.status_code, job_id)
        self.calls.append(call)
        return call

    def _at(self) -> float:
        return round(time.monotonic() - self._began, 3)

    async def _pause(self, tries: int) -> None:
        await asyncio.sleep(self._rng.uniform(*AGAIN_SECONDS) * min(tries, LONGEST))
