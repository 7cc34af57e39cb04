"""A table whose rows come from a dataset: streamed, formatted by the recorded columns, counted, compared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from render_helpers import CREATED_AT_MS, check, text_of
from render_helpers import make as make_inline

from shared.datasets.model import Dataset
from shared.datasets.rows import DatasetRows
from shared.errors import DatasetDamaged, DatasetMissing, ValidationFailed
from tests.unit.datasets.helpers import Taken
from worker.render.engine import RenderOutcome, RenderRequest, render

ID = "0" * 32
CONTENT = "day;customer;units;amount;paid\n" + "".join(
    f"2026-0{1 + n % 9}-11;Kunde {n:05}é;{n};{n},50;{'true' if n % 2 else 'false'}\n" for n in range(900)
)


def make(
    folder: Path, taken: Taken, data: dict[str, Any], dataset: Dataset | None = None
) -> tuple[Path, RenderOutcome]:
    target = folder / "report.pdf"
    rows = DatasetRows(taken.path, dataset or taken.dataset)
    request = RenderRequest(
        "job-1", "table", None, {"dataset": ID, **data}, CREATED_AT_MS, 500, datasets={ID: rows}
    )
    return target, render(request, target, lambda percent, stage: None)


@pytest.fixture
def taken(tmp_path: Path) -> Taken:
    return Taken(tmp_path, CONTENT.encode("cp1252"))


def test_every_row_of_the_dataset_is_printed_by_its_type(taken: Taken, tmp_path: Path) -> None:
    path, outcome = make(tmp_path, taken, {})
    assert outcome.rows_received == outcome.rows_rendered == 900
    text = text_of(path)
    assert all(f"Kunde {n:05}é" in text for n in range(900))
    assert "11 Jan 2026 Kunde 00000é 0 0.50 no" in text
    assert "11 Sep 2026 Kunde 00899é 899 899.50 yes" in text
    assert check(path) == outcome.pages > 10


def test_columns_choose_among_those_of_the_dataset(taken: Taken, tmp_path: Path) -> None:
    columns = [
        {"key": "amount", "title": "Betrag", "format": "currency", "currency": "EUR", "total": "sum"},
        {"key": "customer"},
    ]
    path, outcome = make(tmp_path, taken, {"columns": columns})
    text = text_of(path)
    assert "Betrag" in text
    assert "units" not in text
    assert "€899.50 Kunde 00899é" in text
    assert "€405,000.00" in text
    assert outcome.rows_rendered == 900


def test_the_same_rows_inline_give_the_same_table(taken: Taken, tmp_path: Path) -> None:
    rows = [{"a": n, "b": f"word {n}"} for n in range(120)]
    stored = Taken(tmp_path, json.dumps(rows).encode())
    path, _ = make(tmp_path, stored, {})
    from_dataset = text_of(path)
    request = RenderRequest("job-1", "table", None, {"rows": rows}, CREATED_AT_MS, 500)
    render(request, path, lambda percent, stage: None)
    assert text_of(path) == from_dataset


def test_a_dataset_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    for content in (b"a,b\n", b"[]"):
        path, outcome = make(tmp_path, Taken(tmp_path, content), {})
        assert outcome.rows_received == outcome.rows_rendered == 0
        assert "No rows." in text_of(path)


def test_a_dataset_that_changed_fails_the_job(taken: Taken, tmp_path: Path) -> None:
    taken.path.write_bytes(taken.path.read_bytes().replace(b"Kunde 00500", b"Kunde 00501"))
    with pytest.raises(DatasetDamaged):
        make(tmp_path, taken, {})


def test_another_row_count_than_recorded_fails_the_job(taken: Taken, tmp_path: Path) -> None:
    with pytest.raises(DatasetDamaged):
        make(tmp_path, taken, {}, replace(taken.dataset, rows=901))


def test_a_dataset_that_is_gone_fails_the_job(taken: Taken, tmp_path: Path) -> None:
    dataset = taken.dataset
    taken.path.unlink()
    with pytest.raises(DatasetMissing):
        make(tmp_path, taken, {}, dataset)
    request = RenderRequest("job-1", "table", None, {"dataset": ID}, CREATED_AT_MS, 500)
    with pytest.raises(DatasetMissing):
        render(request, tmp_path / "report.pdf", lambda percent, stage: None)


def test_a_column_that_the_dataset_lacks_fails_the_job(taken: Taken, tmp_path: Path) -> None:
    with pytest.raises(ValidationFailed) as caught:
        make(tmp_path, taken, {"columns": [{"key": "price"}]})
    assert [error.path for error in caught.value.errors] == ["data.columns.0.key"]


def test_progress_counts_the_recorded_rows(taken: Taken, tmp_path: Path) -> None:
    stages: list[str] = []
    rows = DatasetRows(taken.path, taken.dataset)
    request = RenderRequest("job-1", "table", None, {"dataset": ID}, CREATED_AT_MS, 500, datasets={ID: rows})
    render(request, tmp_path / "report.pdf", lambda percent, stage: stages.append(stage))
    assert any(stage.startswith("table rows 900 of 900") for stage in stages)


def attached(path: Path) -> dict[str, bytes]:
    with pikepdf.open(path) as pdf:
        return {name: pdf.attachments[name].get_file().read_bytes() for name in pdf.attachments}


def test_the_rows_of_a_dataset_are_attached_as_csv(tmp_path: Path) -> None:
    taken = Taken(tmp_path, b'code;word;n\n007;=A1;1,50\n008;"x,y\nz";2,25\n')
    path, outcome = make(tmp_path, taken, {"columns": [{"key": "n"}], "output": {"attach": ["csv"]}})
    assert attached(path) == {"rows.csv": b'code,word,n\r\n007,\'=A1,1.5\r\n008,"x,y\nz",2.25\r\n'}
    assert outcome.rows_received == outcome.rows_rendered == 2
    assert outcome.warnings == ()
    with pikepdf.open(path) as pdf:
        stream = pdf.attachments["rows.csv"].get_file().obj
        assert int(stream.Params.Size) == len(stream.read_bytes())
    check(path)


def test_a_large_dataset_is_attached_in_pieces(taken: Taken, tmp_path: Path) -> None:
    output = {"attach": ["csv", "json"], "linearize": True, "encryption": {"ownerPassword": "secret"}}
    path, _ = make(tmp_path, taken, {"output": output})
    lines = attached(path)["rows.csv"].decode().splitlines()
    assert lines[0] == "day,customer,units,amount,paid"
    assert lines[-1] == "2026-09-11,Kunde 00899é,899,899.5,true"
    assert len(lines) == 901


def test_each_table_of_a_document_is_attached(taken: Taken, tmp_path: Path) -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "table", "rows": [{"a": 1}]},
        {"type": "columns", "columns": [[{"type": "table", "rows": [{"b": 2}]}]]},
    ]
    data = {"title": "x", "blocks": blocks, "output": {"attach": ["csv"]}}
    path, _ = make_inline(tmp_path, "document", data)
    assert attached(path) == {"rows-1.csv": b"a\r\n1\r\n", "rows-2.csv": b"b\r\n2\r\n"}
    blocks[1:] = [{"type": "table", "dataset": ID}]
    request = RenderRequest(
        "job-1",
        "document",
        None,
        data,
        CREATED_AT_MS,
        500,
        datasets={ID: DatasetRows(taken.path, taken.dataset)},
    )
    render(request, path, lambda percent, stage: None)
    assert len(attached(path)["rows-2.csv"].splitlines()) == 901


def test_rows_to_attach_that_are_not_there_are_missed(tmp_path: Path) -> None:
    data = {"period": "2026", "revenue": 1, "dataset": {"odd": 1}, "output": {"attach": ["csv"]}}
    path, outcome = make_inline(tmp_path, "sales", data)
    assert attached(path) == {}
    assert outcome.warnings == ("there are no rows to attach as CSV",)
