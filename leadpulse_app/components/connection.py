"""Whether this page still hears from the server, and what that means for it."""

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from leadpulse_app.components import theme


def _dot(colour: str) -> rx.Component:
    return rx.el.span(
        aria_hidden=True,
        style={
            "width": theme.DOT,
            "height": theme.DOT,
            "border_radius": theme.ROUND,
            "background": colour,
        },
    )


def live_indicator() -> rx.Component:
    """Return whether what is shown changes by itself now."""
    return rx.el.span(
        rx.cond(
            has_connection_errors,
            rx.fragment(_dot(theme.CAUTION_DOT), "Reconnecting"),
            rx.fragment(_dot(theme.GOOD_DOT), "Live"),
        ),
        role="status",
        title="New events and scores appear by themselves",
        style={
            "display": "inline-flex",
            "align_items": "center",
            "gap": theme.SPACE_2,
            "padding": f"0 {theme.SPACE_2}",
            **theme.CAPTION_TEXT,
            "font_weight": theme.MEDIUM,
        },
    )


def connection_banner() -> rx.Component:
    """Return the notice that shows while the connection is lost."""
    return rx.cond(
        has_connection_errors,
        rx.el.div(
            rx.icon("wifi-off", size=theme.ICON, aria_hidden=True),
            "Connection lost. What you see may be out of date; "
            "this page reconnects and catches up by itself.",
            role="status",
            style={
                "position": "sticky",
                "top": theme.TOP_BAR_HEIGHT,
                "z_index": theme.ABOVE_PAGE,
                "display": "flex",
                "align_items": "center",
                "justify_content": "center",
                "gap": theme.SPACE_2,
                "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
                "background": theme.CAUTION_TINT,
                "border_bottom": f"{theme.HAIR} solid {theme.CAUTION_LINE}",
                "color": theme.CAUTION,
                **theme.BODY_TEXT,
                "font_weight": theme.MEDIUM,
            },
        ),
        rx.fragment(),
    )
