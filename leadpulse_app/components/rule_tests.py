"""The tests of the rules: what each expects, what comes out, and how one is added."""

import json

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.badge import badge
from leadpulse_app.components.button import (
    icon_button,
    primary_button,
    quiet_button,
    text_link,
)
from leadpulse_app.components.card import section
from leadpulse_app.components.dialog import dialog
from leadpulse_app.components.field import (
    Choice,
    choice_cards,
    edit_field,
    option_field,
)
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.rule_subject import known_as, lead_search
from leadpulse_app.components.stage import WORDS, stage_badge
from leadpulse_app.components.table import Column, table
from leadpulse_app.domain.fold import MAXIMUM_SCORE
from leadpulse_app.domain.stage import Stage
from leadpulse_app.state.rule_test_rows import TestRow
from leadpulse_app.state.rule_tests import SCORE, RuleTestsState, Subject
from leadpulse_app.state.rules import RulesState

_TEST = Column("Test")
_EXPECTED = Column("Expected", keep="medium")
_FOUND = Column("Came out", keep="medium")
_RESULT = Column("Result", align="end")
_REMOVE = Column("", align="end")

_SUBJECTS = (
    Choice(Subject.EVENTS.value, "Made-up events", "The same whatever happens."),
    Choice(Subject.LEAD.value, "A lead", "With all that it has done by then."),
)

_EXPECTATIONS = (
    *((stage.value, WORDS[stage]) for stage in Stage),
    (SCORE, "The score"),
)

_EXAMPLE = "[\n  {},\n  {}\n]".format(
    *(
        json.dumps(event)
        for event in (
            {"type": "page_view", "daysAgo": 3},
            {"type": "demo_request", "properties": {"plan": "pro"}},
        )
    )
)

_STACKED: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_4,
    "min_width": "0",
}

_LABEL: theme.Style = {**theme.BODY_TEXT, "font_weight": theme.MEDIUM}


def _problem(name: str) -> rx.Component:
    return rx.el.p(
        RuleTestsState.problems[name],
        id=f"test-{name}-problem",
        role="alert",
        style=theme.PROBLEM_TEXT,
    )


def _only(subject: Subject, *children: rx.Component) -> rx.Component:
    """Return what belongs to one subject; what was entered there is kept unseen."""
    return rx.el.div(
        *children,
        style={
            **_STACKED,
            "gap": theme.SPACE_3,
            "display": rx.cond(RuleTestsState.subject == subject.value, "flex", "none"),
        },
    )


def _events() -> rx.Component:
    return _only(
        Subject.EVENTS,
        edit_field(
            "Events as JSON",
            name="events",
            value=_EXAMPLE,
            problem=RuleTestsState.problems["events"],
            multiline=True,
            rows="6",
            style=theme.CODE_TEXT,
            custom_attrs={"spellCheck": "false"},
        ),
        rx.el.div(
            known_as("What their person is known as, where that matters"),
            _problem("known"),
        ),
    )


def _lead() -> rx.Component:
    return _only(
        Subject.LEAD,
        lead_search(
            "Lead to test",
            "Leads to test",
            on_search=RuleTestsState.search.debounce(250),
            found=RuleTestsState.found,
            found_nothing=RuleTestsState.found_nothing,
            on_choose=RuleTestsState.choose_lead,
        ),
        rx.cond(
            RuleTestsState.chosen != "",
            rx.el.p(
                rx.icon("user-round", size=theme.ICON_SMALL, aria_hidden=True),
                RuleTestsState.chosen,
                role="status",
                style={
                    **_LABEL,
                    **theme.BESIDE,
                    "flex_wrap": "nowrap",
                    "overflow_wrap": "anywhere",
                },
            ),
        ),
        _problem("lead"),
    )


def _expectation() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(
            "Expected",
            style={**_LABEL, "padding": "0", "margin_bottom": theme.SPACE_1},
        ),
        rx.el.div(
            option_field(
                "What is expected",
                _EXPECTATIONS,
                name="expected",
                value=rx.Var.create(Stage.QUALIFIED.value),
            ),
            rx.el.div(
                rx.input(
                    name=SCORE,
                    type="number",
                    min=0,
                    max=MAXIMUM_SCORE,
                    step=1,
                    size="2",
                    custom_attrs={
                        "aria-label": "Expected score",
                        "aria-describedby": "test-expected-problem",
                        "aria-invalid": RuleTestsState.problems["expected"].bool(),
                    },
                ),
                custom_attrs={"data-part": SCORE},
                style={"width": theme.NUMBER_FIELD_WIDTH},
            ),
            style={
                **theme.BESIDE,
                f'&:not(:has(option[value="{SCORE}"]:checked))': {
                    f"& [data-part={SCORE}]": theme.GONE
                },
            },
        ),
        _problem("expected"),
        style={
            "display": "flex",
            "flex_direction": "column",
            "gap": theme.SPACE_1,
            "margin": "0",
            "padding": "0",
            "border": "0",
            "min_width": "0",
        },
    )


def _adding(trigger: rx.Component) -> rx.Component:
    return dialog(
        trigger,
        "Add test",
        "Kept in the draft. Rules that fail it are held up before they are published.",
        rx.el.form(
            edit_field(
                "Name",
                name="name",
                value="",
                problem=RuleTestsState.problems["name"],
                placeholder="A demo request makes a lead hot",
                max_length=120,
                auto_complete="off",
            ),
            choice_cards(
                "What it is about",
                _SUBJECTS,
                name="subject",
                chosen=RuleTestsState.subject,
                on_choose=RuleTestsState.choose_subject,
                style={
                    "grid_template_columns": "repeat(2, minmax(0, 1fr))",
                    theme.UNDER_NARROW: {"grid_template_columns": "minmax(0, 1fr)"},
                },
            ),
            _events(),
            _lead(),
            _expectation(),
            _problem("tests"),
            rx.el.div(
                rx.dialog.close(quiet_button("Cancel", type="button")),
                primary_button("Save to draft", type="submit"),
                style={**theme.BESIDE, "justify_content": "flex-end"},
            ),
            on_submit=RuleTestsState.add,
            no_validate=True,
            style={**_STACKED, **theme.BODY_TEXT, "margin_top": theme.SPACE_4},
        ),
        is_open=RuleTestsState.is_open,
        on_toggle=RuleTestsState.toggle,
        width=theme.EDITOR_WIDTH,
    )


def _add_button() -> rx.Component:
    return quiet_button(
        rx.icon("plus", size=theme.ICON_SMALL, aria_hidden=True), "Add test"
    )


def _result(test: rx.Var[TestRow]) -> rx.Component:
    return rx.cond(
        test.passed,
        badge(
            rx.icon("check", size=theme.ICON_SMALL, aria_hidden=True), "Passes", "jade"
        ),
        badge(rx.icon("x", size=theme.ICON_SMALL, aria_hidden=True), "Fails", "tomato"),
    )


def _row(test: rx.Var[TestRow]) -> rx.Component:
    return rx.el.tr(
        _TEST.cell(
            rx.el.div(test.name, style={"font_weight": theme.MEDIUM}),
            rx.el.div(
                rx.cond(test.href != "", text_link(test.about, test.href), test.about),
                style=theme.CAPTION_TEXT,
            ),
            rx.el.div(
                test.told,
                style={
                    **theme.CAPTION_TEXT,
                    **theme.GONE,
                    "_first_letter": {"text_transform": "uppercase"},
                    theme.UNDER_NARROW: {"display": "block"},
                },
            ),
        ),
        _EXPECTED.cell(stage_badge(test.expected_stage), test.expected_score),
        _FOUND.cell(
            rx.cond(
                test.stage != "",
                rx.el.span(stage_badge(test.stage), test.score, style=theme.BESIDE),
                "The lead is gone",
            )
        ),
        _RESULT.cell(_result(test)),
        _REMOVE.cell(
            rx.cond(
                RulesState.may_edit,
                icon_button(
                    rx.icon("trash-2", size=theme.ICON_SMALL, aria_hidden=True),
                    "Remove test " + test.name,
                    on_click=RuleTestsState.remove(test.id),
                ),
            )
        ),
        key=test.id,
    )


def _none() -> rx.Component:
    return empty_state(
        rx.icon("list-checks", size=theme.ICON_LARGE),
        "No tests yet",
        "A test says where a lead, or made-up events, must come out. All of them run "
        "before rules are published.",
        rx.cond(
            RulesState.may_edit,
            _adding(_add_button()),
            rx.el.p("An admin of the project adds them.", style=theme.CAPTION_TEXT),
        ),
        level=rx.el.h3,
    )


def rule_tests() -> rx.Component:
    """Return the section: the tests of the draft, or of the version in force."""
    return section(
        "Tests",
        rx.cond(
            RulesState.tests.length() > 0,
            table(
                "Tests of the rules and what comes out of each",
                (_TEST, _EXPECTED, _FOUND, _RESULT, _REMOVE),
                rx.foreach(RulesState.tests, _row),
            ),
            _none(),
        ),
        note=rx.cond(
            (RulesState.tests.length() > 0) & RulesState.may_edit,
            _adding(_add_button()),
        ),
    )
