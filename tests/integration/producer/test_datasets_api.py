"""Datasets over HTTP: taken in, refused or dropped; whatever ends an upload early leaves nothing behind."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from arq.connections import ArqRedis

from producer import upload
from shared.settings import Settings
from tests.integration.producer.served import served

DATASETS = "/api/v1/datasets"
CONTENT = b"day,customer,amount\n2026-01-01,Ada,12.50\n2026-01-02,Jos\xc3\xa9,7.00\n"

UPLOAD_HEAD = b"POST /api/v1/datasets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A producer on a real port."""
    async with (
        served(settings) as producer,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{producer.port}", trust_env=False, timeout=30
        ) as client,
    ):
        yield client


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(settings) as http:
        yield http


def stored(settings: Settings) -> list[str]:
    """All files of datasets, finished or not."""
    return [path.name for path in settings.dataset_path.rglob("*") if path.is_file()]


def changed(settings: Settings, **changes: Any) -> Settings:
    return settings.model_copy(update=changes)


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_dataset_is_taken_in_shown_and_deleted(client: httpx.AsyncClient, settings: Settings) -> None:
    answer = await client.post(f"{DATASETS}?fileName=sales.csv", content=CONTENT)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    dataset_id = body["datasetId"]
    assert answer.headers["location"] == f"{DATASETS}/{dataset_id}"
    assert {key: body[key] for key in ("fileName", "rows", "columns", "bytes", "sha256")} == {
        "fileName": "sales.csv",
        "rows": 2,
        "columns": [
            {"name": "day", "type": "date"},
            {"name": "customer", "type": "text"},
            {"name": "amount", "type": "number"},
        ],
        "bytes": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
    }
    assert (body["format"], body["encoding"], body["delimiter"], body["header"]) == (
        "csv",
        "utf-8",
        ",",
        True,
    )
    assert (await client.get(answer.headers["location"])).json() == body
    assert (settings.dataset_path / f"{dataset_id}.data").read_bytes() == CONTENT
    assert (await client.delete(answer.headers["location"])).status_code == 204
    assert (await client.get(answer.headers["location"])).status_code == 404
    assert (await client.delete(answer.headers["location"])).status_code == 404
    assert stored(settings) == []


async def test_only_an_admin_deletes_a_dataset_and_it_is_noted_who(
    settings: Settings, redis: ArqRedis
) -> None:
    async with serving(changed(settings, api_keys="bob:operator:k-work,eve:admin:k-all")) as client:
        bob, eve = {"X-API-Key": "k-work"}, {"X-API-Key": "k-all"}
        path = (await client.post(DATASETS, content=CONTENT, headers=bob)).headers["location"]
        assert (await client.delete(path, headers=bob)).status_code == 403
        assert (await client.get(path, headers=bob)).status_code == 200
        assert (await client.delete(path, headers=eve)).status_code == 204
    ((_, noted),) = await redis.xrange("report:audit")
    assert (noted[b"action"], noted[b"by"]) == (b"dataset deleted", b"eve")
    assert path.endswith(noted[b"detail"].decode())


@pytest.mark.parametrize("dataset_id", ["nope", "0" * 32, "..%2F..%2Fetc%2Fpasswd", "%00"])
async def test_an_unknown_dataset_is_404(client: httpx.AsyncClient, dataset_id: str) -> None:
    answer = await client.get(f"{DATASETS}/{dataset_id}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("query", "headers", "field"),
    [
        ("?format=xls", {}, "query.format"),
        ("?encoding=utf-7", {}, "query.encoding"),
        ("?delimiter=ab", {}, "query.delimiter"),
        ("?delimiter=%22", {}, "query.delimiter"),
        ("?header=perhaps", {}, "query.header"),
        ("?fileName=a%00b", {}, "query.fileName"),
        ("", {"content-disposition": f'attachment; filename="{"x" * 300}"'}, "query.fileName"),
        ("", {"content-disposition": "attachment; filename*"}, "header.Content-Disposition"),
        ("", {"content-disposition": "attachment; filename*=idna''%41"}, "header.Content-Disposition"),
        ("", {"content-disposition": "attachment; filename*=punycode''%41"}, "header.Content-Disposition"),
    ],
)
async def test_a_wrong_parameter_is_named(
    client: httpx.AsyncClient, query: str, headers: dict[str, str], field: str, settings: Settings
) -> None:
    answer = await client.post(DATASETS + query, content=CONTENT, headers=headers)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [field]
    assert stored(settings) == []


@pytest.mark.parametrize(
    ("query", "headers", "name"),
    [
        ("?fileName=..%2F..%2Fetc%2Fx.csv", {}, "x.csv"),
        ("?fileName=C%3A%5Ctemp%5Cy.csv", {}, "y.csv"),
        ("", {"content-disposition": 'attachment; filename="z.csv"'}, "z.csv"),
        ("", {"content-disposition": "attachment; filename*=UTF-8''%C3%A4.csv"}, "ä.csv"),
        ("", {}, "dataset.csv"),
    ],
)
async def test_the_file_name_is_only_a_name(
    client: httpx.AsyncClient, query: str, headers: dict[str, str], name: str
) -> None:
    answer = await client.post(DATASETS + query, content=CONTENT, headers=headers)
    assert answer.json()["fileName"] == name


async def test_what_the_query_says_is_not_found_out(client: httpx.AsyncClient) -> None:
    query = "?format=csv&delimiter=tab&encoding=latin1&header=false"
    body = (await client.post(DATASETS + query, content=b"a\t\xe4\n")).json()
    assert (body["rows"], body["delimiter"], body["encoding"], body["header"]) == (
        1,
        "\t",
        "iso-8859-1",
        False,
    )


async def test_a_malformed_file_is_refused_with_its_place_and_leaves_nothing(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    answer = await client.post(DATASETS, content=b'a,b\n1,"x"y\n')
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["path"] == "line.2.column.6"
    assert error["message"].startswith("line 2, column 6: a quote ends a value")
    assert stored(settings) == []


async def test_an_early_mistake_in_a_long_upload_is_answered(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    async def rows() -> AsyncIterator[bytes]:
        yield b"a,b\n1,2,3\n"
        for _ in range(400):
            yield b"1,2\n" * 10_000

    answer = await client.post(DATASETS, content=rows())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "line.2"
    assert stored(settings) == []


@pytest.mark.parametrize("declared", [True, False])
async def test_a_dataset_over_the_limit_is_413_and_leaves_nothing(settings: Settings, declared: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"1,2\n" * 100

    async with serving(changed(settings, max_dataset_bytes=8000)) as client:
        answer = await client.post(DATASETS, content=b"1,2\n" * 4000 if declared else pieces())
    assert answer.status_code == 413
    assert "8,000 bytes" in answer.json()["detail"]
    assert stored(settings) == []


@pytest.mark.parametrize(
    "headers",
    [{"content-type": "multipart/form-data; boundary=x"}, {"content-encoding": "gzip"}],
)
async def test_forms_and_compressed_bodies_are_415(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await client.post(DATASETS, content=CONTENT, headers=headers)
    assert answer.status_code == 415


async def test_a_client_that_hangs_up_leaves_nothing(client: httpx.AsyncClient, settings: Settings) -> None:
    _, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    writer.write(UPLOAD_HEAD + b"a,b\n1,2\n")
    await writer.drain()
    await until(lambda: stored(settings))
    writer.close()
    await until(lambda: not stored(settings))
    assert (await client.post(DATASETS, content=CONTENT)).status_code == 201


async def test_a_client_that_stops_sending_is_dropped(settings: Settings) -> None:
    async with serving(changed(settings, dataset_idle_seconds=1)) as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(UPLOAD_HEAD + b"a,b\n")
        answer = await asyncio.wait_for(reader.read(), 20)
        assert b"408" in answer.split(b"\r\n", 1)[0]
        assert stored(settings) == []
        writer.close()


async def test_a_client_that_only_trickles_is_dropped(settings: Settings) -> None:
    async with serving(changed(settings, dataset_idle_seconds=1)) as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(UPLOAD_HEAD + b"a,b\n")

        async def trickle() -> None:
            while True:
                writer.write(b"1")
                await asyncio.sleep(0.1)

        trickling = asyncio.create_task(trickle())
        answer = await asyncio.wait_for(reader.read(), 20)
        trickling.cancel()
        assert b"408" in answer.split(b"\r\n", 1)[0]
        assert stored(settings) == []
        writer.close()


async def test_more_uploads_than_may_be_are_503_and_told_when_to_come_again(settings: Settings) -> None:
    async with serving(changed(settings, dataset_uploads=1)) as client:
        _, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(UPLOAD_HEAD + b"a,b\n")
        await writer.drain()
        await until(lambda: stored(settings))
        answer = await client.post(DATASETS, content=CONTENT)
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        writer.close()
        await until(lambda: not stored(settings))
        assert (await client.post(DATASETS, content=CONTENT)).status_code == 201


@pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 507), (errno.EDQUOT, 507), (errno.EIO, 503)])
async def test_a_disk_that_does_not_take_it_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, number: int, status: int
) -> None:
    async def fails(self: object, dataset: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr("shared.storage.datasets.DatasetFolder.commit", fails)
    async with serving(settings) as client:
        answer = await client.post(DATASETS, content=CONTENT)
    assert answer.status_code == status
    assert stored(settings) == []


async def test_a_disk_that_fills_up_in_the_middle_is_told(
    client: httpx.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    settings.dataset_path.mkdir(parents=True)
    full = settings.dataset_path / "full"
    full.symlink_to("/dev/full")
    monkeypatch.setattr("shared.storage.datasets.DatasetFolder.upload_path", lambda self, dataset_id: full)
    answer = await client.post(DATASETS, content=CONTENT)
    assert answer.status_code == 507
    assert "No space left on device" in answer.json()["detail"]


async def test_less_room_than_the_client_declares_is_told_before_anything_is_written(
    client: httpx.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 10})())
    answer = await client.post(DATASETS, content=CONTENT)
    assert answer.status_code == 507
    assert stored(settings) == []


async def test_a_report_that_names_a_dataset_is_checked_against_it(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    dataset_id = (await client.post(DATASETS, content=CONTENT)).json()["datasetId"]

    async def errors(data: dict[str, Any]) -> dict[str, str]:
        answer = await client.post("/api/v1/reports/generate", json={"reportType": "table", "data": data})
        return {error["path"]: error["message"] for error in answer.json().get("errors", [])}

    assert await errors({"dataset": dataset_id, "columns": [{"key": "amount"}]}) == {}
    assert await errors({"dataset": dataset_id, "columns": [{"key": "day"}, {"key": "price"}]}) == {
        "data.columns.1.key": "the dataset has no column 'price'; it has day, customer, amount"
    }
    assert await errors({"dataset": "0" * 32}) == {"data.dataset": f"there is no dataset {'0' * 32!r}"}
    assert list(await errors({"dataset": "../x"})) == ["data.dataset"]
    assert list(await errors({"dataset": dataset_id, "rows": []})) == ["data.dataset"]
    assert list(await errors({})) == ["data.rows"]


async def test_naming_a_dataset_starts_its_age_anew(client: httpx.AsyncClient, settings: Settings) -> None:
    body = (await client.post(DATASETS, content=CONTENT)).json()
    record = settings.dataset_path / f"{body['datasetId']}.json"
    os.utime(record, (1_000_000_000, 1_000_000_000))
    before = (await client.get(f"{DATASETS}/{body['datasetId']}")).json()["expiresAt"]
    assert before.startswith("2001-")
    report = {"reportType": "table", "data": {"dataset": body["datasetId"]}}
    assert (await client.post("/api/v1/reports/generate", json=report)).status_code == 202
    after = (await client.get(f"{DATASETS}/{body['datasetId']}")).json()["expiresAt"]
    assert after >= body["expiresAt"]
    assert json.loads(record.read_text())["rows"] == 2
