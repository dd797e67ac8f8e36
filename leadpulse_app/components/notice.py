"""What stands where rows would: nothing yet, or what went wrong."""

from collections.abc import Callable

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import quiet_button

_NOTICE: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "align_items": "center",
    "gap": theme.SPACE_2,
    "padding": f"{theme.SPACE_12} {theme.SPACE_6}",
    "text_align": "center",
}

_TEXT: theme.Style = {
    "color": theme.MUTED,
    "max_width": theme.FORM_WIDTH,
    "margin_bottom": theme.SPACE_2,
    "text_wrap": "balance",
}


def _mark(icon: rx.Component) -> rx.Component:
    return rx.el.span(
        icon,
        aria_hidden=True,
        style={
            "display": "grid",
            "place_items": "center",
            "width": theme.SPACE_10,
            "height": theme.SPACE_10,
            "margin_bottom": theme.SPACE_1,
            "border_radius": theme.RADIUS_LARGE,
            "border": f"{theme.HAIR} solid {theme.LINE}",
            "color": theme.MUTED,
        },
    )


def empty_state(
    icon: rx.Component,
    heading: str,
    text: str,
    *actions: rx.Component,
    level: Callable[..., rx.Component] = rx.el.h2,
) -> rx.Component:
    """Return what to show where there is nothing yet, with the next step.

    Args:
        icon: Stands above the heading.
        heading: What is missing.
        text: Why, or what to do.
        actions: The next step.
        level: The element of the heading, one below the heading that it is under.
    """
    return rx.el.div(
        _mark(icon),
        level(heading, style=theme.SECTION_TEXT),
        rx.el.p(text, style=_TEXT),
        *actions,
        style=_NOTICE,
    )


def error_state(retry: rx.EventHandler) -> rx.Component:
    """Return that the database is away, and the way to try again."""
    return rx.el.div(
        _mark(rx.icon("cloud-off", size=theme.ICON_LARGE)),
        rx.el.h2("This could not be loaded", style=theme.SECTION_TEXT),
        rx.el.p(
            "LeadPulse can't reach its database. Nothing is lost: this page loads by "
            "itself, and events are accepted again, as soon as it is back.",
            style=_TEXT,
        ),
        quiet_button("Try again", on_click=retry),
        role="alert",
        style=_NOTICE,
    )
