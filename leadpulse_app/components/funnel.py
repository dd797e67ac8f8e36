"""The funnel: how many leads came as far as each stage, and how many went on."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.link import link
from leadpulse_app.components.stage import stage_fill
from leadpulse_app.state.overview_figures import FunnelStep


def _step(step: rx.Var[FunnelStep]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            link(
                step.label,
                href=step.href,
                underline="hover",
                color_scheme="gray",
                high_contrast=True,
                style={"font": "inherit", "font_weight": theme.MEDIUM},
            ),
            rx.el.span(step.conversion, style=theme.CAPTION_TEXT),
            rx.el.span(
                step.count,
                style={"margin_inline_start": "auto", "font_weight": theme.SEMIBOLD},
            ),
            rx.el.span(
                f"{step.percent} %",
                style={
                    **theme.CAPTION_TEXT,
                    "min_width": theme.SCORE_WIDTH,
                    "text_align": "right",
                },
            ),
            style={
                "display": "flex",
                "align_items": "baseline",
                "gap": theme.SPACE_2,
                **theme.TABLE_TEXT,
            },
        ),
        rx.el.div(
            rx.el.div(
                style={
                    "width": f"{step.percent}%",
                    "height": "100%",
                    "border_radius": theme.ROUND,
                    "background": stage_fill(step.stage),
                    "transition": f"width {theme.QUICK}",
                }
            ),
            aria_hidden=True,
            style={
                "height": theme.FUNNEL_BAR_HEIGHT,
                "border_radius": theme.ROUND,
                "background": theme.HOVER,
            },
        ),
        key=step.stage,
        style={"display": "flex", "flex_direction": "column", "gap": theme.SPACE_2},
    )


def funnel(steps: rx.Var[list[FunnelStep]]) -> rx.Component:
    """Return the funnel, the widest step first."""
    return rx.el.ol(
        rx.foreach(steps, _step),
        style={
            "display": "flex",
            "flex_direction": "column",
            "gap": theme.SPACE_8,
            "list_style": "none",
            "margin": "0",
            "padding": f"{theme.SPACE_5} {theme.SPACE_4}",
        },
    )
