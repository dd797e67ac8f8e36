"""A dialog over the page: Escape closes it, and focus returns to what opened it."""

from collections.abc import Callable

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app.components import theme


def dialog(
    trigger: rx.Component | None,
    heading: str | rx.Var[str],
    text: str,
    *children: rx.Component,
    is_open: rx.Var[bool],
    on_toggle: Callable[[rx.Var[bool]], EventSpec],
    width: str = theme.ACCOUNT_WIDTH,
) -> rx.Component:
    """Return what opens a dialog, and the dialog.

    Args:
        trigger: The button that opens it, where it is beside it.
        heading: What it is for.
        text: What to know before using it.
        children: What it holds.
        is_open: Whether it is open.
        on_toggle: Takes whether it is to be open.
        width: As wide as it is at most.
    """
    return rx.dialog.root(
        rx.fragment() if trigger is None else rx.dialog.trigger(trigger),
        rx.dialog.content(
            rx.dialog.title(
                heading, custom_attrs={"as": "h2"}, style=theme.SECTION_TEXT
            ),
            rx.dialog.description(text, style=theme.CAPTION_TEXT),
            *children,
            style={"max_width": width},
        ),
        open=is_open,
        on_open_change=on_toggle,
    )
