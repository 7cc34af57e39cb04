"""A safe part of Markdown in running text: bold, italic, code, links, line breaks; else it stays as typed."""

from __future__ import annotations

import re
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from shared.reports.blocks import Span

_LINK = re.compile(r"(https?://[^\s/]|mailto:[^\s@]+@)[^\s]*", re.IGNORECASE)
#: text without any of these has no markup in it
_MARKS = re.compile(r"[*_`\[\\\r]|  \n")
_MAX_LINK = 2000


def spans_of(text: str) -> tuple[Span, ...]:
    """The text in its styles. A line feed in the text is a line feed in the result."""
    if _MARKS.search(text) is None:
        return (Span(text),) if text else ()
    [inline] = _parser().parseInline(text)
    spans: list[Span] = []
    bold = italic = 0
    link: str | None = None
    for token in inline.children or ():
        kind = token.type
        if kind in ("strong_open", "strong_close"):
            bold += token.nesting
        elif kind in ("em_open", "em_close"):
            italic += token.nesting
        elif kind in ("link_open", "link_close"):
            link = str(token.attrGet("href")) if token.nesting > 0 else None
        else:
            spans.append(Span(_text(token), bold > 0, italic > 0, kind == "code_inline", link))
    return tuple(_joined([span for span in spans if span.text]))


def is_allowed_link(target: str) -> bool:
    """http, https and mailto; anything else stays the text that it is."""
    return len(target) <= _MAX_LINK and _LINK.fullmatch(target) is not None


def _text(token: Token) -> str:
    return "\n" if token.type in ("softbreak", "hardbreak") else token.content


def _joined(spans: list[Span]) -> list[Span]:
    """Neighbours of the same style as one."""
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        if last is not None and _style(last) == _style(span):
            joined[-1] = Span(last.text + span.text, *_style(span))
        else:
            joined.append(span)
    return joined


def _style(span: Span) -> tuple[bool, bool, bool, str | None]:
    return span.bold, span.italic, span.code, span.link


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero").enable(["emphasis", "backticks", "link", "newline", "escape"])
    parser.validateLink = is_allowed_link  # type: ignore[method-assign, assignment]
    return parser
