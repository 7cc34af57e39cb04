"""What stands on every page: numbers that end at the margin, lines with room of their own, watermarks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pikepdf
import pytest
from render_helpers import Word, check, make, operators_of, words_of


def document(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"title": "Pages", "blocks": list(blocks), **more}


def pages_of_text(count: int) -> list[dict[str, Any]]:
    return [block for number in range(count) for block in ({"type": "paragraph", "text": f"content {number}"},
                                                           {"type": "pageBreak"})][:-1]  # fmt: skip


def on_page(words: list[Word], page: int) -> list[Word]:
    return [word for word in words if word.page == page]


@pytest.mark.parametrize("count", [1, 9, 12, 104])
@pytest.mark.parametrize("orientation", ["portrait", "landscape"])
def test_page_x_of_y_ends_at_the_right_margin(count: int, orientation: str, tmp_path: Path) -> None:
    page = {"size": "A4", "orientation": orientation, "margins": {"right": 60}}
    path, _ = make(tmp_path, "document", document(*pages_of_text(count), page=page))
    assert check(path) == count
    width = 841.89 if orientation == "landscape" else 595.28
    words = words_of(path)
    for number in {1, count}:
        foot = [word.text for word in on_page(words, number)][-4:]
        numbered = sorted((word for word in on_page(words, number) if word.y0 > 500), key=lambda w: w.x0)[-4:]
        assert [word.text for word in numbered] == ["Page", str(number), "of", str(count)], foot
        assert numbered[-1].x1 == pytest.approx(width - 60, abs=0.1)
        gap = numbered[3].x0 - numbered[2].x1
        assert 1 < gap < 4


def test_lines_at_head_and_foot_do_not_touch_the_content_in_the_narrowest_margins(tmp_path: Path) -> None:
    blocks = [{"type": "paragraph", "text": "content " * 6000}]
    path, _ = make(
        tmp_path, "document", document(*blocks, page={"margins": 18}, header="head", footer="foot")
    )
    words = on_page(words_of(path), 2)
    (head,) = (word for word in words if word.text == "head")
    (foot,) = (word for word in words if word.text == "foot")
    content = [word for word in words if word.text == "content"]
    assert min(word.y0 for word in content) > head.y1 + 2
    assert max(word.y1 for word in content) < foot.y0 - 2
    assert head.y0 >= 14
    assert foot.y1 <= 841.89 - 10


def test_the_title_keeps_the_top_margin(tmp_path: Path) -> None:
    tops = {}
    for margin in (62, 140):
        path, _ = make(tmp_path, "document", document(*pages_of_text(1), page={"margins": {"top": margin}}))
        tops[margin] = words_of(path)[0].y0
    assert tops[140] - tops[62] == pytest.approx(78, abs=0.1)


def test_a_watermark_is_drawn_over_the_shades_of_a_table(tmp_path: Path) -> None:
    rows = [{"a": f"row {number}"} for number in range(30)]
    path, _ = make(tmp_path, "table", {"rows": rows, "watermark": "DRAFT"})
    check(path)
    with pikepdf.open(path) as pdf:
        content = operators_of(pdf.pages[0])
    assert content.rindex(b"BMC") > content.rindex(b" re\n")


def test_a_header_and_a_footer_that_are_cut_are_named_in_a_warning(tmp_path: Path) -> None:
    long = "words without end " * 30
    data = document(*pages_of_text(2), header={"left": long}, footer={"right": long + "{pages}"})
    _, outcome = make(tmp_path, "document", data)
    assert set(outcome.warnings) == {"the header was cut to fit", "the footer was cut to fit"}
