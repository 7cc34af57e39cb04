"""Charts: one file for each family of kinds, one for what they share."""

from worker.render.charts.draw import chart_height, draw_chart, fitted_chart

__all__ = ["chart_height", "draw_chart", "fitted_chart"]
