"""Stored rows are compared with their record, and taking bytes in leaves nothing of what is refused."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.datasets.intake import take_in
from shared.datasets.model import Dataset
from shared.datasets.parse import Wanted
from shared.datasets.rows import DatasetRows
from shared.errors import DatasetDamaged, DatasetMissing
from shared.settings import CHECKOUT
from tests.unit.datasets.helpers import Taken

CONTENT = b"a,b\n" + b"".join(b"%d,word\n" % number for number in range(3000))


def read(path: Path, dataset: Dataset) -> int:
    return sum(1 for _ in DatasetRows(path, dataset).rows(["a"]))


def test_a_record_survives_json(tmp_path: Path) -> None:
    dataset = Taken(tmp_path, CONTENT).dataset
    assert Dataset.from_json(json.loads(json.dumps(dataset.to_json()))) == dataset


def test_columns_are_chosen_by_name_in_any_order(tmp_path: Path) -> None:
    taken = Taken(tmp_path, CONTENT)
    assert next(DatasetRows(taken.path, taken.dataset).rows(["b", "a", "b"])) == ["word", 0, "word"]
    lines = Taken(tmp_path, b'{"x":1,"y":2}\n')
    assert list(DatasetRows(lines.path, lines.dataset).rows(["y"])) == [[2]]
    arrays = Taken(tmp_path, b"[[1,2,3],[4]]")
    assert list(DatasetRows(arrays.path, arrays.dataset).rows(["Column 3"])) == [[3], [None]]


def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    taken = Taken(tmp_path, CONTENT)
    assert read(taken.path, taken.dataset) == 3000
    taken.path.write_bytes(CONTENT.replace(b"1234,", b"1235,"))
    with pytest.raises(DatasetDamaged):
        read(taken.path, taken.dataset)


@pytest.mark.parametrize("content", [CONTENT[:-7], CONTENT + b"1,more\n", b"", b"\xff\xfe", b'a,b\n"'])
def test_other_bytes_are_found(content: bytes, tmp_path: Path) -> None:
    taken = Taken(tmp_path, CONTENT)
    taken.path.write_bytes(content)
    with pytest.raises(DatasetDamaged):
        read(taken.path, taken.dataset)


def test_another_count_than_the_recorded_one_is_found(tmp_path: Path) -> None:
    taken = Taken(tmp_path, CONTENT)
    with pytest.raises(DatasetDamaged):
        read(taken.path, replace(taken.dataset, rows=2999))


def test_a_file_that_is_gone_is_missing(tmp_path: Path) -> None:
    taken = Taken(tmp_path, CONTENT)
    taken.path.unlink()
    with pytest.raises(DatasetMissing):
        read(taken.path, taken.dataset)


def test_a_full_disk_is_told_from_a_bad_file() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    answer = take_in(io.BytesIO(CONTENT), Path("/dev/full"), Wanted())
    assert answer == {"storage": {"errno": 28, "message": "No space left on device"}}


def intake(target: Path, content: bytes, **options: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "shared.datasets.intake", str(target), "{}"]
    return subprocess.run(
        command, input=content, cwd=CHECKOUT, env={"PATH": os.defpath}, check=False, timeout=60, **options
    )


def test_the_process_keeps_a_dataset_and_removes_what_it_refuses(tmp_path: Path) -> None:
    good = intake(tmp_path / "good", CONTENT, capture_output=True)
    assert json.loads(good.stdout)["dataset"]["rows"] == 3000
    assert (tmp_path / "good").read_bytes() == CONTENT
    bad = intake(tmp_path / "bad", b'a,b\n"', capture_output=True)
    assert json.loads(bad.stdout)["errors"][0]["path"] == "line.2"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good"]


def test_the_process_leaves_nothing_when_nobody_takes_its_answer(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = intake(tmp_path / "orphan", CONTENT, stdout=writing)
    os.close(writing)
    assert ended.returncode == 0
    assert list(tmp_path.iterdir()) == []
