"""The list of leads."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import button_link
from leadpulse_app.components.card import card
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.explanation import VELOCITY
from leadpulse_app.components.field import search_field
from leadpulse_app.components.moment import moment
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.score import score
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import skeleton_rows
from leadpulse_app.components.stage import WORDS, stage_badge
from leadpulse_app.components.table import Column, row_link, table
from leadpulse_app.state.leads import LeadRow, LeadsState, StageTab

_NAME = Column("Name")
_COMPANY = Column("Company", keep="wide", quiet=True)
_SCORE = Column("Score", align="end")
_STAGE = Column("Stage")
_VELOCITY = Column("Velocity", align="end", keep="wide", explanation=VELOCITY)
_LAST_SEEN = Column("Last seen", keep="medium", quiet=True)
_NEXT_ACTION = Column("Next action", keep="medium")

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
    return rx.link(
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


def _toolbar() -> rx.Component:
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
            rx.el.div(
                search_field(
                    "Search leads",
                    "Name, email, company",
                    # A new key fills the box anew when a link changed the search.
                    key=LeadsState.search_form.to_string(),
                    default_value=LeadsState.query,
                    on_change=LeadsState.search.debounce(250),
                ),
                style={
                    "flex": f"0 1 {theme.COLUMN_WIDTH}",
                    theme.UNDER_MEDIUM: {"flex": "1"},
                },
            ),
            button_link(
                rx.icon("download", size=theme.ICON_SMALL, aria_hidden=True),
                "Export CSV",
                href=LeadsState.export_href,
                download=True,
            ),
            style={
                "display": "flex",
                "flex": "1",
                "justify_content": "flex-end",
                "gap": theme.SPACE_2,
            },
        ),
        style={
            "display": "flex",
            "align_items": "center",
            "justify_content": "space-between",
            "gap": theme.SPACE_5,
            theme.UNDER_MEDIUM: {
                "flex_direction": "column",
                "align_items": "stretch",
            },
        },
    )


def _row(lead: rx.Var[LeadRow]) -> rx.Component:
    return rx.el.tr(
        _NAME.cell(rx.el.div(row_link(lead.name, lead.href), style=theme.ONE_LINE)),
        _COMPANY.cell(lead.company),
        _SCORE.cell(score(lead.score, lead.score_percent, lead.stage)),
        _STAGE.cell(stage_badge(lead.stage)),
        _VELOCITY.cell(lead.velocity),
        _LAST_SEEN.cell(moment(lead.last_seen)),
        _NEXT_ACTION.cell(lead.next_action),
        key=lead.id,
        custom_attrs={"data-changed": lead.changed, "data-lead": lead.id},
    )


def _pager() -> rx.Component:
    return rx.el.nav(
        rx.el.span(LeadsState.range_text, style=theme.CAPTION_TEXT),
        rx.el.div(
            rx.cond(
                LeadsState.previous_href != "",
                button_link("Previous", href=LeadsState.previous_href),
            ),
            rx.cond(
                LeadsState.next_href != "",
                button_link("Next", href=LeadsState.next_href),
            ),
            style={"display": "flex", "gap": theme.SPACE_2},
        ),
        aria_label="Pages",
        style={
            "display": "flex",
            "align_items": "center",
            "justify_content": "space-between",
            "min_height": theme.SPACE_12,
            "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
            "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
        },
    )


def _empty() -> rx.Component:
    return rx.cond(
        LeadsState.filtered,
        empty_state(
            rx.icon("search-x", size=theme.ICON_LARGE),
            "Nothing found",
            "No lead matches this search and stage.",
            button_link("Show all leads", href="/leads"),
        ),
        empty_state(
            rx.icon("users", size=theme.ICON_LARGE),
            "No leads yet",
            "Leads appear here by themselves as soon as the first event arrives.",
            button_link("Connect a site", href="/integrations", primary=True),
        ),
    )


def _list() -> rx.Component:
    return rx.fragment(
        table(
            "Leads, highest score first",
            (_NAME, _COMPANY, _SCORE, _STAGE, _VELOCITY, _LAST_SEEN, _NEXT_ACTION),
            rx.foreach(LeadsState.rows, _row),
        ),
        _pager(),
    )


def leads_page() -> rx.Component:
    """Return the page."""
    return shell(
        "Leads",
        _toolbar(),
        content(
            LeadsState.status,
            LeadsState.follow,
            loading=card(skeleton_rows(12)),
            ready=card(rx.cond(LeadsState.rows.length() > 0, _list(), _empty())),
        ),
        current="/leads",
        live=live_indicator(LeadsState.stale),
    )
