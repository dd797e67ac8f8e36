"""The place for a file of events, and what became of it."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import icon_button
from leadpulse_app.components.card import card
from leadpulse_app.components.upload import (
    bad_lines,
    upload_place,
    upload_progress,
)
from leadpulse_app.state.events import EventsState


def event_upload() -> rx.Component:
    """Return where a file is chosen or dropped."""
    return upload_place(
        "Upload events",
        "or drop a CSV or JSON file here",
        accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson,text/csv,application/json",
        disabled=EventsState.uploading,
        on_change=lambda _: EventsState.begin_upload,
    )


def event_upload_outcome() -> rx.Component:
    """Return how far a file has come, and then what became of it."""
    return rx.fragment(
        rx.el.div(
            upload_progress("Upload"),
            hidden=~EventsState.uploading,
            style={"margin_top": theme.SPACE_4},
        ),
        rx.el.div(_outcome(), role="status"),
    )


def _outcome() -> rx.Component:
    outcome = EventsState.upload
    return rx.cond(
        (outcome.said != "") | (outcome.problem != ""),
        card(
            rx.el.div(
                rx.el.div(
                    rx.el.p(outcome.said, style={"_empty": theme.GONE}),
                    rx.el.p(
                        outcome.problem,
                        style={"color": theme.BAD, "_empty": theme.GONE},
                    ),
                ),
                icon_button(
                    rx.icon("x", size=theme.ICON),
                    "Dismiss",
                    on_click=EventsState.dismiss_upload,
                ),
                style={
                    "display": "flex",
                    "align_items": "start",
                    "justify_content": "space-between",
                    "gap": theme.SPACE_3,
                },
            ),
            bad_lines(outcome.bad_lines, outcome.more),
            padded=True,
            style={
                "display": "flex",
                "flex_direction": "column",
                "gap": theme.SPACE_3,
                "margin_top": theme.SPACE_4,
            },
        ),
    )
