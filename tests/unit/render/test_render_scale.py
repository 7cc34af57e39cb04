"""A theme's scale: all type of a document's content grows with it, and stays in its frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from render_helpers import Word, check, make, words_of

from shared.reports import REPORT_TYPES
from worker.render.theme import A4, MARGIN

BLOCKS: dict[str, dict[str, Any]] = {
    "table": {"type": "table", "rows": [{"sample": "x", "n": 1}]},
    "chart": {"type": "chart", "kind": "bar", "labels": ["sample"], "values": [3]},
    "lying bars": {"type": "chart", "kind": "bar", "horizontal": True, "labels": ["sample"], "values": [3]},
    "pie": {"type": "chart", "kind": "pie", "labels": ["sample"], "values": [3]},
    "metrics": {"type": "metrics", "items": [{"label": "sample", "value": 1}]},
    "keyValue": {"type": "keyValue", "items": {"sample": 1}},
    "signature": {"type": "signature", "lines": ["sample"]},
    "barcode": {"type": "barcode", "value": "1", "caption": "sample"},
    "code": {"type": "code", "text": "x", "title": "sample"},
}


def sample(folder: Path, block: dict[str, Any], scale: float) -> Word:
    """The word "sample" in a document of that scale."""
    path, _ = make(folder, "document", {"blocks": [block], "theme": {"scale": scale}})
    check(path)
    return next(word for word in words_of(path) if word.text == "sample")


@pytest.mark.parametrize("name", BLOCKS)
def test_a_blocks_type_grows_with_the_theme(name: str, tmp_path: Path) -> None:
    small, large = (sample(tmp_path, BLOCKS[name], scale) for scale in (0.8, 1.25))
    assert (large.x1 - large.x0) / (small.x1 - small.x0) == pytest.approx(1.25 / 0.8, rel=0.02)


@pytest.mark.parametrize("scale", [0.8, 1.25])
@pytest.mark.parametrize("name", REPORT_TYPES)
def test_every_type_stays_in_its_frame(name: str, scale: float, tmp_path: Path) -> None:
    path, outcome = make(tmp_path, name, {**REPORT_TYPES[name].example, "theme": {"scale": scale}})
    assert not outcome.warnings
    for word in words_of(path):
        assert word.x0 > MARGIN - 1, word
        assert word.x1 < A4[0] - MARGIN + 1, word


def test_a_charts_own_height_is_what_was_asked_for(tmp_path: Path) -> None:
    below = {"type": "paragraph", "text": "below"}
    for scale in (0.8, 1.25):
        chart = {**BLOCKS["chart"], "height": 200}
        path, _ = make(tmp_path, "document", {"blocks": [chart, below], "theme": {"scale": scale}})
        words = words_of(path)
        title, text = (next(word for word in words if word.text == one) for one in ("Document", "below"))
        assert text.y0 - title.y1 == pytest.approx(200 + 14 * 2, abs=12)


def test_the_title_of_code_stays_on_its_page(tmp_path: Path) -> None:
    code = {"type": "code", "title": "mark", "text": "\n".join("line" for _ in range(12))}
    for height in range(440, 640, 10):
        blocks = [{"type": "spacer", "height": height}, code]
        path, _ = make(tmp_path, "document", {"blocks": blocks})
        pages = {word.page for word in words_of(path) if word.text in ("mark", "line")}
        assert len(pages) == 1
