"""The stream of events, with files of them and what is held back."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.badge import badge
from leadpulse_app.components.button import (
    button_link,
    icon_button,
    plain_button,
    quiet_button,
)
from leadpulse_app.components.card import body, card, section
from leadpulse_app.components.confirmation import confirmed
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.explanation import CHANGE
from leadpulse_app.components.field import choice_field
from leadpulse_app.components.moment import moment
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.score import delta
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import skeleton_rows
from leadpulse_app.components.table import Column, table
from leadpulse_app.components.upload import upload_place, upload_progress
from leadpulse_app.services.failed_jobs import DISCARDED
from leadpulse_app.state.events import BadLine, EventRow, EventsState

_EVENT = Column("Event")
_PERSON = Column("Person", keep="medium")
_EFFECT = Column("Effect", align="end", explanation=CHANGE)
_TIME = Column("Time", align="end", quiet=True)

_BESIDE: theme.Style = {
    "display": "flex",
    "align_items": "center",
    "gap": theme.SPACE_2,
    "min_width": "0",
}

_BETWEEN: theme.Style = {
    **_BESIDE,
    "flex_wrap": "wrap",
    "justify_content": "space-between",
    "gap": theme.SPACE_3,
}


def _toolbar() -> rx.Component:
    return rx.el.div(
        choice_field(
            "Event type",
            "All types",
            EventsState.types,
            EventsState.event_type,
            EventsState.choose_type,
        ),
        upload_place(
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
        ),
        style=_BETWEEN,
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
                style={**_BETWEEN, "flex_wrap": "nowrap", "align_items": "start"},
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


def _top() -> rx.Component:
    return rx.el.div(
        _toolbar(),
        rx.el.div(
            upload_progress("Upload"),
            hidden=~EventsState.uploading,
            style={"margin_top": theme.SPACE_4},
        ),
        rx.el.div(_outcome(), role="status"),
    )


def _release_all() -> rx.Component:
    return confirmed(
        quiet_button("Release all"),
        "Release " + EventsState.held_text + "?",
        "They are scored as if they had just been let in. Scores change, and the "
        "events can't be held back again.",
        "Release",
        EventsState.release_all,
    )


def _held() -> rx.Component:
    return rx.cond(
        EventsState.held_text != "",
        card(
            rx.el.div(
                rx.el.p(
                    rx.el.strong(
                        EventsState.held_text, style={"font_weight": theme.MEDIUM}
                    ),
                    " from crawlers and link scanners, or discarded where scoring "
                    "failed: kept, and not scored.",
                ),
                rx.el.div(
                    rx.cond(
                        EventsState.only_held,
                        button_link("Show all events", href="/events"),
                        button_link("Show them", href="/events?show=bots"),
                    ),
                    _release_all(),
                    style=_BESIDE,
                ),
                style=_BETWEEN,
            ),
            style={"padding": f"{theme.SPACE_2} {theme.SPACE_4}"},
        ),
    )


def _properties(event: rx.Var[EventRow]) -> rx.Component:
    is_open = EventsState.opened == event.id
    return rx.cond(
        event.summary != "",
        rx.fragment(
            rx.el.button(
                rx.el.span(event.summary, style=theme.ONE_LINE),
                type="button",
                title="Show the properties",
                on_click=EventsState.toggle(event.id),
                custom_attrs={"aria-expanded": is_open},
                style={
                    "display": "flex",
                    "max_width": "100%",
                    "text_align": "start",
                    "cursor": "pointer",
                    **theme.CAPTION_TEXT,
                    "_hover": {"color": theme.INK},
                },
            ),
            rx.cond(
                is_open,
                rx.el.pre(
                    EventsState.opened_json,
                    tab_index=0,
                    style={
                        **theme.CODE_TEXT,
                        "max_height": theme.CODE_HEIGHT,
                        "margin_top": theme.SPACE_2,
                        "padding": theme.SPACE_3,
                        "overflow": "auto",
                        "white_space": "pre-wrap",
                        "overflow_wrap": "anywhere",
                        "border_radius": theme.RADIUS,
                        "background": theme.CANVAS,
                    },
                ),
            ),
        ),
    )


def _effect(event: rx.Var[EventRow]) -> rx.Component:
    return rx.cond(
        event.bot != "",
        rx.el.span(
            rx.el.span(
                rx.cond(
                    event.bot == DISCARDED,
                    badge(
                        rx.icon("circle-off", size=theme.ICON_SMALL, aria_hidden=True),
                        "Discarded",
                        "slate",
                    ),
                    badge(
                        rx.icon("bot", size=theme.ICON_SMALL, aria_hidden=True),
                        "Bot",
                        "slate",
                    ),
                ),
                rx.el.span(": ", event.bot, style=theme.HIDDEN),
                title=event.bot,
            ),
            plain_button(
                "Release",
                aria_label="Release " + event.type,
                on_click=EventsState.release(event.id),
            ),
            style={
                **_BESIDE,
                "display": "inline-flex",
                theme.UNDER_NARROW: {"flex_direction": "column", "align_items": "end"},
            },
        ),
        delta(event.effect),
    )


def _person(event: rx.Var[EventRow]) -> rx.Component:
    return rx.link(
        event.lead,
        href=event.href,
        underline="hover",
        color_scheme="gray",
        high_contrast=True,
        style={"font": "inherit"},
    )


def _row(event: rx.Var[EventRow]) -> rx.Component:
    return rx.el.tr(
        _EVENT.cell(
            rx.el.div(
                event.type, style={**theme.ONE_LINE, "font_weight": theme.MEDIUM}
            ),
            rx.el.div(
                _person(event),
                style={
                    **theme.ONE_LINE,
                    "display": "none",
                    theme.UNDER_NARROW: {"display": "block"},
                },
            ),
            _properties(event),
        ),
        _PERSON.cell(_person(event)),
        _EFFECT.cell(_effect(event)),
        _TIME.cell(moment(event.occurred)),
        key=event.id,
        custom_attrs={"data-changed": rx.cond(event.fresh, "odd", "")},
    )


def _pager() -> rx.Component:
    return rx.cond(
        (EventsState.newest_href != "") | (EventsState.older_href != ""),
        rx.el.nav(
            rx.cond(
                EventsState.newest_href != "",
                button_link("Newest", href=EventsState.newest_href),
            ),
            rx.cond(
                EventsState.older_href != "",
                button_link("Older", href=EventsState.older_href),
            ),
            aria_label="Pages",
            style={
                **_BESIDE,
                "justify_content": "flex-end",
                "min_height": theme.SPACE_12,
                "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
                "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
            },
        ),
    )


def _empty() -> rx.Component:
    return rx.cond(
        EventsState.filtered,
        empty_state(
            rx.icon("search-x", size=theme.ICON_LARGE),
            "Nothing found",
            rx.cond(
                EventsState.older_href != "",
                "None of the newest events is of this type. Older ones may be.",
                "No event is of this type, held back, or older than this.",
            ),
            button_link("Show all events", href="/events"),
        ),
        empty_state(
            rx.icon("radio", size=theme.ICON_LARGE),
            "Waiting for the first event",
            "Paste the snippet into your site, or upload a file of past events. "
            "What arrives shows here at once.",
            button_link("Connect a site", href="/integrations", primary=True),
        ),
    )


def _list() -> rx.Component:
    return table(
        "Events, newest first",
        (_EVENT, _PERSON, _EFFECT, _TIME),
        rx.foreach(EventsState.rows, _row),
    )


def _file_format() -> rx.Component:
    return section(
        "What a file looks like",
        body(
            rx.el.p(
                "CSV has a header line: ",
                rx.el.code("event", style=theme.CODE_TEXT),
                " and ",
                rx.el.code("anonymousId", style=theme.CODE_TEXT),
                ", ",
                rx.el.code("userId", style=theme.CODE_TEXT),
                " or ",
                rx.el.code("email", style=theme.CODE_TEXT),
                "; as you like, ",
                rx.el.code("timestamp", style=theme.CODE_TEXT),
                ", ",
                rx.el.code("sessionId", style=theme.CODE_TEXT),
                " and ",
                rx.el.code("messageId", style=theme.CODE_TEXT),
                ". Every other column becomes a property. JSON is an array of events. "
                "UTF-8, 10 MB at most. A file that comes again counts nothing twice.",
                style={"color": theme.MUTED},
            )
        ),
    )


def events_page() -> rx.Component:
    """Return the page."""
    return shell(
        "Events",
        content(
            EventsState.status,
            EventsState.follow,
            loading=card(skeleton_rows(12)),
            ready=rx.fragment(
                _top(),
                _held(),
                card(
                    rx.cond(EventsState.rows.length() > 0, _list(), _empty()), _pager()
                ),
                _file_format(),
            ),
        ),
        current="/events",
        live=live_indicator(EventsState.stale),
    )
