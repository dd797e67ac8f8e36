"""The stream of events, with files of them and what is held back."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import button_link, quiet_button
from leadpulse_app.components.card import body, card, section
from leadpulse_app.components.confirmation import confirmed
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.event_drawer import event_drawer
from leadpulse_app.components.event_filters import event_filters
from leadpulse_app.components.event_table import event_pager, event_table
from leadpulse_app.components.event_upload import event_upload, event_upload_outcome
from leadpulse_app.components.first_run import first_run
from leadpulse_app.components.lead_timeline import session_list
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import skeleton_rows
from leadpulse_app.state.events import EventsState
from leadpulse_app.state.written_rows import NO_ROWS

_BETWEEN: theme.Style = {
    **theme.BESIDE,
    "justify_content": "space-between",
    "gap": theme.SPACE_3,
}


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
                    style=theme.BESIDE,
                ),
                style=_BETWEEN,
            ),
            style={"padding": f"{theme.SPACE_2} {theme.SPACE_4}"},
        ),
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.cond(
            EventsState.waiting_text != "",
            rx.el.div(
                rx.el.span(EventsState.waiting_text, " since you paused"),
                quiet_button("Show", size="1", on_click=EventsState.catch_up),
                style={
                    **theme.BESIDE,
                    "justify_content": "center",
                    "padding": theme.SPACE_2,
                    "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
                    "background": theme.ACCENT_TINT,
                    **theme.TABLE_TEXT,
                },
            ),
        ),
        aria_live="polite",
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
                "No event passes these filters.",
            ),
            button_link("Show all events", href="/events"),
        ),
        first_run(
            rx.icon("radio", size=theme.ICON_LARGE),
            "Waiting for the first event",
            "Paste the snippet into your site, or upload a file of past events. "
            "What arrives shows here at once.",
            upload=False,
        ),
    )


def _stream() -> rx.Component:
    return card(
        _waiting(),
        rx.cond(
            EventsState.by_session,
            rx.cond(
                EventsState.sessions.length() > 0,
                rx.fragment(
                    rx.el.h2("Sessions", style=theme.HIDDEN),
                    session_list(EventsState.sessions),
                ),
                _empty(),
            ),
            rx.cond(EventsState.rows != NO_ROWS, event_table(), _empty()),
        ),
        event_pager(),
    )


def _file_format() -> rx.Component:
    def name(field: str) -> rx.Component:
        return rx.el.code(field, style=theme.CODE_TEXT)

    return section(
        "What a file looks like",
        body(
            rx.el.p(
                "CSV has a header line: ",
                name("event"),
                " and ",
                name("anonymousId"),
                ", ",
                name("userId"),
                " or ",
                name("email"),
                "; as you like, ",
                name("timestamp"),
                ", ",
                name("sessionId"),
                " and ",
                name("messageId"),
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
                rx.el.div(
                    rx.el.div(event_filters(), event_upload(), style=_BETWEEN),
                    event_upload_outcome(),
                ),
                _held(),
                _stream(),
                _file_format(),
            ),
        ),
        event_drawer(),
        current="/events",
        live=live_indicator(EventsState.stale),
    )
