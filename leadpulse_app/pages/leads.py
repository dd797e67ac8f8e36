"""The list of leads."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import button_link
from leadpulse_app.components.card import card
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.first_run import first_run
from leadpulse_app.components.lead_bulk import lead_bulk_bar
from leadpulse_app.components.lead_drawer import lead_drawer
from leadpulse_app.components.lead_filters import lead_filters, nothing_found
from leadpulse_app.components.lead_import import lead_import
from leadpulse_app.components.lead_table import lead_table
from leadpulse_app.components.link import link
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import skeleton_rows
from leadpulse_app.components.stage import WORDS
from leadpulse_app.state.leads import LeadsState, StageTab
from leadpulse_app.state.written_rows import NO_ROWS

_TAB: theme.Style = {
    "display": "inline-flex",
    "align_items": "center",
    "gap": theme.SPACE_2,
    "padding": f"{theme.SPACE_2} {theme.SPACE_1}",
    "border_bottom": f"{theme.FOCUS_RING} solid transparent",
    "color": theme.MUTED,
    "white_space": "nowrap",
    **theme.BODY_TEXT,
    "font_weight": theme.MEDIUM,
    "transition": f"color {theme.QUICK}, border-color {theme.QUICK}",
    "_hover": {"color": theme.INK},
    "&[aria-current=true]": {
        "color": theme.INK,
        "border_bottom_color": theme.ACCENT,
    },
}


def _tab(tab: rx.Var[StageTab]) -> rx.Component:
    return link(
        rx.match(
            tab.stage, *((str(stage), word) for stage, word in WORDS.items()), "All"
        ),
        rx.el.span(
            tab.count,
            style={**theme.CAPTION_TEXT, "font_variant_numeric": theme.TABULAR},
        ),
        href=tab.href,
        underline="none",
        custom_attrs={"aria-current": rx.cond(tab.selected, "true", "false")},
        style=_TAB,
    )


def _top() -> rx.Component:
    return rx.el.div(
        rx.el.nav(
            rx.foreach(LeadsState.tabs, _tab),
            aria_label="Stages",
            style={
                "display": "flex",
                "gap": theme.SPACE_4,
                "overflow_x": "auto",
                "scrollbar_width": "none",
                "min_width": "0",
            },
        ),
        rx.el.div(
            lead_import(),
            button_link(
                rx.icon("download", size=theme.ICON_SMALL, aria_hidden=True),
                "Export CSV",
                href=LeadsState.export_href,
                download=True,
            ),
            style={"display": "flex", "gap": theme.SPACE_2, "flex_shrink": "0"},
        ),
        style={
            "display": "flex",
            "align_items": "center",
            "justify_content": "space-between",
            "gap": theme.SPACE_5,
            theme.UNDER_NARROW: {
                "flex_direction": "column",
                "align_items": "stretch",
                "gap": theme.SPACE_3,
            },
        },
    )


def _empty() -> rx.Component:
    return rx.cond(
        LeadsState.filtered,
        empty_state(
            rx.icon("search-x", size=theme.ICON_LARGE),
            "Nothing found",
            "No lead matches this search and these filters.",
            nothing_found(),
        ),
        first_run(
            rx.icon("users", size=theme.ICON_LARGE),
            "No leads yet",
            "Leads appear here by themselves as soon as the first event arrives.",
        ),
    )


def leads_page() -> rx.Component:
    """Return the page."""
    return shell(
        "Leads",
        _top(),
        lead_filters(),
        content(
            LeadsState.status,
            LeadsState.follow,
            loading=card(skeleton_rows(12)),
            ready=card(rx.cond(LeadsState.rows != NO_ROWS, lead_table(), _empty())),
        ),
        lead_bulk_bar(),
        lead_drawer(),
        current="/leads",
        live=live_indicator(LeadsState.stale),
        has_search=True,
    )
