"""How parts of a page stand beside each other."""

import reflex as rx

from leadpulse_app.components import theme


def columns(
    main: rx.Component, side: rx.Component, *, stacked: str = theme.UNDER_MEDIUM
) -> rx.Component:
    """Return a wide and a narrower part side by side, or stacked where it is tight.

    Args:
        main: The wide part.
        side: The narrower part.
        stacked: The screens that are too tight for both.
    """
    return rx.el.div(
        main,
        side,
        style={
            "display": "grid",
            "grid_template_columns": "minmax(0, 3fr) minmax(0, 2fr)",
            "align_items": "start",
            "gap": theme.SPACE_4,
            stacked: {"grid_template_columns": "minmax(0, 1fr)"},
        },
    )
