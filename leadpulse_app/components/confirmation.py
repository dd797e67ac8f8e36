"""Asks once more before something that can't be taken back."""

from collections.abc import Callable

import reflex as rx
from reflex.event import EventType
from reflex_base.event import EventSpec

from leadpulse_app.components import theme
from leadpulse_app.components.button import danger_button, primary_button, quiet_button


def confirmed(
    button: rx.Component,
    heading: str | rx.Var[str],
    text: str,
    action: str,
    on_confirm: EventType[()],
    *,
    is_final: bool = False,
    details: rx.Component | None = None,
) -> rx.Component:
    """Return a button that asks before it acts.

    Args:
        button: What opens the question.
        heading: The question.
        text: What will be so afterwards.
        action: The verb of the answer that goes ahead.
        on_confirm: What then happens.
        is_final: Whether something is gone for good then.
        details: More to know before answering.
    """
    return rx.alert_dialog.root(
        rx.alert_dialog.trigger(button),
        _question(heading, text, action, on_confirm, is_final, details),
    )


def confirmation(
    heading: str | rx.Var[str],
    text: str,
    action: str,
    on_confirm: EventType[()],
    *,
    is_final: bool = False,
    is_open: rx.Var[bool],
    on_toggle: Callable[[rx.Var[bool]], EventSpec],
) -> rx.Component:
    """Return a question that something opens which is gone by then, as in a menu.

    Args:
        heading: The question.
        text: What will be so afterwards.
        action: The verb of the answer that goes ahead.
        on_confirm: What then happens.
        is_final: Whether something is gone for good then.
        is_open: Whether it is asked.
        on_toggle: Takes whether it is to be asked.
    """
    return rx.alert_dialog.root(
        _question(heading, text, action, on_confirm, is_final, None),
        open=is_open,
        on_open_change=on_toggle,
    )


def _question(
    heading: str | rx.Var[str],
    text: str,
    action: str,
    on_confirm: EventType[()],
    is_final: bool,
    details: rx.Component | None,
) -> rx.Component:
    answer = (
        danger_button(action, variant="solid", on_click=on_confirm)
        if is_final
        else primary_button(action, on_click=on_confirm)
    )
    return rx.alert_dialog.content(
        rx.alert_dialog.title(heading, style=theme.SECTION_TEXT),
        rx.alert_dialog.description(text, style=theme.BODY_TEXT),
        details or rx.fragment(),
        rx.el.div(
            rx.alert_dialog.cancel(quiet_button("Cancel")),
            rx.alert_dialog.action(answer),
            style={**theme.ACTIONS, "margin_top": theme.SPACE_4},
        ),
        style={"max_width": theme.ACCOUNT_WIDTH},
    )
