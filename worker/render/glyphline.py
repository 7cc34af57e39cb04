"""The operators that show shaped text."""

from __future__ import annotations

from worker.render.faces import ShapedFace
from worker.render.shaping import Glyph, ShapedRun
from worker.render.subsets import GlyphSubset


def show_clusters(subset: GlyphSubset, run: ShapedRun, size: float) -> str:
    """Text operators. The widest glyph of a cluster stands for its text, the others for none.

    A run to the right in which glyphs and characters don't pair up also says its text as a whole
    (/ActualText). Readers put what runs to the left in order by its place, character by character; they would
    turn round such a text, so there a cluster's text is given as it is seen, from left to right.
    """
    line = _GlyphLine(subset.face, size)
    paired = True
    for cluster in run.clusters:
        speaker = max(cluster.glyphs, key=lambda glyph: glyph.advance)
        text = cluster.text[::-1] if run.rtl else cluster.text
        for glyph in cluster.glyphs:
            code = subset.code(glyph.number, text if glyph is speaker else "")
            line.add(code, glyph)
        paired = paired and len(cluster.glyphs) == 1
    shown = line.end()
    if paired or run.rtl:
        return shown
    spoken = "".join(cluster.text for cluster in run.clusters).encode("utf-16-be").hex().upper()
    return f"/Span<</ActualText<FEFF{spoken}>>>BDC {shown} EMC"


class _GlyphLine:
    """Collects glyphs into TJ operators; what a glyph is off its place is made good by the next."""

    def __init__(self, face: ShapedFace, size: float) -> None:
        self._face, self._size = face, size
        self._out: list[str] = []
        self._parts: list[str] = []
        self._rise = 0.0
        # how far the pen stands right of where the text has come to
        self._ahead = 0.0

    def add(self, code: int, glyph: Glyph) -> None:
        """One glyph under its code."""
        if glyph.y_offset != self._rise:
            self._flush()
            self._rise = glyph.y_offset
            self._out.append(f"{self._rise * self._size / 1000:.3f} Ts")
        move = glyph.x_offset - self._ahead
        if abs(move) > 0.05:
            self._parts.append(f"{-move:.1f}")
            self._ahead += move
        self._parts.append(f"<{code:04X}>")
        self._ahead += self._face.advance(glyph.number) - glyph.advance

    def end(self) -> str:
        """All operators; pen and text are together again."""
        if abs(self._ahead) > 0.05:
            self._parts.append(f"{self._ahead:.1f}")
        self._flush()
        if self._rise:
            self._out.append("0 Ts")
        return " ".join(self._out)

    def _flush(self) -> None:
        if self._parts:
            self._out.append(f"[{''.join(self._parts)}]TJ".replace("><", ""))
            self._parts = []
