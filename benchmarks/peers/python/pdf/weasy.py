"""WeasyPrint."""

from __future__ import annotations

from typing import Any

from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration

from benchmarks.peers.python.pdf.html import page_of

_FONTS = FontConfiguration()


def render(document: dict[str, Any], target: str) -> None:
    """Writes the document."""
    HTML(string=page_of(document)).write_pdf(target, font_config=_FONTS)
