"""Charts: geometry as numbers, and pages on which no label touches another."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from render_helpers import Word, check, make, operators_of, text_of, words_of

from shared.reports.blocks import ChartSeries
from shared.reports.locales import HOUSE, formats_for
from worker.render.charts.bars import column_boxes, stack_sums, stacked_boxes
from worker.render.charts.labels import plan_labels
from worker.render.charts.lines import area_bands, line_parts
from worker.render.charts.pie import arc, slice_path, slices
from worker.render.charts.plot import Plot
from worker.render.charts.scales import Marks, Scale, brief, scale_for, ticks_within
from worker.render.charts.spark import draw_spark, spark_points


def plot(low: float, high: float, count: int) -> Plot:
    """A plot of 100 x 100 points at the origin."""
    return Plot(0, 100, 0, 100, Scale(low, high, (high - low) / 4), count)


def series(*values: float | None, name: str = "") -> ChartSeries:
    """One series."""
    return ChartSeries(name, values)


def chart(kind: str, **fields: Any) -> dict[str, Any]:
    """A document of one chart."""
    return {"blocks": [{"type": "chart", "kind": kind, **fields}]}


def overlaps(words: list[Word]) -> list[tuple[str, str]]:
    """Pairs of words on one line that touch."""
    lines: dict[int, list[Word]] = {}
    for word in words:
        lines.setdefault(round(word.y0), []).append(word)
    return [
        (left.text, right.text)
        for line in lines.values()
        for left, right in pairwise(sorted(line, key=lambda word: word.x0))
        if right.x0 < left.x1 - 0.1
    ]


@pytest.mark.parametrize(
    ("values", "low", "high", "step"),
    [
        ([0, 97], 0, 100, 20),
        ([12, -7], -10, 15, 5),
        ([5, 5, 5], 0, 5, 1),
        ([0, 0], 0, 1, 0.2),
        ([0.00012, 0.0003], 0, 0.0003, 0.0001),
        ([1e12, 3e12], 0, 3e12, 1e12),
        ([], 0, 1, 0.2),
    ],
)
def test_an_axis_from_zero_has_round_ticks(values: list[float], low: float, high: float, step: float) -> None:
    scale = scale_for(values, from_zero=True)
    assert scale.low == pytest.approx(low)
    assert scale.high == pytest.approx(high)
    assert scale.step == pytest.approx(step)
    assert 4 <= len(scale.ticks()) <= 8


def test_values_far_from_zero_have_an_axis_of_their_own() -> None:
    scale = scale_for([100_001, 100_004], from_zero=False)
    assert (scale.low, scale.high) == (100_001, 100_004)


def test_ticks_are_thinned_out_where_there_is_no_room() -> None:
    scale = Scale(0, 100, 10)
    assert ticks_within(scale, 500, 15) == list(range(0, 101, 10))
    assert ticks_within(scale, 60, 15) == [0, 30, 60, 90]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1_250_000, "€1.25M"), (-450_000, "-€450k"), (1234, "€1,234"), (0, "€0"), (0.00021, "€0.00021")],
)
def test_values_are_short(value: float, shown: str) -> None:
    assert brief(value, "EUR") == shown


def test_an_axis_is_written_in_the_reports_locale() -> None:
    german = Marks(formats_for("de-DE"), "EUR")
    assert german.tick(2_500_000, 500_000) == "2,5\u00a0Mio\u00a0€".replace("Mio\u00a0€", "Mio.\u00a0€")
    assert Marks(HOUSE, percent=True).tick(0.125, 0.005) == "12.5%"
    assert Marks(HOUSE, percent=True).value(0.12) == "12%"


def test_bars_of_a_group_stand_side_by_side_and_reach_their_values() -> None:
    groups = column_boxes([series(10, -5), series(5, None)], plot(-10, 10, 2))
    (first, below), (second,) = groups
    assert first[1][1:] == pytest.approx((50, first[1][2], 50))
    assert below[1][1] == pytest.approx(25)
    assert below[1][3] == pytest.approx(25)
    assert second[1][0] >= first[1][0] + first[1][2]
    assert second[1][0] + second[1][2] <= 50


def test_stacks_grow_in_both_directions() -> None:
    lines = [series(4, -2), series(-1, -3), series(2, 5)]
    assert stack_sums(lines) == [6, -1, 5, -5]
    first, second, third = stacked_boxes(lines, plot(-10, 10, 2))
    assert [round(box[1]) for _, box in first] == [50, 40]
    assert [round(box[1]) for _, box in second] == [45, 25]
    assert [round(box[1]) for _, box in third] == [70, 50]
    assert third[0][1][3] == pytest.approx(10)


def test_a_gap_divides_a_line() -> None:
    parts = line_parts((1, None, None, 2, 3, None), plot(0, 4, 6))
    assert [len(part) for part in parts] == [1, 2]
    assert parts[0][0] == pytest.approx((100 / 12, 25))


def test_areas_stand_upon_each_other() -> None:
    bands = area_bands([series(1, 2), series(3, None)], 2)
    assert bands == [[(0, 1), (0, 2)], [(1, 4), (2, 2)]]


@pytest.mark.parametrize("values", [[1], [1, 1, 2], [0, 5, 0], [1e300, 1e300], [1e-300, 2e-300], [9999, 1]])
def test_parts_fill_the_circle_without_gaps(values: list[float]) -> None:
    found = slices(values)
    assert found[0][0] == 0
    assert found[-1][1] == pytest.approx(2 * math.pi)
    assert all(left[1] == right[0] for left, right in pairwise(found))
    whole = math.fsum(value / 2 for value in values) * 2
    if math.isfinite(whole):
        for value, (start, end) in zip(values, found, strict=True):
            assert (end - start) / (2 * math.pi) == pytest.approx(value / whole)


def test_parts_of_nothing_are_empty() -> None:
    assert slices([0, 0]) == [(0, 0), (0, 0)]
    assert slices([]) == []


def test_an_arc_stays_on_its_circle() -> None:
    for curve in arc(0, 0, 100, 0.3, 5.9):
        *_, x, y, operator = curve.split()
        assert operator == "c"
        assert math.hypot(float(x), float(y)) == pytest.approx(100, abs=0.02)
    assert len(arc(0, 0, 1, 0, 2 * math.pi)) == 4
    assert " h" in slice_path(0, 0, 10, 5, 0, 1)


@pytest.mark.parametrize(
    ("widths", "step", "every", "slanted"),
    [
        ([20] * 10, 30, 1, False),
        ([60] * 10, 30, 1, True),
        ([60] * 200, 2.4, 28, False),
        ([10] * 60, 8, 2, False),
        ([5, 80, 5, 80], 50, 1, False),
        ([], 10, 1, False),
    ],
)
def test_labels_are_set_so_that_none_touches_another(
    widths: list[float], step: float, every: int, slanted: bool
) -> None:
    plan = plan_labels(widths, step)
    assert (plan.every, plan.slanted) == (every, slanted)


def test_a_sparkline_keeps_to_its_box() -> None:
    points = spark_points([3, None, 9, 6], (10, 20, 30, 12))
    assert points == [(10, 20), (30, 32), (40, 26)]
    assert spark_points([4, 4], (0, 0, 10, 10)) == [(0, 5), (10, 5)]
    assert spark_points([1e308, -1e308], (0, 0, 10, 10)) == [(0, 10), (10, 0)]
    assert draw_spark([None], (0, 0, 1, 1), "0 0 0") == []


KINDS = ["bar", "stacked", "line", "area", "pie", "donut", "sparkline"]
VALUES = {
    "one": ([7.5], ["Only"]),
    "zeros": ([0, 0, 0], ["a", "b", "c"]),
    "equal": ([3, 3, 3], ["a", "b", "c"]),
    "many": ([n % 37 + 1 for n in range(200)], [f"Category {n}" for n in range(200)]),
    "long": ([1, 2, 3], ["w" * 300, "a label of many words " * 9, "日本語"]),
    "huge": ([1e299, 1, 1e-290], ["a", "b", "c"]),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", VALUES)
def test_every_kind_draws_every_case_within_the_page(kind: str, case: str, tmp_path: Path) -> None:
    values, labels = VALUES[case]
    path, _ = make(tmp_path, "document", chart(kind, labels=labels, values=values, title="T"))
    assert check(path) >= 1
    words = words_of(path)
    assert all(word.x0 >= 0 and word.x1 <= 596 and word.y0 >= 0 and word.y1 <= 842 for word in words)
    if case != "long":
        assert overlaps(words) == []


@pytest.mark.parametrize("kind", ["bar", "stacked", "line"])
def test_negative_values_and_gaps_are_drawn(kind: str, tmp_path: Path) -> None:
    lines = [{"name": "in", "values": [5, None, -2]}, {"name": "out", "values": [-4, -6, None]}]
    path, outcome = make(tmp_path, "document", chart(kind, labels=["a", "b", "c"], series=lines))
    check(path)
    assert outcome.warnings == ()
    assert {"in", "out", "-5"} <= {word.text for word in words_of(path)}


def test_lines_are_named_at_their_ends_when_the_ends_are_apart(tmp_path: Path) -> None:
    apart = [{"name": "Upper", "values": [5, 9]}, {"name": "Lower", "values": [4, 1]}]
    path, _ = make(tmp_path, "document", chart("line", labels=["a", "b"], series=apart))
    upper = next(word for word in words_of(path) if word.text == "Upper")
    close = [{"name": "Upper", "values": [5, 9]}, {"name": "Lower", "values": [4, 8.9]}]
    path, _ = make(tmp_path, "document", chart("line", labels=["a", "b"], series=close))
    legend = next(word for word in words_of(path) if word.text == "Upper")
    assert upper.x0 > 400
    assert legend.x0 < 100


def test_a_pie_lists_values_and_shares(tmp_path: Path) -> None:
    data = chart("donut", labels=["Crews", "Fuel"], values=[75, 25], format="currency", currency="EUR")
    path, _ = make(tmp_path, "document", data)
    assert "Crews €75 75.0%" in text_of(path)
    assert "€100" in text_of(path)


def test_a_scatter_chart_names_both_axes(tmp_path: Path) -> None:
    points = [{"name": "s", "points": [[n, n * n] for n in range(50)]}]
    path, _ = make(tmp_path, "document", chart("scatter", series=points, xTitle="Weight", yTitle="Price"))
    text = text_of(path)
    assert "Weight" in text
    assert "Price" in text
    assert overlaps(words_of(path)) == []


def test_values_that_no_axis_can_hold_are_named_in_a_warning(tmp_path: Path) -> None:
    _, outcome = make(tmp_path, "document", chart("bar", labels=["a", "b"], values=[1e299, 1]))
    assert outcome.warnings == ("1 values are too large to be drawn in a chart",)


def test_a_value_above_a_bar_stands_clear_of_the_grid(tmp_path: Path) -> None:
    """Paper is drawn under a value where a line would run through it, before the value itself."""
    chart = {"type": "chart", "kind": "bar", "labels": ["a", "b"], "values": [14, 11.5]}
    path, _ = make(tmp_path, "document", {"blocks": [chart]})
    with pikepdf.open(path) as pdf:
        content = operators_of(pdf.pages[0])
    paper, value = content.index(b"1 1 1 rg"), content.index(b"(14) Tj")
    assert paper < value
    assert content.count(b"1 1 1 rg") == 1
