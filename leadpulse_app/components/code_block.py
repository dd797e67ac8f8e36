"""Code to paste elsewhere, with the button that copies it."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import plain_button


def copy_button(text: rx.Var[str] | str, what: str) -> rx.Component:
    """Return a button that copies a text and says so.

    Args:
        text: What is copied.
        what: Names it, as in "Copy write key".
    """
    return plain_button(
        rx.icon("copy", size=theme.ICON_SMALL, aria_hidden=True),
        "Copy",
        aria_label=f"Copy {what}",
        size="1",
        on_click=[
            rx.set_clipboard(text),
            rx.toast(f"Copied the {what}."),
        ],
    )


def code_block(code: rx.Var[str] | str, what: str, language: str = "") -> rx.Component:
    """Return a block of code with its copy button.

    Args:
        code: The code; long lines wrap.
        what: Names it, as in "Copy snippet".
        language: What it is written in, for the eye.
    """
    return rx.el.figure(
        rx.el.figcaption(
            rx.el.span(language, style=theme.CAPTION_TEXT),
            copy_button(code, what),
            style={
                "display": "flex",
                "align_items": "center",
                "justify_content": "space-between",
                "padding": f"{theme.SPACE_1} {theme.SPACE_1} {theme.SPACE_1} "
                f"{theme.SPACE_3}",
                "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
            },
        ),
        rx.el.pre(
            rx.el.code(code, style={"font_family": "inherit"}),
            style={
                **theme.CODE_TEXT,
                "padding": theme.SPACE_3,
                "white_space": "pre-wrap",
                "overflow_wrap": "anywhere",
            },
        ),
        style={
            "background": theme.CANVAS,
            "border": f"{theme.HAIR} solid {theme.HAIRLINE}",
            "border_radius": theme.RADIUS,
            "overflow": "hidden",
        },
    )
