"""One lead."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import button_link, quiet_button
from leadpulse_app.components.card import card, section
from leadpulse_app.components.confirmation import confirmed
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.explanation import CHANGE, POINTS, RISK, VELOCITY
from leadpulse_app.components.layout import columns
from leadpulse_app.components.moment import moment
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.score import delta
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import bone, skeleton_rows
from leadpulse_app.components.stage import stage_badge
from leadpulse_app.components.table import Column, table
from leadpulse_app.state.lead import LeadState, LedgerRow, MergeRow, NameRow
from leadpulse_app.state.pages import Status

_EVENT = Column("Event")
_RULE = Column("Rule", keep="medium", quiet=True)
_POINTS = Column("Points", align="end", keep="medium", quiet=True, explanation=POINTS)
_CHANGE = Column("Change", align="end", explanation=CHANGE)
_SCORE = Column("Score", align="end")
_WHEN = Column("When", align="end", keep="medium", quiet=True)

_NAME = Column("Name")
_KIND = Column("Kind", quiet=True)
_SINCE = Column("Known", align="end", keep="medium", quiet=True)

_FACTS: theme.Style = {
    "display": "grid",
    "grid_template_columns": f"repeat(auto-fit, minmax({theme.FACT_WIDTH}, 1fr))",
    "gap": theme.HAIR,
    "background": theme.HAIRLINE,
    "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
}


def _fact(
    label: str, value: rx.Component | rx.Var[str], explanation: str = ""
) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label, title=explanation or None, style=theme.CAPTION_TEXT),
        rx.el.dd(value, style={"font_weight": theme.MEDIUM}),
        style={
            "padding": f"{theme.SPACE_3} {theme.SPACE_4}",
            "background": theme.SURFACE,
        },
    )


def _header() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.div(
                rx.el.span(LeadState.score, style=theme.FIGURE_TEXT),
                rx.el.span("points", style={"color": theme.MUTED}),
                stage_badge(LeadState.stage),
                style={
                    "display": "flex",
                    "align_items": "center",
                    "gap": theme.SPACE_2,
                },
            ),
            rx.el.p(
                LeadState.contact,
                style={"color": theme.MUTED, "overflow_wrap": "anywhere"},
            ),
            style={
                "display": "flex",
                "flex_wrap": "wrap",
                "align_items": "center",
                "justify_content": "space-between",
                "gap": f"{theme.SPACE_1} {theme.SPACE_6}",
                "padding": theme.SPACE_4,
            },
        ),
        rx.el.dl(
            _fact("Next action", LeadState.next_action),
            _fact("Risk of losing", LeadState.risk, RISK),
            _fact("Velocity", LeadState.velocity, VELOCITY),
            _fact("Events in 24 h", LeadState.recent_events),
            _fact("Last seen", moment(LeadState.last_seen)),
            _fact("Added", moment(LeadState.added)),
            style=_FACTS,
        ),
    )


def _ledger_row(entry: rx.Var[LedgerRow]) -> rx.Component:
    return rx.el.tr(
        _EVENT.cell(
            rx.el.div(entry.event_type, style={"font_weight": theme.MEDIUM}),
            rx.cond(
                entry.explanation != "",
                rx.el.div(entry.explanation, style=theme.CAPTION_TEXT),
            ),
            rx.el.div(
                moment(entry.occurred),
                style={
                    **theme.CAPTION_TEXT,
                    **theme.GONE,
                    theme.UNDER_NARROW: {"display": "block"},
                },
            ),
        ),
        _RULE.cell(rx.el.span(entry.rule, title="Ruleset version " + entry.version)),
        _POINTS.cell(entry.points),
        _CHANGE.cell(delta(entry.delta)),
        _SCORE.cell(
            rx.el.span(
                entry.old_score,
                rx.el.span(" to ", style=theme.HIDDEN),
                rx.el.span(" → ", aria_hidden=True),
                style={"color": theme.MUTED},
            ),
            rx.el.span(entry.new_score, style={"font_weight": theme.MEDIUM}),
        ),
        _WHEN.cell(moment(entry.occurred)),
        key=entry.id,
    )


def _ledger() -> rx.Component:
    return section(
        "Score history",
        rx.cond(
            LeadState.ledger.length() > 0,
            table(
                "What changed the score, newest first",
                (_EVENT, _RULE, _POINTS, _CHANGE, _SCORE, _WHEN),
                rx.foreach(LeadState.ledger, _ledger_row),
            ),
            empty_state(
                rx.icon("history", size=theme.ICON_LARGE),
                "Nothing scored yet",
                "Each event of this lead shows here with the points it gave, "
                "as soon as it is scored.",
                level=rx.el.h3,
            ),
        ),
        rx.cond(
            (LeadState.older_href != "") | (LeadState.newest_href != ""),
            rx.el.nav(
                rx.cond(
                    LeadState.newest_href != "",
                    button_link("Newest", href=LeadState.newest_href),
                ),
                rx.cond(
                    LeadState.older_href != "",
                    button_link("Older", href=LeadState.older_href),
                ),
                aria_label="Pages",
                style={
                    "display": "flex",
                    "justify_content": "flex-end",
                    "gap": theme.SPACE_2,
                    "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
                    "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
                },
            ),
        ),
        note=rx.el.span("Every point, newest first", style=theme.CAPTION_TEXT),
    )


def _name_row(name: rx.Var[NameRow]) -> rx.Component:
    return rx.el.tr(
        _NAME.cell(name.value),
        _KIND.cell(name.kind),
        _SINCE.cell(moment(name.since)),
        key=name.id,
    )


def _merge_line(merge: rx.Var[MergeRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(merge.name, style={"font_weight": theme.MEDIUM}),
            " merged ",
            moment(merge.merged),
            style={"min_width": "0", "overflow_wrap": "anywhere"},
        ),
        rx.cond(
            LeadState.may_unmerge,
            confirmed(
                quiet_button("Unmerge", aria_label="Unmerge " + merge.name),
                "Take this merge back?",
                "They become two leads again, each with the score of its own events. "
                "No later event merges them again.",
                "Unmerge",
                LeadState.unmerge(merge.id),
            ),
        ),
        key=merge.id,
        style={
            "display": "flex",
            "align_items": "center",
            "justify_content": "space-between",
            "gap": theme.SPACE_3,
            "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
            "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
        },
    )


def _left_out(text: rx.Var[str]) -> rx.Component:
    return rx.el.p(
        text,
        style={
            **theme.CAPTION_TEXT,
            "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
            "_empty": theme.GONE,
        },
    )


def _identities() -> rx.Component:
    return section(
        "Identities",
        table(
            "What this lead is known by, the oldest first",
            (_NAME, _KIND, _SINCE),
            rx.foreach(LeadState.names, _name_row),
        ),
        _left_out(LeadState.names_left_out),
        rx.cond(
            LeadState.merges.length() > 0,
            rx.el.ul(
                rx.foreach(LeadState.merges, _merge_line),
                aria_label="Merged leads",
                style={"list_style": "none", "margin": "0", "padding": "0"},
            ),
        ),
        _left_out(LeadState.merges_left_out),
        note=rx.el.span("Events under any of these", style=theme.CAPTION_TEXT),
    )


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
        card(skeleton_rows(8)),
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
                _header(), columns(_ledger(), _identities(), stacked=theme.UNDER_ROOMY)
            ),
            missing=_missing(),
        ),
        current="/leads",
        live=rx.cond(
            LeadState.status != Status.MISSING.value, live_indicator(LeadState.stale)
        ),
        parent=("Leads", "/leads"),
    )
