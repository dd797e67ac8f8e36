"""A line as small as a word: how a figure went, without axes."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.state.overview_figures import SPARK_HEIGHT, SPARK_WIDTH


def sparkline(points: rx.Var[str]) -> rx.Component:
    """Return the line through points, which `overview_figures.sparkline` places."""
    return rx.el.svg(
        rx.el.path(
            d=rx.cond(points != "", f"M{points}", ""),
            fill="none",
            stroke="currentColor",
            stroke_width="1.5",
            stroke_linejoin="round",
            stroke_linecap="round",
            custom_attrs={"vectorEffect": "non-scaling-stroke"},
        ),
        view_box=f"0 0 {SPARK_WIDTH} {SPARK_HEIGHT}",
        custom_attrs={"preserveAspectRatio": "none"},
        aria_hidden=True,
        style={
            "display": "block",
            "width": "100%",
            "height": theme.SPARK_HEIGHT,
            "color": theme.ACCENT,
            "overflow": "visible",
        },
    )
