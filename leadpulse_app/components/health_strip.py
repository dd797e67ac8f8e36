"""One calm line that says whether the parts of the product work."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import text_link
from leadpulse_app.state.overview_health import HealthPart


def _part(part: rx.Var[HealthPart]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            aria_hidden=True,
            style={
                "width": theme.DOT,
                "height": theme.DOT,
                "border_radius": theme.ROUND,
                "background": rx.cond(part.is_well, theme.GOOD_DOT, theme.CAUTION_DOT),
            },
        ),
        rx.el.span(part.name, style={"color": theme.INK}),
        part.word,
        key=part.name,
        style={
            "display": "flex",
            "align_items": "center",
            "gap": theme.SPACE_1,
            "white_space": "nowrap",
        },
    )


def health_strip(parts: rx.Var[list[HealthPart]]) -> rx.Component:
    """Return the parts side by side, each with its word."""
    return rx.el.div(
        rx.el.ul(
            rx.foreach(parts, _part),
            aria_label="Health",
            style={
                **theme.BESIDE,
                "gap": f"{theme.SPACE_1} {theme.SPACE_5}",
                "list_style": "none",
                "margin": "0",
                "padding": "0",
            },
        ),
        text_link("System", "/system"),
        style={
            "display": "flex",
            "align_items": "center",
            "justify_content": "space-between",
            "gap": theme.SPACE_4,
            "padding": f"0 {theme.SPACE_1}",
            **theme.CAPTION_TEXT,
        },
    )
