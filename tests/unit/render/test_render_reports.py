"""Whole reports: what was sent stands in the PDF, in the same bytes every time."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from render_helpers import CREATED_AT_MS, check, make, text_of

from shared.errors import PageLimitExceeded, RowsMismatch, ValidationFailed
from shared.reports import REPORT_TYPES, ReportType, validate_data
from worker.render.engine import RenderRequest, render

EXAMPLES = {name: kind.example for name, kind in REPORT_TYPES.items()}


@pytest.mark.parametrize("name", REPORT_TYPES)
def test_every_example_gives_a_sound_pdf(name: str, tmp_path: Path) -> None:
    path, outcome = make(tmp_path, name, EXAMPLES[name])
    content = path.read_bytes()
    assert check(path) == outcome.pages
    assert outcome.file_size == len(content)
    assert outcome.sha256 == hashlib.sha256(content).hexdigest()
    assert outcome.rows_received == outcome.rows_rendered
    assert outcome.warnings == ()
    text = text_of(path)
    kind = REPORT_TYPES[name]
    assert (kind.heading(validate_data(name, EXAMPLES[name])) or kind.title) in text
    assert text.count(f"of {outcome.pages}") >= outcome.pages
    assert f"Page 1 of {outcome.pages}" in text
    assert "21 Sep 2026, 14:13 UTC · job-1" in text


@pytest.mark.parametrize("name", ["sales", "inventory", "performance", "test"])
@pytest.mark.parametrize("revenue", [12500, "12500", ""])
def test_the_inherited_minimum_gives_a_pdf(name: str, revenue: object, tmp_path: Path) -> None:
    path, _ = make(tmp_path, name, {"period": "2026-Q1", "revenue": revenue})
    text = text_of(path)
    assert "2026-Q1" in text
    assert "12,500" in text or revenue == ""


def test_text_of_three_scripts_can_be_read_back(tmp_path: Path) -> None:
    path, _ = make(tmp_path, "test", EXAMPLES["test"])
    text = text_of(path)
    assert "Łódź, İstanbul, „quotes“" in text
    assert "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία" in text
    assert "Съешь же ещё этих мягких французских булок" in text


def test_the_document_information_names_the_job(tmp_path: Path) -> None:
    path, _ = make(tmp_path, "sales", EXAMPLES["sales"], title="Année (2026) \\ ok")
    with pikepdf.open(path) as pdf:
        info = {key: str(value) for key, value in pdf.docinfo.items()}
    assert info["/Title"] == "Année (2026) \\ ok"
    assert info["/Author"] == "Pressroom"
    assert info["/Subject"] == "sales"
    assert info["/Keywords"] == "job-1"
    assert info["/RowsRendered"] == "8"


def test_unknown_keys_are_printed_wherever_they_are(tmp_path: Path) -> None:
    data: dict[str, Any] = {
        "period": "x",
        "revenue": 1,
        "approvedBy": {"name": "Ada", "roles": ["cfo", "ceo"], "deep": [{"level": "bottom"}]},
        "visits": [{"page": "/start", "hits": 10}, {"page": "/end", "referrer": "mail"}],
        "products": [{"name": "Lamp", "warehouse": "Kiel"}],
        "byMonth": [{"label": "Jan", "value": 1, "remark": "snow"}],
    }
    path, _ = make(tmp_path, "sales", data)
    text = text_of(path)
    for printed in ("approvedBy.name Ada", "cfo, ceo", "approvedBy.deep.0.level bottom", "referrer", "mail"):
        assert printed in text
    for printed in ("/start", "warehouse", "Kiel", "byMonth.0.remark snow"):
        assert printed in text


def test_many_unknown_keys_of_rows_share_a_column(tmp_path: Path) -> None:
    products = [{"name": f"p{index}", f"odd{index}": f"value{index}"} for index in range(60)]
    path, outcome = make(tmp_path, "sales", {"period": "x", "revenue": 1, "products": products})
    text = text_of(path)
    assert all(f"odd{index}: value{index}" in text for index in range(60))
    assert outcome.pages < 4


@pytest.mark.parametrize(
    "values", [[2.3e-308], [1e16, 1e16 + 2], [0, 0], [-1e299, 5], [-3, -2, -1], [1e289, -1e289]]
)
@pytest.mark.parametrize("key", ["byMonth", "byRegion"])
def test_a_chart_of_any_values_can_be_drawn(key: str, values: list[float], tmp_path: Path) -> None:
    points = [{"label": f"p{index}", "value": value} for index, value in enumerate(values)]
    path, _ = make(tmp_path, "sales", {"period": "x", "revenue": 1, key: points})
    check(path)


def test_markup_in_data_is_text(tmp_path: Path) -> None:
    evil = "<img src='/etc/passwd'> <b>x</b> {{7*7}} (a) \\) Tj"
    data = {"rows": [{"a": evil}], "summary": evil, "notes": evil}
    path, _ = make(tmp_path, "table", data)
    assert text_of(path).count("<img src='/etc/passwd'> <b>x</b> {{7*7}} (a) \\) Tj") == 3


def test_a_glyph_that_no_font_has_is_shown_and_named(tmp_path: Path) -> None:
    path, outcome = make(tmp_path, "table", {"rows": [["\U00012000"]]})
    assert outcome.warnings == ("no font has a glyph for U+12000 CUNEIFORM SIGN A",)
    assert "\ufffd" in text_of(path)


def test_a_second_font_steps_in_for_other_scripts(tmp_path: Path) -> None:
    path, outcome = make(tmp_path, "table", {"rows": [["Tbilisi თბილისი ok"]]})
    assert outcome.warnings == ()
    assert "Tbilisi თბილისი ok" in text_of(path)


def test_an_override_does_not_turn_the_text_round(tmp_path: Path) -> None:
    path, _ = make(tmp_path, "table", {"rows": [["abc\u202edef\u200bghi"]]})
    assert "abcdefghi" in text_of(path)


def test_the_page_limit_holds(tmp_path: Path) -> None:
    data = {"rows": [[index] for index in range(200)]}
    with pytest.raises(PageLimitExceeded):
        make(tmp_path, "table", data, max_pages=3)
    assert make(tmp_path, "table", data, max_pages=10)[1].pages <= 10


def test_bad_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationFailed):
        make(tmp_path, "sales", {"period": "x"})


def test_a_row_that_got_lost_fails_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReportType, "count_rows", lambda kind, data: 9)
    with pytest.raises(RowsMismatch):
        make(tmp_path, "sales", EXAMPLES["sales"])


def test_progress_never_falls_and_names_rows(tmp_path: Path) -> None:
    seen: list[tuple[int, str]] = []
    request = RenderRequest("job", "table", None, {"rows": [[n] for n in range(500)]}, CREATED_AT_MS, 100)
    render(request, tmp_path / "out.pdf", lambda percent, stage: seen.append((percent, stage)))
    percents = [percent for percent, _ in seen]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert any(" of 500, page " in stage for _, stage in seen)


_SCRIPT = """
import json, sys
from pathlib import Path
from worker.render.engine import RenderRequest, render
for name, data in json.loads(sys.stdin.read()).items():
    request = RenderRequest("job-1", name, None, data, 1790000000000, 500)
    print(name, render(request, Path(sys.argv[1]), lambda percent, stage: None).sha256)
"""


def test_the_same_request_gives_the_same_bytes_in_any_environment(tmp_path: Path) -> None:
    outputs = []
    for seed, zone, locale in (("1", "UTC", "C"), ("2", "Asia/Kathmandu", "de_DE.UTF-8")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale}
        run = subprocess.run(
            [sys.executable, "-c", _SCRIPT, str(tmp_path / "out.pdf")],
            input=json.dumps(EXAMPLES),
            capture_output=True,
            text=True,
            env=environment,
            check=True,
        )
        outputs.append(run.stdout)
    here = "".join(f"{name} {make(tmp_path, name, data)[1].sha256}\n" for name, data in EXAMPLES.items())
    assert outputs == [here, here]
