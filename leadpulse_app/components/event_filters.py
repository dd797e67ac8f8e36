"""The filters of the stream of events: by type, and by person."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import text_link
from leadpulse_app.components.field import search_field
from leadpulse_app.components.filter_chip import filter_chip
from leadpulse_app.components.link import link
from leadpulse_app.state.events import EventsState
from leadpulse_app.state.person_search import PersonRow, PersonSearchState

_VIEW: theme.Style = {
    "display": "inline-flex",
    "align_items": "center",
    "height": theme.CONTROL_HEIGHT,
    "padding": f"0 {theme.SPACE_3}",
    "color": theme.MUTED,
    **theme.TABLE_TEXT,
    "_hover": {"color": theme.INK},
    "&[aria-current=true]": {"background": theme.PRESSED, "color": theme.INK},
}


def _type() -> rx.Component:
    return filter_chip(
        EventsState.event_type != "",
        "Event type",
        EventsState.narrow_type(""),
        rx.el.select(
            rx.el.option("Event type", value=""),
            rx.foreach(EventsState.types, lambda each: rx.el.option(each, value=each)),
            value=EventsState.event_type,
            on_change=EventsState.narrow_type,
            aria_label="Event type",
        ),
    )


def _person(person: rx.Var[PersonRow]) -> rx.Component:
    return rx.el.li(
        rx.popover.close(
            link(
                rx.el.span(
                    person.name,
                    style={**theme.ONE_LINE, "font_weight": theme.MEDIUM},
                ),
                rx.el.span(
                    person.contact,
                    style={
                        **theme.CAPTION_TEXT,
                        **theme.ONE_LINE,
                        "_empty": theme.GONE,
                    },
                ),
                href=person.href,
                underline="none",
                color_scheme="gray",
                high_contrast=True,
                style={
                    "display": "flex",
                    "flex_direction": "column",
                    "padding": f"{theme.SPACE_1} {theme.SPACE_2}",
                    "border_radius": theme.RADIUS_SMALL,
                    **theme.TABLE_TEXT,
                    "_hover": {"background": theme.HOVER},
                },
            )
        ),
        key=person.id,
    )


def _people() -> rx.Component:
    return rx.fragment(
        search_field(
            "Find a person",
            "Name, email, company or id",
            auto_focus=True,
            on_change=PersonSearchState.seek.debounce(250),
        ),
        rx.el.ul(
            rx.foreach(PersonSearchState.people, _person),
            aria_label="People found",
            style={
                "list_style": "none",
                "margin": f"{theme.SPACE_2} 0 0",
                "padding": "0",
            },
        ),
        rx.el.p(
            PersonSearchState.said,
            role="status",
            style={
                **theme.CAPTION_TEXT,
                "padding": f"{theme.SPACE_1} {theme.SPACE_2}",
                "_empty": theme.GONE,
            },
        ),
    )


def _lead() -> rx.Component:
    return filter_chip(
        EventsState.lead != "",
        "Person",
        EventsState.show_everybody,
        rx.popover.root(
            rx.popover.trigger(
                rx.el.button(
                    rx.cond(EventsState.lead != "", EventsState.lead, "Person"),
                    type="button",
                    aria_label=rx.cond(
                        EventsState.lead != "", "Person: " + EventsState.lead, "Person"
                    ),
                )
            ),
            rx.popover.content(
                _people(), size="1", aria_label="Person", width=theme.COLUMN_WIDTH
            ),
            on_open_change=PersonSearchState.toggle,
        ),
    )


def _view(name: str, href: rx.Var[str], is_current: rx.Var[bool]) -> rx.Component:
    return link(
        name,
        href=href,
        underline="none",
        custom_attrs={"aria-current": rx.cond(is_current, "true", "false")},
        style=_VIEW,
    )


def _views() -> rx.Component:
    """What a person did can be seen event by event, or session by session."""
    return rx.cond(
        EventsState.lead != "",
        rx.el.nav(
            _view("Stream", EventsState.stream_href, ~EventsState.by_session),
            _view("By session", EventsState.sessions_href, EventsState.by_session),
            aria_label="View",
            style={
                "display": "inline-flex",
                "overflow": "hidden",
                "border": f"{theme.HAIR} solid {theme.LINE}",
                "border_radius": theme.RADIUS,
            },
        ),
    )


def event_filters() -> rx.Component:
    """Return the filters, and the two views of what one person did."""
    return rx.el.div(
        rx.cond(EventsState.by_session, rx.fragment(), _type()),
        _lead(),
        _views(),
        rx.cond(
            EventsState.filtered,
            rx.el.span(text_link("Clear all", "/events"), style=theme.TABLE_TEXT),
        ),
        role="group",
        aria_label="Filters",
        style={
            **theme.BESIDE,
            "flex": "1",
            "min_width": "0",
            theme.UNDER_NARROW: {
                "flex": "1 1 100%",
                "& > span": {"width": "auto", "max_width": "100%"},
            },
        },
    )
