"""A number that matters, with its name and what it is a share of."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.score import bar

_STAT: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_2,
    "padding": theme.SPACE_4,
    "min_width": "0",
    "background": theme.SURFACE,
    "border": f"{theme.HAIR} solid {theme.LINE}",
    "border_radius": theme.RADIUS_LARGE,
    "transition": f"background {theme.QUICK}",
    "_hover": {"background": theme.HOVER},
}

_LABEL: theme.Style = {
    "display": "flex",
    "align_items": "center",
    "gap": theme.SPACE_2,
    **theme.CAPTION_TEXT,
    "font_weight": theme.MEDIUM,
}


def stat(
    label: str,
    figure: rx.Var[str],
    note: rx.Var[str],
    *,
    icon: rx.Component,
    percent: rx.Var[int],
    colour: str,
    href: str,
) -> rx.Component:
    """Return a figure that leads to what it counts.

    Args:
        label: What is counted.
        figure: The count as text.
        note: What the figure means, as its share of the whole.
        icon: Stands before the label.
        percent: How full the bar is, 0 to 100.
        colour: The bar's colour.
        href: The page that shows what was counted.
    """
    return rx.link(
        rx.el.span(icon, label, style=_LABEL),
        rx.el.span(figure, style=theme.FIGURE_TEXT),
        bar(percent, colour),
        rx.el.span(note, style=theme.CAPTION_TEXT),
        href=href,
        underline="none",
        color_scheme="gray",
        high_contrast=True,
        style=_STAT,
    )


def stat_row(*stats: rx.Component) -> rx.Component:
    """Return stats side by side, as many a line as fit."""
    return rx.el.div(
        *stats,
        style={
            "display": "grid",
            "grid_template_columns": (
                f"repeat(auto-fit, minmax({theme.STAT_WIDTH}, 1fr))"
            ),
            "gap": theme.SPACE_3,
            theme.UNDER_NARROW: {"& > :first-child": {"grid_column": "1 / -1"}},
        },
    )
