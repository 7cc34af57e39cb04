"""The part of Markdown that text may use, and all that stays as it was typed."""

from __future__ import annotations

import pytest

from shared.reports.blocks import Span
from shared.reports.markdown import is_allowed_link, spans_of


def test_emphasis_code_links_and_line_breaks_are_understood() -> None:
    assert spans_of("a **b *c*** `d*e*`\nf") == (
        Span("a "),
        Span("b ", bold=True),
        Span("c", bold=True, italic=True),
        Span(" "),
        Span("d*e*", code=True),
        Span("\nf"),
    )
    assert spans_of("[the **site**](https://a.example/x?y=1 'title')") == (
        Span("the ", link="https://a.example/x?y=1"),
        Span("site", bold=True, link="https://a.example/x?y=1"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "# no heading",
        "- no list",
        "> no quote",
        "<b>no tags</b> &amp; no entities",
        "| no | table |",
        "~~not struck~~ and $no$ formula",
        "[x](javascript:alert(1))",
        "[x](file:///etc/passwd)",
        "[x](data:text/html;base64,AAAA)",
        "[x](JaVaScRiPt:alert(1))",
        "[x](/relative)",
        "[x](mailto:nobody)",
        "<https://a.example>",
        "{{7*7}} ${x} <img src='/etc/passwd'>",
        "5 * 3 * 2, snake_case_name, 2**",
    ],
)
def test_anything_else_stays_as_it_was_typed(text: str) -> None:
    assert "".join(span.text for span in spans_of(text)) == text
    assert not any(span.link for span in spans_of(text))


def test_a_picture_is_not_fetched_but_linked() -> None:
    assert spans_of("![x](http://a.example/b.png)") == (Span("!"), Span("x", link="http://a.example/b.png"))


def test_backslashes_escape() -> None:
    assert spans_of(r"\*not bold\* \[x\]") == (Span("*not bold* [x]"),)


def test_long_and_nasty_text_takes_no_time() -> None:
    for text in ("*" * 20_000, "[" * 20_000, "`" * 20_000, "**a" * 5_000, "[a](" * 5_000):
        assert "".join(span.text for span in spans_of(text))


@pytest.mark.parametrize("link", ["https://x.example", "HTTP://x.example/a", "mailto:a@b.example"])
def test_three_kinds_of_links_are_allowed(link: str) -> None:
    assert is_allowed_link(link)
