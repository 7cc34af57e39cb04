"""What the documentation of the report types says is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from shared.reports import REPORT_TYPES, catalog
from worker.render import engine
from worker.render.engine import RenderRequest, render

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "report-types.md").read_text(encoding="utf-8")


def test_every_key_of_every_type_is_described() -> None:
    words = set(re.findall(r"\w+", TEXT))
    missing = set()
    for kind in REPORT_TYPES.values():
        schema = kind.json_schema()
        for name, model in {"": schema, **schema.get("$defs", {})}.items():
            if name != "Encryption":
                missing |= set(model.get("properties", {})) - words
    assert missing == set()


def test_every_type_has_a_section_with_its_picture() -> None:
    for name in REPORT_TYPES:
        assert f"\n## {name}\n" in TEXT
        assert f"(gallery/type-{name}.png)" in TEXT


def test_every_picture_that_is_shown_is_there() -> None:
    for page in (DOCS / "report-types.md", DOCS / "gallery" / "README.md"):
        shown = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
        assert shown
        assert all((page.parent / picture).is_file() for picture in shown)


def test_the_type_that_is_shown_as_an_example_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [code] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict[str, Any] = {"__name__": "shared.reports.attendance"}
    exec(compile(code, "attendance.py", "exec", dont_inherit=True), names)
    kind = names["REPORT"]
    types = {**REPORT_TYPES, kind.name: kind}
    monkeypatch.setattr(catalog, "REPORT_TYPES", types)
    monkeypatch.setattr(engine, "REPORT_TYPES", types)
    request = RenderRequest("job", "attendance", None, {**kind.example, "host": "Bo"}, 0, 10)
    outcome = render(request, tmp_path / "out.pdf", lambda percent, stage: None)
    assert outcome.rows_rendered == 1
    assert kind.json_schema()["required"] == ["event", "day", "guests"]
