"""How reports look: sizes in points, colours as PDF operands (red green blue, 0 to 1)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.reports import presentation
from shared.reports.blocks import Tone

A4 = (595.28, 841.89)
MARGIN = 48.0
#: from the page's top edge to the first line of content, after the first page
TOP = 62.0
BOTTOM = 54.0

INK = "0.11 0.13 0.17"
MUTED = "0.42 0.46 0.52"
RULE = "0.84 0.86 0.89"
ZEBRA = "0.965 0.972 0.982"
CARD = "0.957 0.967 0.982"
ACCENT = "0.106 0.302 0.541"
WHITE = "1 1 1"
GOOD = "0.05 0.45 0.27"
BAD = "0.72 0.15 0.16"
#: Series of a chart, in order. Neighbours differ in lightness, so that they can be told apart without seeing
#: red and green, and in grey print.
PALETTE = (
    ACCENT,
    "0.902 0.541 0.196",
    "0.149 0.494 0.471",
    "0.486 0.698 0.867",
    "0.518 0.314 0.561",
    "0.843 0.714 0.290",
    "0.690 0.290 0.267",
    "0.467 0.510 0.561",
)

TITLE_SIZE = 22.0
HEADING_SIZES = (12.5, 10.5, 9.5)
BODY_SIZE = 9.5
SMALL_SIZE = 7.5
CHART_SIZE = 7.5
#: line height by type size
LEADING = 1.42
#: space between two blocks
GAP = 14.0


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one document."""

    ink: str = INK
    muted: str = MUTED
    rule: str = RULE
    zebra: str = ZEBRA
    card: str = CARD
    accent: str = ACCENT
    good: str = GOOD
    bad: str = BAD
    palette: tuple[str, ...] = PALETTE
    #: bytes of a picture
    logo: bytes | None = None
    #: of all type
    scale: float = 1.0

    def tone(self, tone: Tone) -> str:
        """The colour of text in that tone."""
        return {"good": self.good, "bad": self.bad, "flat": self.muted}[tone]

    def tint(self, tone: Tone) -> str:
        """The colour behind text in that tone."""
        return self.card if tone == "flat" else mixed(self.tone(tone), 0.09)

    def series(self, number: int) -> str:
        """The colour of a chart's series; the palette begins again, paler, when it is used up."""
        turn, index = divmod(number, len(self.palette))
        return self.palette[index] if turn == 0 else mixed(self.palette[index], 0.55)


DEFAULT = Theme()


def theme_of(asked: presentation.Theme) -> Theme:
    """The theme with what a report asks for."""
    if not asked.model_fields_set:
        return DEFAULT
    colours = asked.colours
    found = {
        name: operand(value)
        for name, value in (
            ("accent", colours.accent),
            ("ink", colours.text),
            ("muted", colours.muted),
            ("rule", colours.line),
            ("card", colours.tint),
            ("zebra", colours.tint),
            ("good", colours.good),
            ("bad", colours.bad),
        )
        if value is not None
    }
    if not (found or colours.palette or asked.logo or asked.scale != 1.0):
        return DEFAULT
    palette: tuple[str, ...] = PALETTE
    if colours.palette:
        palette = tuple(map(operand, colours.palette))
    elif colours.accent:
        palette = (operand(colours.accent), *PALETTE[1:])
    if colours.accent and not colours.tint:
        found |= {"card": mixed(found["accent"], 0.05), "zebra": mixed(found["accent"], 0.035)}
    return replace(DEFAULT, **found, palette=palette, logo=asked.logo, scale=asked.scale)


def operand(colour: str) -> str:
    """ "#rrggbb" as a PDF operand."""
    return " ".join(f"{int(colour[index : index + 2], 16) / 255:.3f}" for index in (1, 3, 5))


def mixed(colour: str, share: float) -> str:
    """A colour thinned with white."""
    return " ".join(f"{1 - (1 - float(part)) * share:.3f}" for part in colour.split())


def ink_on(colour: str) -> str:
    """White or dark text, whichever can be read on a colour (relative luminance of WCAG 2.2)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in map(float, colour.split())
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return WHITE if luminance < 0.25 else INK
