"""The rules."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import primary_button, quiet_button
from leadpulse_app.components.card import card
from leadpulse_app.components.content import content
from leadpulse_app.components.moment import moment
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import skeleton_rows
from leadpulse_app.components.table import Column, table
from leadpulse_app.domain.ruleset import MAXIMUM_POINTS, MINIMUM_POINTS
from leadpulse_app.state.rules import RuleRow, RulesState

_RULE = Column("Rule")
_EVENT = Column("Event", keep="medium")
_POINTS = Column("Points", align="end")


def _points(rule: rx.Var[RuleRow]) -> rx.Component:
    wrong = RulesState.problems.contains(rule.id)
    problem_id = rule.id + "-problem"
    return rx.cond(
        RulesState.may_edit,
        rx.input(
            # A new key fills the input anew when the edits are dropped or published.
            key=rule.id + "-" + RulesState.form.to_string(),
            type="number",
            default_value=rx.cond(
                RulesState.drafts.contains(rule.id),
                RulesState.drafts[rule.id],
                rule.points,
            ),
            min=MINIMUM_POINTS,
            max=MAXIMUM_POINTS,
            step=1,
            custom_attrs={
                "aria-label": "Points for " + rule.name,
                "aria-invalid": wrong,
                "aria-describedby": problem_id,
            },
            on_change=lambda value: RulesState.edit(rule.id, value),
            style={
                "width": theme.NUMBER_FIELD_WIDTH,
                "margin_inline_start": "auto",
                "& input": {
                    "padding_inline_end": theme.SPACE_2,
                    "text_align": "right",
                    "font_variant_numeric": theme.TABULAR,
                },
            },
        ),
        rx.el.span(rule.points_text, style={"font_weight": theme.MEDIUM}),
    )


def _row(rule: rx.Var[RuleRow]) -> rx.Component:
    return rx.el.tr(
        _RULE.cell(
            rx.el.div(rule.name, style={"font_weight": theme.MEDIUM}),
            rx.cond(
                rule.description != "",
                rx.el.div(rule.description, style=theme.CAPTION_TEXT),
            ),
        ),
        _EVENT.cell(
            rx.el.code(rule.event_type, style={**theme.CODE_TEXT, "color": theme.MUTED})
        ),
        _POINTS.cell(
            _points(rule),
            rx.el.p(
                RulesState.problems[rule.id],
                id=rule.id + "-problem",
                role="alert",
                style={
                    **theme.PROBLEM_TEXT,
                    "white_space": "normal",
                    "text_wrap": "balance",
                    "min_width": theme.PROBLEM_WIDTH,
                },
            ),
        ),
        key=rule.id,
    )


def _version() -> rx.Component:
    return rx.el.p(
        "Version " + RulesState.version,
        " · published ",
        moment(RulesState.published),
        " by ",
        RulesState.published_by,
        style={"color": theme.MUTED},
    )


def _draft() -> rx.Component:
    return rx.el.div(
        rx.el.span(
            rx.cond(RulesState.drafts, RulesState.edits_text, ""),
            role="status",
            style={"color": theme.MUTED, "_empty": theme.GONE},
        ),
        rx.cond(
            RulesState.drafts,
            quiet_button("Discard", on_click=RulesState.discard),
        ),
        primary_button(
            "Publish",
            disabled=~RulesState.drafts.bool() | RulesState.problems.bool(),
            on_click=RulesState.publish,
        ),
        style={"display": "flex", "align_items": "center", "gap": theme.SPACE_3},
    )


def _bar() -> rx.Component:
    return rx.el.div(
        _version(),
        rx.cond(
            RulesState.may_edit,
            _draft(),
            rx.el.p(
                "Only an admin of the project changes points.",
                style=theme.CAPTION_TEXT,
            ),
        ),
        style={
            "display": "flex",
            "flex_wrap": "wrap",
            "align_items": "center",
            "justify_content": "space-between",
            "gap": theme.SPACE_3,
            "min_height": theme.CONTROL_HEIGHT,
        },
    )


def rules_page() -> rx.Component:
    """Return the page."""
    return shell(
        "Rules",
        content(
            RulesState.status,
            RulesState.load,
            loading=card(skeleton_rows(10)),
            ready=rx.fragment(
                _bar(),
                card(
                    table(
                        "Rules and the points each gives",
                        (_RULE, _EVENT, _POINTS),
                        rx.foreach(RulesState.rows, _row),
                    )
                ),
                rx.el.p(
                    "New points hold for events that are scored from then on. "
                    "Scores that leads have already stay as they are.",
                    style=theme.CAPTION_TEXT,
                ),
            ),
        ),
        current="/rules",
        width=theme.NARROW_PAGE_WIDTH,
    )
