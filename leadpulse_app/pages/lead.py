"""One lead: how it stands and why, what it did, what people wrote on it."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import button_link
from leadpulse_app.components.card import card
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.lead_course import course
from leadpulse_app.components.lead_header import header
from leadpulse_app.components.lead_identities import identities
from leadpulse_app.components.lead_notes import notes
from leadpulse_app.components.lead_timeline import timeline
from leadpulse_app.components.lead_why import ledger, why
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import bone, skeleton_rows
from leadpulse_app.state.lead import LeadState
from leadpulse_app.state.pages import Status

_COLUMN: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_4,
    "min_width": "0",
}

_COLUMNS: theme.Style = {
    "display": "grid",
    "grid_template_columns": "minmax(0, 2fr) minmax(0, 3fr)",
    "align_items": "start",
    "gap": theme.SPACE_4,
    # Stacked, what happened comes before what the lead is known by.
    theme.UNDER_WIDE: {
        **_COLUMN,
        "align_items": "stretch",
        "& > div": {"display": "contents"},
        "& [data-late]": {"order": "1"},
    },
}


def _late(part: rx.Component) -> rx.Component:
    return rx.el.div(part, custom_attrs={"data-late": ""}, style={"min_width": "0"})


def _columns(left: rx.Component, right: rx.Component) -> rx.Component:
    return rx.el.div(left, right, style=_COLUMNS)


def _skeleton() -> rx.Component:
    return rx.fragment(
        card(
            rx.el.div(
                bone("30%", theme.SPACE_6),
                bone("45%", theme.SPACE_4),
                bone("100%", theme.SPACE_10),
                style={
                    "display": "flex",
                    "flex_direction": "column",
                    "gap": theme.SPACE_3,
                },
            ),
            padded=True,
        ),
        card(bone("100%", theme.COURSE_HEIGHT), padded=True),
        _columns(card(skeleton_rows(6)), card(skeleton_rows(8))),
    )


def _missing() -> rx.Component:
    return card(
        empty_state(
            rx.icon("user-x", size=theme.ICON_LARGE),
            "No such lead",
            "It may have been deleted, or the link is from another project.",
            button_link("Show all leads", href="/leads"),
        )
    )


def lead_page() -> rx.Component:
    """Return the page."""
    return shell(
        LeadState.title,
        content(
            LeadState.status,
            LeadState.follow,
            loading=_skeleton(),
            ready=rx.fragment(
                header(),
                course(),
                _columns(
                    rx.el.div(
                        why(), _late(notes()), _late(identities()), style=_COLUMN
                    ),
                    rx.el.div(timeline(), _late(ledger()), style=_COLUMN),
                ),
            ),
            missing=_missing(),
        ),
        current="/leads",
        live=rx.cond(
            LeadState.status != Status.MISSING.value, live_indicator(LeadState.stale)
        ),
        parent=("Leads", "/leads"),
    )
