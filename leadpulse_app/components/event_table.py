"""The table of events: rows that are opened and held still."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.badge import badge
from leadpulse_app.components.button import plain_button
from leadpulse_app.components.explanation import CHANGE
from leadpulse_app.components.held_list import decoded_rows, held_list, held_rows
from leadpulse_app.components.link import link
from leadpulse_app.components.moment import moment
from leadpulse_app.components.pager import pager
from leadpulse_app.components.score import delta
from leadpulse_app.components.table import Column, row_link, table
from leadpulse_app.services.failed_jobs import DISCARDED
from leadpulse_app.state.event_row import EventRow
from leadpulse_app.state.events import EventsState

LIST = "events"

_ROWS = held_rows(
    LIST, decoded_rows(LIST, EventsState.rows, list[EventRow]), EventsState.place
)

_EVENT = Column("Event")
_PERSON = Column("Person", keep="medium")
_EFFECT = Column("Effect", align="end", explanation=CHANGE)
_TIME = Column("Time", align="end", quiet=True)

_ABOVE_ROW: theme.Style = {"position": "relative", "z_index": "1"}
"""What is pressed by itself in a row that is pressed as a whole."""


def held_badge(reason: rx.Var[str]) -> rx.Component:
    """Return why an event is held back, as a badge."""
    return rx.el.span(
        rx.cond(
            reason == DISCARDED,
            badge(
                rx.icon("circle-off", size=theme.ICON_SMALL, aria_hidden=True),
                "Discarded",
                "slate",
            ),
            badge(
                rx.icon("bot", size=theme.ICON_SMALL, aria_hidden=True), "Bot", "slate"
            ),
        ),
        rx.el.span(": ", reason, style=theme.HIDDEN),
        title=reason,
    )


def _effect(event: rx.Var[EventRow]) -> rx.Component:
    return rx.cond(
        event.bot != "",
        rx.el.span(
            held_badge(event.bot),
            plain_button(
                "Release",
                aria_label="Release " + event.type,
                on_click=EventsState.release(event.id),
            ),
            style={
                **_ABOVE_ROW,
                "display": "inline-flex",
                "align_items": "center",
                "gap": theme.SPACE_2,
                theme.UNDER_NARROW: {"flex_direction": "column", "align_items": "end"},
            },
        ),
        delta(event.effect),
    )


def _person(event: rx.Var[EventRow]) -> rx.Component:
    return link(
        event.lead,
        href=event.lead_href,
        underline="hover",
        color_scheme="gray",
        high_contrast=True,
        custom_attrs={"data-visit": ""},
        style={**_ABOVE_ROW, "font": "inherit"},
    )


def _row(event: rx.Var[EventRow]) -> rx.Component:
    is_fresh = event.event_id > EventsState.fresh_after
    return rx.el.tr(
        _EVENT.cell(
            rx.el.div(
                row_link(
                    event.type, event.href, on_click=EventsState.open_drawer(event.id)
                ),
                style=theme.ONE_LINE,
            ),
            rx.el.div(  # no link: it would stand too close to that of the row
                event.lead,
                style={
                    **theme.ONE_LINE,
                    "display": "none",
                    theme.UNDER_NARROW: {"display": "block"},
                },
            ),
            rx.el.div(
                event.summary,
                style={**theme.CAPTION_TEXT, **theme.ONE_LINE, "_empty": theme.GONE},
            ),
        ),
        _PERSON.cell(_person(event)),
        _EFFECT.cell(_effect(event)),
        _TIME.cell(moment(event.occurred)),
        key=event.id,
        custom_attrs={
            "data-changed": rx.cond(is_fresh, "odd", ""),
            "data-row": event.id,
        },
    )


def event_table() -> rx.Component:
    """Return the table."""
    return held_list(
        LIST,
        table(
            "Events, newest first",
            (_EVENT, _PERSON, _EFFECT, _TIME),
            rx.foreach(_ROWS, _row),
        ),
        one="new event",
        many="new events",
    )


def event_pager() -> rx.Component:
    """Return the way to older events and back; nothing where there is none."""
    return pager(("Newest", EventsState.newest_href), ("Older", EventsState.older_href))
