"""What stands where there is no page."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import button_link
from leadpulse_app.components.logo import logo
from leadpulse_app.components.notice import empty_state


def not_found_page() -> rx.Component:
    """Return the page."""
    return rx.el.main(
        logo("/"),
        empty_state(
            rx.icon("compass", size=theme.ICON_LARGE),
            "There is no such page",
            "The address may be mistyped, or the page has moved.",
            button_link("Go to the overview", href="/overview", primary=True),
            level=rx.el.h1,
        ),
        style={
            "display": "flex",
            "flex_direction": "column",
            "align_items": "center",
            "justify_content": "center",
            "min_height": "100dvh",
            "padding": theme.SPACE_4,
        },
    )
