"""The filters of the list of leads: quiet until they are set, each with its remover."""

from collections.abc import Iterable

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import (
    button_link,
    primary_button,
    quiet_button,
)
from leadpulse_app.components.field import search_field
from leadpulse_app.components.filter_chip import filter_chip
from leadpulse_app.components.link import link
from leadpulse_app.components.search import BY_SLASH
from leadpulse_app.domain.intelligence import Risk
from leadpulse_app.domain.lead_filter import MAXIMUM_SCORE
from leadpulse_app.state import words
from leadpulse_app.state.lead_address import NOBODY
from leadpulse_app.state.leads import LeadsState

_SHEET = "lead-filters"

_SEEN = {"1": "24 hours", "7": "7 days", "30": "30 days", "90": "90 days"}


def _choice(
    label: str, name: str, chosen: rx.Var[str], *options: rx.Component | rx.Var
) -> rx.Component:
    return filter_chip(
        chosen != "",
        label,
        LeadsState.narrow(name, ""),
        rx.el.select(
            rx.el.option(label, value=""),
            *options,
            value=chosen,
            on_change=lambda value: LeadsState.narrow(name, value),
            aria_label=label,
        ),
    )


def _options(choices: Iterable[tuple[str, str]]) -> list[rx.Component]:
    return [rx.el.option(word, value=value) for value, word in choices]


def _score_form() -> rx.Component:
    def bound(label: str, name: str, value: rx.Var[str]) -> rx.Component:
        return rx.el.label(
            label,
            rx.input(
                name=name,
                type="number",
                min="0",
                max=str(MAXIMUM_SCORE),
                default_value=value,
                size="2",
                style={"width": theme.NUMBER_FIELD_WIDTH},
            ),
            style={
                "display": "flex",
                "flex_direction": "column",
                "gap": theme.SPACE_1,
                **theme.CAPTION_TEXT,
            },
        )

    return rx.el.form(
        bound("From", "minScore", LeadsState.filters.minimum_score),
        bound("To", "maxScore", LeadsState.filters.maximum_score),
        rx.popover.close(primary_button("Apply", type="submit")),
        on_submit=LeadsState.narrow_score,
        style={"display": "flex", "align_items": "end", "gap": theme.SPACE_2},
    )


def _score() -> rx.Component:
    shown = LeadsState.filters.score
    return filter_chip(
        shown != "",
        "Score",
        LeadsState.narrow_score({}),
        rx.popover.root(
            rx.popover.trigger(
                rx.el.button(
                    rx.cond(shown != "", "Score " + shown, "Score"), type="button"
                )
            ),
            rx.popover.content(_score_form(), size="1"),
        ),
    )


def _choices() -> tuple[rx.Component, ...]:
    filters = LeadsState.filters
    return (
        _score(),
        _choice(
            "Last seen",
            "seenWithinDays",
            filters.seen_within_days,
            *_options(
                (days, f"Seen within {words_}") for days, words_ in _SEEN.items()
            ),
            rx.cond(
                (filters.seen_within_days != "")
                & ~rx.Var.create([*_SEEN]).contains(filters.seen_within_days),
                rx.el.option(
                    "Seen within " + filters.seen_within_days + " days",
                    value=filters.seen_within_days,
                ),
            ),
        ),
        _choice(
            "Risk",
            "risk",
            filters.risk,
            *_options((risk, f"{words.risk(risk)} risk") for risk in reversed(Risk)),
        ),
        _choice(
            "Owner",
            "owner",
            filters.owner,
            rx.el.option("Nobody", value=NOBODY),
            rx.foreach(
                LeadsState.members,
                lambda member: rx.el.option(member.name, value=member.value),
            ),
        ),
        _choice(
            "Tag",
            "tag",
            filters.tag,
            rx.foreach(LeadsState.tags, lambda tag: rx.el.option(tag, value=tag)),
        ),
        _choice(
            "Event seen",
            "event",
            filters.event_type,
            rx.foreach(
                LeadsState.event_types, lambda each: rx.el.option(each, value=each)
            ),
        ),
        rx.cond(
            LeadsState.filtered,
            link(
                "Clear all",
                href=LeadsState.clear_href,
                underline="hover",
                color_scheme="gray",
                style={**theme.TABLE_TEXT, "padding": f"0 {theme.SPACE_1}"},
            ),
        ),
    )


def _search() -> rx.Component:
    return rx.el.div(
        search_field(
            "Search leads",
            "Name, email, company  /",
            attributes=BY_SLASH,
            # A new key fills the box anew when a link changed the search.
            key=LeadsState.search_form.to_string(),
            default_value=LeadsState.query,
            on_change=LeadsState.search.debounce(250),
        ),
        style={
            "flex": f"0 1 {theme.FORM_WIDTH}",
            "min_width": theme.CELL_WIDTH,
            theme.UNDER_NARROW: {"flex": "1"},
        },
    )


def _sheet_button() -> rx.Component:
    count = LeadsState.filters.count
    return rx.el.div(
        quiet_button(
            rx.icon("list-filter", size=theme.ICON_SMALL, aria_hidden=True),
            rx.cond(count != "", "Filters " + count, "Filters"),
            type="button",
            custom_attrs={"popoverTarget": _SHEET},
        ),
        style={"display": "none", theme.UNDER_NARROW: {"display": "block"}},
    )


def lead_filters() -> rx.Component:
    """Return the search and the filters; on a phone the filters are in a sheet."""
    return rx.el.div(
        _search(),
        _sheet_button(),
        rx.el.div(
            *_choices(),
            id=_SHEET,
            role="group",
            aria_label="Filters",
            custom_attrs={"popover": "auto"},
            style={
                "position": "static",
                "display": "flex",
                "flex_wrap": "wrap",
                "align_items": "center",
                "gap": theme.SPACE_2,
                "width": "auto",
                "height": "auto",
                "margin": "0",
                "padding": "0",
                "border": "0",
                "background": "transparent",
                "color": "inherit",
                "overflow": "visible",
                theme.UNDER_NARROW: {
                    "position": "fixed",
                    "inset": "auto 0 0 0",
                    "width": "auto",
                    "flex_direction": "column",
                    "align_items": "stretch",
                    "padding": theme.SPACE_4,
                    "border_top": f"{theme.HAIR} solid {theme.LINE}",
                    "background": theme.SURFACE,
                    "color": theme.INK,
                    "&:not(:popover-open)": theme.GONE,
                },
            },
        ),
        style={
            "display": "flex",
            "flex_wrap": "wrap",
            "align_items": "center",
            "gap": theme.SPACE_2,
            theme.UNDER_NARROW: {"flex_wrap": "nowrap"},
        },
    )


def nothing_found() -> rx.Component:
    """Return the way back from filters that leave no lead."""
    return button_link("Clear filters", href=LeadsState.clear_href)
