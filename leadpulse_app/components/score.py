"""A score: the number, and a thin bar in the colour of its stage."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.stage import stage_fill
from leadpulse_app.state.words import MINUS

_LINE: theme.Style = {
    "display": "flex",
    "align_items": "center",
    "justify_content": "flex-end",
    "gap": theme.SPACE_2,
    theme.UNDER_NARROW: {"& [data-bar]": theme.GONE},
}


def bar(
    percent: rx.Var[int] | int, colour: rx.Var[str] | str, *, width: str = "100%"
) -> rx.Component:
    """Return a thin bar, filled to a share of its width in percent (0 to 100)."""
    return rx.el.span(
        rx.el.span(
            style={
                "display": "block",
                "height": "100%",
                "width": f"{percent}%",
                "border_radius": theme.ROUND,
                "background": colour,
                "transition": f"width {theme.QUICK}",
            }
        ),
        aria_hidden=True,
        custom_attrs={"data-bar": ""},
        style={
            "display": "block",
            "width": width,
            "height": theme.BAR_HEIGHT,
            "border_radius": theme.ROUND,
            "background": theme.HOVER,
            "overflow": "hidden",
        },
    )


def score(
    points: rx.Var[str], percent: rx.Var[int], stage: rx.Var[str]
) -> rx.Component:
    """Return a score with its bar.

    Args:
        points: The score as text.
        percent: How full the bar is, 0 to 100.
        stage: The stage that gives the bar its colour.
    """
    return rx.el.span(
        bar(percent, stage_fill(stage), width=theme.BAR_WIDTH),
        rx.el.span(
            points,
            style={
                "min_width": theme.SCORE_WIDTH,
                "text_align": "right",
                "font_weight": theme.MEDIUM,
            },
        ),
        style=_LINE,
    )


def delta(change: rx.Var[str]) -> rx.Component:
    """Return by how much a score moved, signed, a gain and a loss in their colours."""
    return rx.el.span(
        change,
        style={
            "font_weight": theme.SEMIBOLD,
            "color": rx.cond(
                change.startswith("+"),
                theme.GOOD,
                rx.cond(change.startswith(MINUS), theme.BAD, theme.MUTED),
            ),
        },
    )
