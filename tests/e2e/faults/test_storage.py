"""A volume that is full, read-only or slow, and files that are torn, lost or damaged."""

from __future__ import annotations

import asyncio
import os
import re

import httpx
import pytest

from tests.e2e.faults.desk import Desk
from tests.e2e.faults.faults import FAULTS
from tests.e2e.faults.scene import Scene

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize("kind", ["volume-full", "volume-read-only"])
async def test_a_job_waits_for_a_volume_that_takes_files_again(scene: Scene, desk: Desk, kind: str) -> None:
    if not scene.cluster.volume.is_mounted:
        pytest.skip("a volume can be mounted by root alone (CAP_SYS_ADMIN)")
    async with FAULTS[kind].inflict(scene):
        job_id = await desk.submit(maxAttempts=50)
        told = await scene.recorder.wait_for("retrying", job_id)
        assert "the PDF could not be stored" in told.detail
        assert str(scene.cluster.folder) not in told.detail
    document = await desk.completed(job_id)
    assert document["attempts"] > 1


async def test_a_volume_slower_than_the_lease_costs_no_attempt(scene: Scene, desk: Desk) -> None:
    async with FAULTS["volume-slow"].inflict(scene):
        scene.cluster.slow_flag.write_text("2")
        document = await desk.completed(await desk.submit())
    assert document["attempts"] == 1


async def test_a_torn_file_is_never_served_and_is_removed(scene: Scene, desk: Desk) -> None:
    async with FAULTS["torn-file-left"].inflict(scene) as torn:
        name = f"test-{torn}-f1.pdf"
        answer = await desk.http.get(f"http://127.0.0.1:{scene.cluster.workers[0].port}/uploads/{name}")
        assert answer.status_code == httpx.codes.NOT_FOUND
    async with asyncio.timeout(60):
        while list(scene.cluster.volume.folder.rglob(f"*{torn}*")):
            await asyncio.sleep(0.05)


async def test_cleaning_up_spares_what_is_published(scene: Scene, desk: Desk) -> None:
    document = await desk.completed(await desk.submit())
    kept = scene.cluster.volume.folder / document["result"]["fileName"]
    orphan = kept.with_name(re.sub(r"-f\d+\.pdf", "-f7.pdf", kept.name))
    orphan.write_bytes(b"what a stale worker leaves")
    for path in (kept, orphan):
        os.utime(path, (0, 0))
    async with asyncio.timeout(60):
        while orphan.exists():
            await asyncio.sleep(0.05)
    await desk.completed(document["id"])


@pytest.mark.parametrize(("kind", "status"), [("pdf-deleted", 410), ("pdf-damaged", 500)])
async def test_a_lost_or_damaged_pdf_is_named_and_never_served(
    scene: Scene, desk: Desk, kind: str, status: int
) -> None:
    document = await desk.completed(await desk.submit())
    for answer in await desk.downloads(document):
        assert answer.status_code == httpx.codes.OK
    scene.recorder.published = {document["id"]: document["result"]}
    async with FAULTS[kind].inflict(scene):
        for answer in await desk.downloads(document):
            assert answer.status_code == status
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert b"%PDF" not in answer.content
            assert document["result"]["fileName"] in answer.json()["detail"]
