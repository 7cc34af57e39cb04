"""What charts over two axes have in common: grid, axes, titles, the place of each value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.reports.blocks import Chart
from worker.render.charts.labels import COSINE, SINE, SIZE, WIDEST, LabelPlan, plan_labels
from worker.render.charts.scales import Marks, Scale, ticks_within
from worker.render.page import Pages

LABEL = "a label of a chart"
AXIS_TITLE = "the title of an axis"
# for `%`: x, y, width, height
_BOX = "%.2f %.2f %.2f %.2f re"
#: points between two horizontal grid lines at least
_TICK_APART = 17.0


@dataclass(slots=True)
class Plot:
    """The area of a chart in which values are drawn, in points of the page."""

    left: float
    right: float
    foot: float
    top: float
    scale: Scale
    #: positions on the horizontal axis
    count: int
    #: values with a line across the plot
    ticks: tuple[float, ...] = ()
    #: width of one position
    step: float = field(init=False)
    #: height of zero, or of the edge nearest to it
    zero: float = field(init=False)

    def __post_init__(self) -> None:
        self.step = (self.right - self.left) / max(self.count, 1)
        self.zero = self.y(min(max(0.0, self.scale.low), self.scale.high))

    def x(self, index: int) -> float:
        """Middle of a position."""
        return self.left + self.step * (index + 0.5)

    def y(self, value: float) -> float:
        """Height of a value."""
        return self.foot + (self.top - self.foot) * self.scale.position(value)


def open_plot(
    pages: Pages,
    chart: Chart,
    scale: Scale,
    marks: Marks,
    height: float,
    *,
    right: float = 0.0,
    above: float = 0.0,
) -> Plot:
    """Draw grid and axes in `height` points below the cursor, with free space beside and above the plot."""
    top = pages.y - (15 if chart.y_title else 7) - above
    estimate = ticks_within(scale, height - 30, _TICK_APART)
    texts = tick_texts(pages, estimate, scale, marks)
    axis = max(width for _, width in texts.values()) + 8
    left, edge = pages.left + axis, pages.right - right
    fitted = [pages.fitted_width(label, pages.regular, SIZE, WIDEST, LABEL) for label in chart.labels]
    shown, widths = [text for text, _ in fitted], [width for _, width in fitted]
    labels = plan_labels(widths, (edge - left) / max(len(shown), 1))
    if labels.slanted:
        # the first labels reach to the left of their place
        step = (edge - left) / len(shown)
        reach = max(width * COSINE - step * (index + 0.5) for index, width in enumerate(widths[:12]))
        left = max(left, pages.left + reach + 2)
    foot = pages.y - height + min(labels.height, height * 0.45) + (12 if chart.x_title else 0)
    plot = Plot(left, edge, foot, top, scale, len(chart.labels), tuple(texts))
    draw_grid(pages, plot, texts)
    draw_labels(pages, plot, shown, widths, labels)
    draw_axis_titles(pages, chart, plot, pages.y - height)
    return plot


def tick_texts(
    pages: Pages, ticks: Sequence[float], scale: Scale, marks: Marks
) -> dict[float, tuple[str, float]]:
    """The text of each tick, and its width."""
    texts = [marks.tick(tick, scale.step) for tick in ticks]
    return {tick: (text, pages.regular.width(text, SIZE)) for tick, text in zip(ticks, texts, strict=True)}


def draw_grid(pages: Pages, plot: Plot, texts: dict[float, tuple[str, float]]) -> None:
    """A line and a number (with its width) for each tick; zero stands out."""
    for tick, (text, width) in texts.items():
        y = plot.y(tick)
        color, thick = (pages.theme.muted, 0.6) if tick == 0 else (pages.theme.rule, 0.4)
        pages.line([(plot.left, y), (plot.right, y)], color, thick)
        pages.texts([(plot.left - 6 - width, y - 2.6, text)], SIZE, pages.theme.muted)


def draw_labels(
    pages: Pages, plot: Plot, labels: Sequence[str], widths: Sequence[float], plan: LabelPlan
) -> None:
    """Names of the positions under the plot."""
    end, left, right, y = -1e9, pages.left, pages.right, plot.foot - 11
    places = []
    for index in range(0, len(labels), plan.every):
        x, text = plot.x(index), labels[index]
        if plan.slanted:
            draw_slanted(pages, x + 3, plot.foot - 9, text, widths[index])
            continue
        half = widths[index] / 2
        x = min(max(x, left + half), right - half)
        if x - half < end + 3:
            # it was moved in from the edge, and would touch its neighbour there
            continue
        end = x + half
        places.append((x - half, y, text))
    pages.texts(places, SIZE, pages.theme.muted)


def draw_slanted(pages: Pages, x: float, y: float, text: str, width: float) -> None:
    """A text that rises to the right and ends at (x, y)."""
    start_x, start_y = x - width * COSINE, y - width * SINE
    matrix = f"{COSINE:.4f} {SINE:.4f} {-SINE:.4f} {COSINE:.4f} {start_x:.2f} {start_y:.2f} Tm"
    size = f"{SIZE:g}"
    font = pages.regular
    pages.ops.append(f"BT /{font.name} {size} Tf {pages.theme.muted} rg {matrix} {font.show(text, size)} ET")


def draw_axis_titles(pages: Pages, chart: Chart, plot: Plot, floor: float) -> None:
    """What the axes count."""
    if chart.y_title:
        text = pages.fitted(chart.y_title, pages.regular, SIZE, plot.right - pages.left, AXIS_TITLE)
        pages.text(pages.left, plot.top + 7, text, size=SIZE, color=pages.theme.muted)
    if chart.x_title:
        text = pages.fitted(chart.x_title, pages.regular, SIZE, plot.right - plot.left, AXIS_TITLE)
        middle = (plot.left + plot.right) / 2
        pages.text(middle, floor + 2, text, size=SIZE, color=pages.theme.muted, align="center")


def boxes_operator(boxes: Sequence[tuple[float, float, float, float]], color: str) -> str:
    """Filled rectangles (x, y, width, height) of one colour."""
    path = "\n".join([_BOX % box for box in boxes])
    return f"{color} rg {path} f"
