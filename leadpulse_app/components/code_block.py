"""Code to paste elsewhere, with the button that copies it."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import quiet_button


def copy_button(text: rx.Var[str] | str, what: str) -> rx.Component:
    """Return a button that copies a text and says so.

    Args:
        text: What is copied.
        what: Names it, as in "Copy write key".
    """
    return quiet_button(
        rx.icon("copy", size=theme.ICON_SMALL, aria_hidden=True),
        "Copy",
        aria_label=f"Copy {what}",
        size="1",
        on_click=[
            rx.set_clipboard(text),
            rx.toast(f"Copied the {what}."),
        ],
    )


def code_block(code: rx.Var[str] | str, what: str) -> rx.Component:
    """Return a block of code with its copy button."""
    return rx.el.figure(
        rx.el.pre(
            rx.el.code(code, style={**theme.CODE_TEXT, "font_family": theme.MONO}),
            aria_label=what,
            role="region",
            style={
                "padding": theme.SPACE_4,
                "white_space": "pre-wrap",
                "overflow_wrap": "anywhere",
                "flex": "1",
                "min_width": "0",
            },
        ),
        rx.el.div(copy_button(code, what), style={"padding": theme.SPACE_2}),
        style={
            "display": "flex",
            "align_items": "flex-start",
            "background": theme.CANVAS,
            "border": f"{theme.HAIR} solid {theme.HAIRLINE}",
            "border_radius": theme.RADIUS,
        },
    )
