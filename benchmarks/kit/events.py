"""When jobs complete, heard from the stream of events that Pressroom and BullMQ both write."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time

import redis as sync_redis

from benchmarks.kit.systems import PATH

OURS, BULLMQ = "report:events", "bull:reports:events"
WAIT_MS = 30_000


class Completions:
    """Listens in a thread of its own; knows when each job completed, on this process's clock."""

    def __init__(self, url: str, stream: str) -> None:
        self._redis, self._stream = sync_redis.Redis.from_url(url), stream
        self._heard = threading.Condition()
        self._at: dict[str, float] = {}
        self._ended = False
        newest = self._redis.xrevrange(stream, count=1)
        self._last = newest[0][0] if newest else "0-0"
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def wait(self, job_id: str) -> float:
        """When the job completed.

        Raises:
            RuntimeError: it does not.
        """
        with self._heard:
            if not self._heard.wait_for(lambda: job_id in self._at, WAIT_MS / 1000):
                raise RuntimeError(f"job {job_id} does not complete")
            return self._at[job_id]

    def close(self) -> None:
        """Ends the thread."""
        self._ended = True
        self._thread.join()
        self._redis.close()

    def _listen(self) -> None:
        while not self._ended:
            answer = self._redis.xread({self._stream: self._last}, block=200)
            now = time.perf_counter()
            for _, entries in answer or ():
                with self._heard:
                    for entry_id, fields in entries:
                        self._last = entry_id
                        if fields[b"event"] == b"completed":
                            self._at[fields[b"jobId"].decode()] = now
                    self._heard.notify_all()


class Submitter:
    """One kept HTTP connection."""

    def __init__(self, port: int) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port)

    def submit(self, body: bytes) -> str:
        """POSTs a report; its job id."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self._post(body)
        self._http.close()  # the server hung up between two rounds
        return self._post(body)

    def _post(self, body: bytes) -> str:
        self._http.request("POST", PATH, body, {"Content-Type": "application/json"})
        answer = json.loads(self._http.getresponse().read())
        return str(answer["data"]["jobId"])
