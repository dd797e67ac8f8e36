"""A number that matters, how it changed, and how it went."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.sparkline import sparkline
from leadpulse_app.state.overview_figures import Stat

_STAT: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_1,
    "padding": theme.SPACE_4,
    "min_width": "0",
    "background": theme.SURFACE,
    "border": f"{theme.HAIR} solid {theme.LINE}",
    "border_radius": theme.RADIUS_LARGE,
    "margin": "0",
}

_FIGURES: theme.Style = {
    "display": "flex",
    "align_items": "baseline",
    "justify_content": "space-between",
    "flex_wrap": "wrap",
    "column_gap": theme.SPACE_2,
}

_CHANGE: theme.Style = {
    **theme.TABLE_TEXT,
    "font_weight": theme.MEDIUM,
    "color": theme.MUTED,
    "&[data-tone=good]": {"color": theme.GOOD},
    "&[data-tone=bad]": {"color": theme.BAD},
}


def stat(label: str, shown: rx.Var[Stat], explanation: str) -> rx.Component:
    """Return a figure with its change and its sparkline.

    Args:
        label: What it is.
        shown: The figure.
        explanation: How it is counted, shown on hover.
    """
    return rx.el.dl(
        rx.el.dt(
            label,
            title=explanation,
            style={**theme.CAPTION_TEXT, "font_weight": theme.MEDIUM},
        ),
        rx.el.dd(
            rx.el.span(shown.figure, style=theme.FIGURE_TEXT),
            rx.el.span(
                shown.change,
                title=shown.before,
                custom_attrs={"data-tone": shown.tone},
                style=_CHANGE,
            ),
            style={**_FIGURES, "margin": "0"},
        ),
        rx.el.dd(
            sparkline(shown.points),
            style={"margin": f"{theme.SPACE_1} 0 0"},
        ),
        style=_STAT,
    )


def stat_row(*stats: rx.Component, wide_first: bool = False) -> rx.Component:
    """Return stats side by side, as many a line as fit.

    Args:
        stats: The stats.
        wide_first: Whether the first one has a line of its own on a narrow screen.
    """
    wide = {"& > :first-child": {"grid_column": "1 / -1"}} if wide_first else {}
    return rx.el.div(
        *stats,
        style={
            "display": "grid",
            "grid_template_columns": (
                f"repeat(auto-fit, minmax({theme.STAT_WIDTH}, 1fr))"
            ),
            "gap": theme.SPACE_3,
            theme.UNDER_NARROW: wide,
        },
    )
