"""The content of a page, in whichever of its faces fits how far loading has come."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import quiet_button
from leadpulse_app.components.card import card
from leadpulse_app.components.notice import error_state
from leadpulse_app.state.pages import Status


def _late_notice(retry: rx.EventHandler) -> rx.Component:
    return rx.el.div(
        rx.el.span("This takes longer than usual."),
        quiet_button("Try again", on_click=retry),
        style={
            "display": "flex",
            "align_items": "center",
            "justify_content": "center",
            "gap": theme.SPACE_3,
            "color": theme.MUTED,
            "visibility": "hidden",
            "animation": f"late {theme.PATIENCE} forwards",
            "@keyframes late": {"to": {"visibility": "visible"}},
        },
    )


def content(
    status: rx.Var[str],
    load: rx.EventHandler,
    *,
    loading: rx.Component,
    ready: rx.Component,
    missing: rx.Component | None = None,
) -> rx.Component:
    """Return what to show of a page.

    Args:
        status: How far the page has come, a `Status`.
        load: Loads the page, for when that has to be tried again.
        loading: The shape of the page.
        ready: The page itself.
        missing: What stands for a thing that is not there.
    """
    return rx.match(
        status,
        (Status.READY.value, ready),
        (Status.MISSING.value, missing or rx.fragment()),
        (Status.ERROR.value, card(error_state(load))),
        rx.fragment(loading, _late_notice(load)),
    )
