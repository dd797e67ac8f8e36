"""A lead of the list in short: what it is, why, and what it did last."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.badge import label
from leadpulse_app.components.button import button_link
from leadpulse_app.components.drawer import drawer
from leadpulse_app.components.explanation import RISK, VELOCITY
from leadpulse_app.components.moment import moment
from leadpulse_app.components.score import bar, delta
from leadpulse_app.components.stage import stage_badge, stage_fill
from leadpulse_app.state.lead_drawer import EventLine, RuleLine
from leadpulse_app.state.leads import LeadsState

_LINE: theme.Style = {
    "display": "grid",
    "align_items": "baseline",
    "gap": theme.SPACE_3,
    "padding": f"{theme.SPACE_2} 0",
    "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
    **theme.TABLE_TEXT,
    "_last_child": {"border_bottom": "0"},
}


def _fact(
    name: str, value: rx.Component | rx.Var[str], explanation: str = ""
) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name, title=explanation or None, style=theme.CAPTION_TEXT),
        rx.el.dd(value, style={"margin": "0", **theme.TABLE_TEXT}),
    )


def _facts() -> rx.Component:
    lead = LeadsState.drawn
    return rx.el.dl(
        _fact("Velocity", lead.velocity, VELOCITY),
        _fact("Risk", lead.risk, RISK),
        _fact("Next action", lead.next_action),
        _fact("Last seen", moment(lead.last_seen)),
        _fact("Owner", lead.owner),
        _fact(
            "Tags",
            rx.cond(
                lead.tags.length() > 0,
                rx.el.span(rx.foreach(lead.tags, label), style=theme.BESIDE),
                rx.el.span("-"),
            ),
        ),
        style={
            "display": "grid",
            "grid_template_columns": "repeat(3, minmax(0, 1fr))",
            "gap": theme.SPACE_4,
            "margin": "0",
        },
    )


def _standing() -> rx.Component:
    lead = LeadsState.drawn
    return rx.el.div(
        rx.el.span(lead.score, style=theme.FIGURE_TEXT),
        stage_badge(lead.stage),
        rx.el.span(
            bar(lead.score_percent, stage_fill(lead.stage)), style={"flex": "1"}
        ),
        style={"display": "flex", "align_items": "center", "gap": theme.SPACE_3},
    )


def _rule(rule: rx.Var[RuleLine]) -> rx.Component:
    return rx.el.li(
        rx.el.span(rule.name, style=theme.ONE_LINE),
        rx.el.span(rule.times, style={"color": theme.MUTED}),
        rx.el.span(delta(rule.delta), style={"text_align": "right"}),
        key=rule.id,
        style={
            **_LINE,
            "grid_template_columns": f"minmax(0, 1fr) auto {theme.DELTA_WIDTH}",
        },
    )


def _event(event: rx.Var[EventLine]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            event.type,
            rx.el.span(" ", event.page, style={"color": theme.MUTED}),
            style=theme.ONE_LINE,
        ),
        rx.el.span(delta(event.points), style={"text_align": "right"}),
        rx.el.span(
            moment(event.occurred),
            style={"color": theme.MUTED, "text_align": "right"},
        ),
        key=event.id,
        style={
            **_LINE,
            "grid_template_columns": (
                f"minmax(0, 1fr) {theme.DELTA_WIDTH} {theme.TIME_WIDTH}"
            ),
        },
    )


def _part(heading: str, *children: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h3(heading, style={**theme.SECTION_TEXT, "margin_bottom": theme.SPACE_1}),
        *children,
        aria_label=heading,
    )


def _list(items: rx.Component, nothing: str, is_there: rx.Var[bool]) -> rx.Component:
    return rx.cond(
        is_there,
        rx.el.ul(items, style={"margin": "0", "padding": "0", "list_style": "none"}),
        rx.el.p(nothing, style=theme.CAPTION_TEXT),
    )


def lead_drawer() -> rx.Component:
    """Return the drawer; the rows of the list open it."""
    lead = LeadsState.drawn
    return drawer(
        lead.name,
        lead.contact,
        _standing(),
        _facts(),
        _part(
            "Why this score",
            _list(
                rx.foreach(lead.rules, _rule),
                "No rule gave points yet.",
                lead.rules.length() > 0,
            ),
            rx.el.p(
                lead.more_rules, style={**theme.CAPTION_TEXT, "_empty": theme.GONE}
            ),
        ),
        _part(
            "Last events",
            _list(
                rx.foreach(lead.events, _event),
                "Nothing happened yet.",
                lead.events.length() > 0,
            ),
        ),
        is_open=LeadsState.drawer_is_open,
        on_toggle=LeadsState.toggle_drawer,
        actions=button_link("Open", href=lead.href),
    )
