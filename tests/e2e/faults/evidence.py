"""Gathers what is left after a storm."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Container
from pathlib import Path
from typing import Any

import httpx
import pikepdf
from redis.asyncio import Redis

from shared.job import FINISHED_STATES, JobState
from shared.queue import keys
from tests.e2e.faults.cluster import Cluster
from tests.e2e.faults.history import Download, History, StoredFile

AT_ONCE = 8
AN_HOUR_SECONDS = 3600
#: how long the scheduler may take to remove old orphans: it cleans every second here
CLEANUP_SECONDS = 30.0
CLEANUP_PAUSE_SECONDS = 0.2
#: what keeps its place beside the PDFs
HOUSEKEEPING = (".pressroom-volume",)
#: every n-th completed job is asked of a worker too
WORKER_SAMPLE = 5


async def an_hour_later(cluster: Cluster, needed: Container[str]) -> None:
    """Makes every file an hour older, and waits until the scheduler has removed those that nobody needs."""
    then = time.time() - AN_HOUR_SECONDS
    for path in _all_files(cluster.volume.folder):
        os.utime(path, (then, then))
    deadline = time.monotonic() + CLEANUP_SECONDS
    while any(path.name not in needed for path in _all_files(cluster.volume.folder)):
        if time.monotonic() > deadline:
            return  # the verdict will name what is still there
        await asyncio.sleep(CLEANUP_PAUSE_SECONDS)


async def collect(history: History, cluster: Cluster, redis: Redis) -> None:
    """Documents, leftovers, files and downloads, into the history."""
    raw_ids = await redis.zrange(keys.ALL_JOBS, 0, -1)
    heard_of = {event.job_id for event in history.events if event.job_id}
    heard_of |= {call.job_id for call in history.calls if call.job_id}
    heard_of |= {raw.decode() for raw in raw_ids}
    history.stream_ids = [raw_id.decode() for raw_id, _ in await redis.xrange(keys.EVENTS)]
    history.leftovers = await _leftovers(redis)
    async with httpx.AsyncClient(trust_env=False, timeout=30.0) as client:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(number: int, job_id: str) -> None:
            async with gate:
                document = await _document(client, cluster, job_id)
                history.documents[job_id] = document
                if document and document["state"] == JobState.COMPLETED:
                    history.downloads += await _downloads(client, cluster, number, document, history)

        await asyncio.gather(*(one(number, job_id) for number, job_id in enumerate(sorted(heard_of))))
    history.files, history.scratch = await asyncio.to_thread(_files, cluster.volume.folder)


async def _document(client: httpx.AsyncClient, cluster: Cluster, job_id: str) -> dict[str, Any] | None:
    answer = await client.get(f"{cluster.producer_url}/api/v1/reports/{job_id}")
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    document: dict[str, Any] = answer.raise_for_status().json()
    del document["jobData"]
    return document


async def _downloads(
    client: httpx.AsyncClient, cluster: Cluster, number: int, document: dict[str, Any], history: History
) -> list[Download]:
    job_id, name = document["id"], document["result"]["fileName"]
    urls = {"dashboard": f"{cluster.dashboard_url}/api/jobs/{job_id}/download"}
    if number % WORKER_SAMPLE == 0 or name in history.destroyed:
        port = cluster.workers[number % len(cluster.workers)].port
        urls["worker"] = f"http://127.0.0.1:{port}/uploads/{name}"
    answers = []
    for via, url in urls.items():
        answer = await client.get(url)
        digest = hashlib.sha256(answer.content).hexdigest() if answer.is_success else ""
        answers.append(Download(job_id, via, answer.status_code, digest))
    return answers


async def _leftovers(redis: Redis) -> dict[str, list[str]]:
    unfinished = [keys.index(state) for state in JobState if state not in FINISHED_STATES]
    return {
        key: [raw.decode() for raw in await redis.zrange(key, 0, -1)] for key in (keys.QUEUE, *unfinished)
    }


def _files(folder: Path) -> tuple[list[StoredFile], dict[str, float]]:
    now = time.time()
    files, scratch = [], {}
    for path in _all_files(folder):
        age = round(now - path.stat().st_mtime, 1)
        if path.parent == folder and not path.name.startswith("."):
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            files.append(StoredFile(path.name, len(content), digest, age, pages_of(path)))
        else:
            scratch[str(path.relative_to(folder))] = age
    return files, scratch


def _all_files(folder: Path) -> list[Path]:
    found = (path for path in sorted(folder.rglob("*")) if path.name not in HOUSEKEEPING)
    return [path for path in found if path.is_file()]


def pages_of(path: Path) -> int | None:
    """None when qpdf, which is what pikepdf is made of, has anything to say against it."""
    try:
        with pikepdf.open(path, attempt_recovery=False, suppress_warnings=True) as pdf:
            problems = pdf.check() if hasattr(pdf, "check") else pdf.check_pdf_syntax()
            return None if problems else len(pdf.pages)
    except pikepdf.PdfError:
        return None
