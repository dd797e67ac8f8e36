"""Asks once more before something that can't be taken back."""

import reflex as rx
from reflex.event import EventType

from leadpulse_app.components import theme
from leadpulse_app.components.button import primary_button, quiet_button


def confirmed(
    button: rx.Component,
    heading: str | rx.Var[str],
    text: str,
    action: str,
    on_confirm: EventType[()],
    *,
    details: rx.Component | None = None,
) -> rx.Component:
    """Return a button that asks before it acts.

    Args:
        button: What opens the question.
        heading: The question.
        text: What will be so afterwards.
        action: The verb of the answer that goes ahead.
        on_confirm: What then happens.
        details: More to know before answering.
    """
    return rx.alert_dialog.root(
        rx.alert_dialog.trigger(button),
        rx.alert_dialog.content(
            rx.alert_dialog.title(heading, style=theme.SECTION_TEXT),
            rx.alert_dialog.description(text, style=theme.BODY_TEXT),
            details or rx.fragment(),
            rx.el.div(
                rx.alert_dialog.cancel(quiet_button("Cancel")),
                rx.alert_dialog.action(primary_button(action, on_click=on_confirm)),
                style={
                    "display": "flex",
                    "justify_content": "flex-end",
                    "gap": theme.SPACE_3,
                    "margin_top": theme.SPACE_4,
                },
            ),
            style={"max_width": theme.ACCOUNT_WIDTH},
        ),
    )
