"""Tries the rules on an event or a lead, and says of each why it fires or not."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import quiet_button
from leadpulse_app.components.card import body, section
from leadpulse_app.components.field import choice_field, edit_field
from leadpulse_app.components.rule_subject import known_as, lead_search
from leadpulse_app.components.stage import stage_badge
from leadpulse_app.state.rule_simulator import OutcomeRow, SimulatorState
from leadpulse_app.state.rules import RulesState

_EXAMPLE = '{\n  "event": "demo_request",\n  "properties": {"plan": "pro"}\n}'

_STACKED: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_3,
    "min_width": "0",
}

_BARE: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_2,
    "margin": "0",
    "padding": "0",
    "list_style": "none",
    "overflow_wrap": "anywhere",
    **theme.TABLE_TEXT,
}


def _folded(summary: str, *children: rx.Component) -> rx.Component:
    return rx.el.details(
        rx.el.summary(summary, style={"cursor": "pointer", **theme.CAPTION_TEXT}),
        rx.el.div(*children, style={**_STACKED, "margin_top": theme.SPACE_2}),
    )


def _event() -> rx.Component:
    return rx.el.form(
        edit_field(
            "Event as JSON",
            name="event",
            value=_EXAMPLE,
            problem=SimulatorState.problem,
            multiline=True,
            rows="5",
            style=theme.CODE_TEXT,
            custom_attrs={"spellCheck": "false"},
        ),
        known_as("What its lead is known as, where that matters"),
        rx.el.div(quiet_button("Try it", type="submit")),
        on_submit=SimulatorState.try_event,
        style=_STACKED,
    )


def _lead() -> rx.Component:
    return lead_search(
        "Lead to try",
        "Leads to try",
        on_search=SimulatorState.search.debounce(250),
        found=SimulatorState.found,
        found_nothing=SimulatorState.found_nothing,
        on_choose=SimulatorState.try_lead,
    )


def _outcome(outcome: rx.Var[OutcomeRow], *, fires: bool) -> rx.Component:
    note = rx.el.span(outcome.note, style=theme.CAPTION_TEXT)
    return rx.el.li(
        rx.el.span(outcome.name, style={"min_width": "0"}),
        rx.el.span(
            note,
            rx.el.span(outcome.points, style={"font_weight": theme.MEDIUM}),
            style={
                "display": "flex",
                "align_items": "baseline",
                "gap": theme.SPACE_2,
                "flex_shrink": "0",
            },
        )
        if fires
        else note,
        key=outcome.id,
        style={
            "display": "flex",
            "justify_content": "space-between",
            "align_items": "baseline",
            "gap": theme.SPACE_3,
        }
        if fires
        else {
            "display": "flex",
            "flex_wrap": "wrap",
            "justify_content": "space-between",
            "align_items": "baseline",
            "column_gap": theme.SPACE_3,
            "color": theme.MUTED,
        },
    )


def _outcomes() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            rx.el.span(
                SimulatorState.tried,
                style={"font_weight": theme.MEDIUM, "overflow_wrap": "anywhere"},
            ),
            rx.cond(SimulatorState.stage != "", " would have ", " gives "),
            rx.el.span(SimulatorState.total, style={"font_weight": theme.SEMIBOLD}),
            " ",
            stage_badge(SimulatorState.stage),
            " ",
            rx.cond(
                SimulatorState.events != "",
                rx.el.span("from " + SimulatorState.events, style=theme.CAPTION_TEXT),
            ),
        ),
        rx.cond(
            SimulatorState.firing.length() > 0,
            rx.el.ul(
                rx.foreach(
                    SimulatorState.firing, lambda each: _outcome(each, fires=True)
                ),
                aria_label="Rules that fire",
                style=_BARE,
            ),
            rx.el.p("No rule fires.", style=theme.CAPTION_TEXT),
        ),
        rx.cond(
            SimulatorState.resting.length() > 0,
            _folded(
                "Why not the others",
                rx.el.ul(
                    rx.foreach(
                        SimulatorState.resting, lambda each: _outcome(each, fires=False)
                    ),
                    aria_label="Rules that don't fire",
                    style=_BARE,
                ),
            ),
        ),
        style=_STACKED,
    )


def rule_simulator() -> rx.Component:
    """Return the section. It tries the draft where there is one."""
    return section(
        "Simulator",
        body(
            choice_field(
                "Type of event to try",
                "Choose an event…",
                RulesState.event_types,
                SimulatorState.chosen_type,
                SimulatorState.try_type,
            ),
            _folded("Or paste an event", _event()),
            _folded("Or choose a lead", _lead()),
            rx.el.div(
                rx.cond(SimulatorState.tried != "", _outcomes()),
                aria_live="polite",
                style={
                    "&:not(:empty)": {
                        "padding_top": theme.SPACE_3,
                        "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
                    }
                },
            ),
        ),
        note=rx.el.span(
            rx.cond(RulesState.has_draft, "Tries the draft", "Changes nothing"),
            style=theme.CAPTION_TEXT,
        ),
    )
