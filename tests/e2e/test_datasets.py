"""Datasets through the real services: from a file of a well-known collection to a PDF with every row."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.client import eventually
from tests.e2e.stack import Stack

#: file, rows, a column with its type
FILES = [
    ("airports.csv", 3376, ("iata", "text")),
    ("seattle-weather.csv", 1461, ("date", "date")),
    ("sf-temps.csv", 8759, ("temp", "number")),
    ("cars.json", 406, ("Horsepower", "number")),
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack.start()


def upload(stack: Stack, content: bytes, query: str = "") -> dict[str, Any]:
    answer = stack.post(stack.producer_port, f"/api/v1/datasets{query}", content=content, timeout=120)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def table(dataset_id: str, **data: Any) -> dict[str, Any]:
    return {"reportType": "table", "title": "Rows", "data": {"dataset": dataset_id, **data}}


def pdf_of(stack: Stack, job: dict[str, Any]) -> bytes:
    return stack.get(stack.dashboard_port, f"/api/jobs/{job['id']}/download").content


def text_of(pdf: bytes, folder: Path) -> str:
    tool = shutil.which("pdftotext")
    if tool is None:
        pytest.skip("needs pdftotext, of poppler-utils")
    path = folder / "report.pdf"
    path.write_bytes(pdf)
    return subprocess.run([tool, "-layout", path, "-"], capture_output=True, check=True, text=True).stdout


@pytest.mark.parametrize(("name", "rows", "column"), FILES)
def test_a_real_file_becomes_a_report_with_all_its_rows(
    stack: Stack, name: str, rows: int, column: tuple[str, str]
) -> None:
    content = (resources.files("vega_datasets") / "_data" / name).read_bytes()
    dataset = upload(stack, content, f"?fileName={name}")
    assert (dataset["rows"], dataset["bytes"]) == (rows, len(content))
    assert dataset["sha256"] == hashlib.sha256(content).hexdigest()
    assert {"name": column[0], "type": column[1]} in dataset["columns"]
    result = stack.completed(stack.submit(table(dataset["datasetId"])))["result"]
    assert (result["rowsReceived"], result["rowsRendered"]) == (rows, rows)


def test_a_large_dataset_goes_through_with_little_memory(stack: Stack, tmp_path: Path) -> None:
    lines = b"".join(b"%d,word %d,%d.%02d\n" % (n, n, n % 1000, n % 100) for n in range(120_000))
    dataset = upload(stack, b"number,words,amount\n" + lines)
    columns = [{"key": "number"}, {"key": "words"}, {"key": "amount", "format": "number", "total": "sum"}]
    job = stack.completed(stack.submit(table(dataset["datasetId"], columns=columns)))
    assert job["result"]["rowsRendered"] == 120_000
    assert job["result"]["peakRssMb"] < 150
    text = text_of(pdf_of(stack, job), tmp_path)
    assert "word 119999" in text
    assert f"{sum(n % 1000 + n % 100 / 100 for n in range(120_000)):,.2f}" in text


def test_a_dataset_that_was_deleted_before_its_report_fails_it_at_once(stack: Stack) -> None:
    dataset = upload(stack, b"a,b\n1,2\n")
    job_id = stack.submit({**table(dataset["datasetId"]), "delayMs": 1500})
    deleted = stack.delete(stack.producer_port, f"/api/v1/datasets/{dataset['datasetId']}")
    assert deleted.status_code == 204

    def failed() -> dict[str, Any] | None:
        body: dict[str, Any] = stack.get(stack.dashboard_port, f"/api/jobs/{job_id}").json()
        return body if body["state"] == "failed" else None

    job = eventually(failed, "the job fails")
    assert job["attempts"] == 1
    assert job["error"]["type"] == "DatasetMissing"
    assert dataset["datasetId"] in job["failedReason"]


def test_a_dataset_that_was_changed_on_the_disk_fails_its_report(stack: Stack) -> None:
    dataset = upload(stack, b"a,b\n1,2\n")
    data = stack.folder / "uploads" / "datasets" / f"{dataset['datasetId']}.data"
    data.write_bytes(b"a,b\n1,3\n")
    job_id = stack.submit(table(dataset["datasetId"]))

    def failed() -> dict[str, Any] | None:
        body: dict[str, Any] = stack.get(stack.dashboard_port, f"/api/jobs/{job_id}").json()
        return body if body["state"] == "failed" else None

    assert eventually(failed, "the job fails")["error"]["type"] == "DatasetDamaged"


def test_no_service_hands_out_the_data(stack: Stack) -> None:
    dataset = upload(stack, b"a,b\nsecret,2\n")
    for name in (f"{dataset['datasetId']}.data", f"datasets%2F{dataset['datasetId']}.data"):
        answer = stack.get(stack.worker_port, f"/uploads/{name}")
        assert answer.status_code == 404
        assert b"secret" not in answer.content


def test_a_batch_of_reports_comes_out_whole(stack: Stack) -> None:
    dataset = upload(stack, json.dumps([{"n": n} for n in range(50)]).encode())
    reports = [table(dataset["datasetId"], summary=f"Copy {copy}") for copy in range(20)]
    answer = stack.post(stack.producer_port, "/api/v1/reports/batch", json={"reports": reports})
    assert answer.status_code == 202, answer.text
    results = [stack.completed(job["jobId"])["result"] for job in answer.json()["data"]]
    assert [result["rowsRendered"] for result in results] == [50] * 20
