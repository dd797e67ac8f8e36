"""One event as a whole, in the drawer that its row opens."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import text_link
from leadpulse_app.components.code_block import code_block
from leadpulse_app.components.drawer import drawer
from leadpulse_app.components.event_table import held_badge
from leadpulse_app.components.moment import moment
from leadpulse_app.components.score import delta
from leadpulse_app.state.events import EventsState


def _fact(name: str, value: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name, style=theme.CAPTION_TEXT),
        rx.el.dd(
            value,
            style={"margin": "0", "overflow_wrap": "anywhere", **theme.TABLE_TEXT},
        ),
    )


def _facts() -> rx.Component:
    event = EventsState.drawn
    return rx.el.dl(
        _fact("Person", text_link(event.lead, event.lead_href)),
        _fact("Happened", moment(event.occurred)),
        _fact("Received", moment(event.received)),
        _fact(
            "Effect",
            rx.cond(event.bot != "", held_badge(event.bot), delta(event.effect)),
        ),
        style={
            "display": "grid",
            "grid_template_columns": "repeat(2, minmax(0, 1fr))",
            "gap": theme.SPACE_4,
            "margin": "0",
        },
    )


def event_drawer() -> rx.Component:
    """Return the drawer; the rows of the stream open it."""
    event = EventsState.drawn
    return drawer(
        event.type,
        event.occurred.exact,
        _facts(),
        rx.el.nav(
            text_link("All events of this person", event.only_lead_href),
            text_link("By session", event.session_href),
            aria_label="More of this person",
            style={**theme.BESIDE, "gap": theme.SPACE_4, **theme.TABLE_TEXT},
        ),
        code_block(event.json, "event", "JSON"),
        is_open=EventsState.drawer_is_open,
        on_toggle=EventsState.toggle_drawer,
    )
