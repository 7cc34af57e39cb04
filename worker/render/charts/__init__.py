"""Charts: one file for each family of kinds, one for what they share."""

from worker.render.charts.draw import draw_chart, fitted_chart

__all__ = ["draw_chart", "fitted_chart"]
