"""How parts of a page stand beside each other."""

import reflex as rx

from leadpulse_app.components import theme


def columns(main: rx.Component, side: rx.Component) -> rx.Component:
    """Return a wide and a narrower part side by side, or stacked where it is tight."""
    return rx.el.div(
        main,
        side,
        style={
            "display": "grid",
            "grid_template_columns": "minmax(0, 3fr) minmax(0, 2fr)",
            "align_items": "start",
            "gap": theme.SPACE_4,
            theme.UNDER_MEDIUM: {"grid_template_columns": "minmax(0, 1fr)"},
        },
    )
