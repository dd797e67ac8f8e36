"""The place for a file of events, and what became of it."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import icon_button
from leadpulse_app.components.card import card
from leadpulse_app.components.upload import upload_place, upload_progress
from leadpulse_app.state.event_upload import BadLine
from leadpulse_app.state.events import EventsState


def event_upload() -> rx.Component:
    """Return where a file is chosen or dropped."""
    return upload_place(
        "Upload events",
        "or drop a CSV or JSON file here",
        accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson,text/csv,application/json",
        disabled=EventsState.uploading,
        on_change=lambda _: [
            EventsState.begin_upload,
            rx.call_function(
                rx.Var("() => window.leadpulseUpload.send()"),
                callback=EventsState.receive_upload,
            ),
        ],
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


def _bad_line(bad: rx.Var[BadLine]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            "Line " + bad.line,
            style={"font_weight": theme.MEDIUM, "white_space": "nowrap"},
        ),
        rx.el.span(bad.message, style={"overflow_wrap": "anywhere"}),
        style={"display": "flex", "gap": theme.SPACE_3, "align_items": "baseline"},
    )


def _bad_lines() -> rx.Component:
    return rx.el.ol(
        rx.foreach(EventsState.upload.bad_lines, _bad_line),
        tab_index=0,
        aria_label="Rows that could not be taken",
        style={
            "display": "flex",
            "flex_direction": "column",
            "gap": theme.SPACE_1,
            "max_height": theme.CODE_HEIGHT,
            "overflow_y": "auto",
            "margin": "0",
            "padding": "0",
            "list_style": "none",
            **theme.TABLE_TEXT,
        },
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
            rx.cond(outcome.bad_lines.length() > 0, _bad_lines()),
            rx.el.p(outcome.more, style={**theme.CAPTION_TEXT, "_empty": theme.GONE}),
            padded=True,
            style={
                "display": "flex",
                "flex_direction": "column",
                "gap": theme.SPACE_3,
                "margin_top": theme.SPACE_4,
            },
        ),
    )
