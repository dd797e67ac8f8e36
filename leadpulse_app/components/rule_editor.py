"""The editor of a rule: what it is for, what it asks, and what it gives."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import icon_button, primary_button, quiet_button
from leadpulse_app.components.dialog import dialog
from leadpulse_app.components.field import (
    Choice,
    choice_cards,
    edit_field,
    option_field,
)
from leadpulse_app.domain.conditions import LEAD
from leadpulse_app.domain.ruleset import (
    MAXIMUM_EXPIRY_DAYS,
    MAXIMUM_POINTS,
    MINIMUM_POINTS,
    Period,
    RuleKind,
)
from leadpulse_app.state import rule_words
from leadpulse_app.state.rule_form import (
    MAXIMUM_PATH,
    MISSING,
    PROPERTY,
    SUBJECTS,
    WITHOUT_VALUE,
    CapKind,
    ConditionRow,
    Scope,
)
from leadpulse_app.state.rules import RulesState

EVENT_TYPES = "known-event-types"
"""The id of the list of event types that the page knows."""

_KINDS = {
    RuleKind.BEHAVIOUR: Choice(
        RuleKind.BEHAVIOUR.value,
        "For events",
        "Gives its points each time something happens.",
    ),
    RuleKind.FIT: Choice(
        RuleKind.FIT.value,
        "For what a lead is",
        "Gives its points once, and takes them back when it fits no more.",
    ),
}

_LEAD_FIELDS = tuple(
    (subject, f"Lead {subject.removeprefix(LEAD)}")
    for subject in SUBJECTS
    if subject != PROPERTY
)
_ALL_FIELDS = ((PROPERTY, "Property"), *_LEAD_FIELDS)
_OPERATORS = (
    *((operator.value, words) for operator, words in rule_words.OPERATORS.items()),
    (MISSING, "is not set"),
)
_SCOPES = ((Scope.ONE_TYPE, "This event"), (Scope.EVERY, "Every event"))
_MATCHES = (("all", "All of them hold"), ("any", "Any of them holds"))
_CAPS = (
    (CapKind.NONE, "No cap"),
    (CapKind.TIMES, "At most N times"),
    (CapKind.POINTS, "At most N points"),
)
_PERIODS = ((Period.DAY, "a day"), (Period.WEEK, "a week"), (Period.EVER, "ever"))

_STACKED: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_3,
    "min_width": "0",
}

_LABEL: theme.Style = {**theme.BODY_TEXT, "font_weight": theme.MEDIUM}

_TWO: theme.Style = {
    "display": "grid",
    "grid_template_columns": "minmax(0, 3fr) minmax(0, 2fr)",
    "align_items": "start",
    "gap": theme.SPACE_3,
    theme.UNDER_NARROW: {"grid_template_columns": "minmax(0, 1fr)"},
}

_LEGEND: theme.Style = {**_LABEL, "padding": "0", "margin_bottom": theme.SPACE_1}

_GROUP: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_1,
    "margin": "0",
    "padding": "0",
    "border": "0",
    "min_width": "0",
}


def _chosen(name: str, *options: str) -> str:
    """Return a selector: what holds a list of this name with one of these chosen."""
    choices = ", ".join(f'[name^="{name}"] option[value="{each}"]' for each in options)
    return f"&:has(:is({choices}):checked)"


def _problem(text: rx.Var[str], name: str | rx.Var[str]) -> rx.Component:
    return rx.el.p(text, id=name, role="alert", style=theme.PROBLEM_TEXT)


def _text_input(
    name: str | rx.Var[str],
    label: str | rx.Var[str],
    value: rx.Var[str],
    described: str | rx.Var[str],
    *,
    problem: rx.Var[str],
    **props: object,
) -> rx.Component:
    more = props.pop("custom_attrs", {})
    return rx.input(
        name=name,
        default_value=value,
        size="2",
        custom_attrs={
            "aria-label": label,
            "aria-invalid": problem.bool(),
            "aria-describedby": described,
            "autoCapitalize": "off",
            "spellCheck": "false",
            **(more if isinstance(more, dict) else {}),
        },
        **props,
    )


def _kind_choice() -> rx.Component:
    return choice_cards(
        "Kind",
        _KINDS.values(),
        name="kind",
        chosen=RulesState.editor.kind,
        on_choose=RulesState.choose_kind,
        style={**_TWO, "align_items": "stretch"},
    )


def _event() -> rx.Component:
    problem = RulesState.problems["event_type"]
    return rx.el.fieldset(
        rx.el.legend("Fires on", style=_LEGEND),
        rx.el.div(
            option_field(
                "Fires on", _SCOPES, name="scope", value=RulesState.editor.scope
            ),
            rx.el.div(
                _text_input(
                    "event_type",
                    "Event",
                    RulesState.editor.event_type,
                    "event_type-problem",
                    problem=problem,
                    max_length=64,
                    placeholder="demo_request",
                    auto_complete="off",
                    custom_attrs={"list": EVENT_TYPES},
                ),
                custom_attrs={"data-part": "event"},
                style={"flex": "1", "min_width": theme.FACT_WIDTH},
            ),
            style={
                **theme.BESIDE,
                _chosen("scope", Scope.EVERY): {"& [data-part=event]": theme.GONE},
            },
        ),
        _problem(problem, "event_type-problem"),
        style=_GROUP,
    )


def _points() -> rx.Component:
    return edit_field(
        "Points",
        name="points",
        value=RulesState.editor.points,
        problem=RulesState.problems["points"],
        type="number",
        min=MINIMUM_POINTS,
        max=MAXIMUM_POINTS,
        step=1,
    )


def _condition(row: rx.Var[ConditionRow], index: rx.Var[int]) -> rx.Component:
    named = "Condition " + (index + 1).to_string()
    problem = RulesState.problems["condition-" + row.key]
    described = "condition-" + row.key + "-problem"
    grow: theme.Style = {"flex": "1 1 0", "min_width": theme.NUMBER_FIELD_WIDTH}
    return rx.el.li(
        rx.el.div(
            rx.cond(
                RulesState.editor.kind == RuleKind.FIT.value,
                _subject(named, row, _LEAD_FIELDS),
                _subject(named, row, _ALL_FIELDS),
            ),
            rx.el.div(
                _text_input(
                    "path-" + row.key,
                    named + ": property",
                    row.path,
                    described,
                    problem=problem,
                    max_length=MAXIMUM_PATH,
                    placeholder="plan",
                    auto_complete="off",
                ),
                custom_attrs={"data-part": "path"},
                style=grow,
            ),
            option_field(
                named + ": how it is compared",
                _OPERATORS,
                name="operator-" + row.key,
                value=row.operator,
                style={"width": theme.CHOICE_WIDTH},
            ),
            rx.el.div(
                _text_input(
                    "value-" + row.key,
                    named + ": value",
                    row.value,
                    described,
                    problem=problem,
                    placeholder="value",
                    auto_complete="off",
                ),
                custom_attrs={"data-part": "value"},
                style=grow,
            ),
            icon_button(
                rx.icon("x", size=theme.ICON_SMALL, aria_hidden=True),
                "Remove condition " + (index + 1).to_string(),
                type="button",
                on_click=RulesState.remove_condition(row.key),
            ),
            style={
                **theme.BESIDE,
                _chosen("subject-", *(name for name, _ in _LEAD_FIELDS)): {
                    "& [data-part=path]": theme.GONE
                },
                _chosen("operator-", *WITHOUT_VALUE): {
                    "& [data-part=value]": theme.GONE
                },
            },
        ),
        rx.el.p(
            "Values are separated by commas.",
            custom_attrs={"data-part": "list-hint"},
            style={**theme.CAPTION_TEXT, **theme.GONE},
        ),
        _problem(problem, described),
        key=row.key,
        style={
            "display": "flex",
            "flex_direction": "column",
            "gap": theme.SPACE_1,
            _chosen("operator-", "in"): {
                "& [data-part=list-hint]": {"display": "block"}
            },
            theme.UNDER_NARROW: {
                "&:not(:first-child)": {
                    "padding_top": theme.SPACE_2,
                    "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
                }
            },
        },
    )


def _subject(
    named: rx.Var[str], row: rx.Var[ConditionRow], fields: tuple[tuple[str, str], ...]
) -> rx.Component:
    return option_field(
        named + ": what is compared",
        fields,
        name="subject-" + row.key,
        value=row.subject,
        style={"width": theme.CHOICE_WIDTH},
    )


def _rows() -> rx.Component:
    rows = RulesState.editor.rows
    return rx.fragment(
        rx.cond(
            rows.length() > 0,
            rx.el.ul(
                rx.foreach(rows, _condition),
                style={
                    **_STACKED,
                    "gap": theme.SPACE_2,
                    "margin": "0",
                    "padding": "0",
                    "list_style": "none",
                },
            ),
            rx.el.p("None: it fires each time.", style=theme.CAPTION_TEXT),
        ),
        rx.el.div(
            quiet_button(
                rx.icon("plus", size=theme.ICON_SMALL, aria_hidden=True),
                "Add condition",
                type="button",
                size="1",
                disabled=~RulesState.has_room,
                on_click=RulesState.add_condition,
            )
        ),
    )


def _conditions() -> rx.Component:
    form = RulesState.editor
    return rx.el.fieldset(
        rx.el.legend("Conditions", style=_LEGEND),
        rx.cond(
            form.rows.length() > 1,
            rx.el.div(
                option_field(
                    "How many of the conditions have to hold",
                    _MATCHES,
                    name="match",
                    value=form.match,
                )
            ),
        ),
        rx.cond(
            form.nested != "",
            rx.fragment(
                rx.el.p(form.nested, style={"overflow_wrap": "anywhere"}),
                rx.el.div(
                    rx.el.span(
                        "Groups within groups are kept as they are.",
                        style=theme.CAPTION_TEXT,
                    ),
                    quiet_button(
                        "Replace them",
                        type="button",
                        size="1",
                        on_click=RulesState.replace_conditions,
                    ),
                    style=theme.BESIDE,
                ),
            ),
            _rows(),
        ),
        _problem(RulesState.problems["conditions"], "conditions-problem"),
        style={**_GROUP, "gap": theme.SPACE_2},
    )


def _cap() -> rx.Component:
    problem = RulesState.problems["cap"]
    return rx.el.fieldset(
        rx.el.legend("Cap for one lead", style=_LEGEND),
        rx.el.div(
            option_field(
                "Cap", _CAPS, name="cap_kind", value=RulesState.editor.cap_kind
            ),
            rx.el.div(
                _text_input(
                    "cap_amount",
                    "Most that the cap allows",
                    RulesState.editor.cap_amount,
                    "cap-problem",
                    problem=problem,
                    type="number",
                    min=1,
                    max=MAXIMUM_POINTS,
                    step=1,
                ),
                custom_attrs={"data-part": "cap"},
                style={"width": theme.NUMBER_FIELD_WIDTH},
            ),
            rx.el.div(
                option_field(
                    "Period of the cap",
                    _PERIODS,
                    name="cap_per",
                    value=RulesState.editor.cap_per,
                ),
                custom_attrs={"data-part": "cap"},
            ),
            style={
                **theme.BESIDE,
                _chosen("cap_kind", CapKind.NONE): {"& [data-part=cap]": theme.GONE},
            },
        ),
        _problem(problem, "cap-problem"),
        style=_GROUP,
    )


def _expiry() -> rx.Component:
    problem = RulesState.problems["expires_after_days"]
    return rx.el.div(
        rx.el.label("Points lapse", html_for="expires_after_days", style=_LABEL),
        rx.el.div(
            "after",
            rx.el.div(
                rx.input(
                    name="expires_after_days",
                    default_value=RulesState.editor.expiry,
                    size="2",
                    type="number",
                    min=1,
                    max=MAXIMUM_EXPIRY_DAYS,
                    step=1,
                    placeholder="never",
                    custom_attrs={
                        "id": "expires_after_days",
                        "aria-invalid": problem.bool(),
                        "aria-describedby": "expiry-problem",
                    },
                ),
                style={"width": theme.NUMBER_FIELD_WIDTH},
            ),
            "days",
            style=theme.BESIDE,
        ),
        _problem(problem, "expiry-problem"),
        style=_GROUP,
    )


def rule_editor(
    trigger: rx.Component, heading: str, rule_id: str | rx.Var[str]
) -> rx.Component:
    """Return what opens the editor of a rule, and the editor.

    Args:
        trigger: The button that opens it.
        heading: What it is for.
        rule_id: The rule, or `NEW_RULE`.
    """
    form, problems = RulesState.editor, RulesState.problems
    is_new = isinstance(rule_id, str)
    is_fit = form.kind == RuleKind.FIT.value
    return dialog(
        trigger,
        heading,
        "Kept in the draft: nothing changes for events before it is published.",
        rx.el.form(
            _kind_choice()
            if is_new
            else rx.cond(
                is_fit,
                rx.el.p(
                    ": ".join(_KINDS[RuleKind.FIT][1:]),
                    style=theme.CAPTION_TEXT,
                ),
            ),
            edit_field(
                "Name",
                name="name",
                value=form.name,
                problem=problems["name"],
                max_length=120,
            ),
            rx.el.div(rx.cond(is_fit, rx.fragment(), _event()), _points(), style=_TWO),
            _conditions(),
            rx.cond(is_fit, rx.fragment(), rx.el.div(_cap(), _expiry(), style=_TWO)),
            edit_field(
                "Description",
                name="description",
                value=form.description,
                problem=problems["description"],
                multiline=True,
                max_length=500,
                rows="2",
            ),
            rx.el.p(problems["rules"], role="alert", style=theme.PROBLEM_TEXT),
            rx.el.div(
                rx.fragment()
                if is_new
                else quiet_button(
                    "Remove rule", type="button", on_click=RulesState.remove(rule_id)
                ),
                rx.el.div(
                    rx.dialog.close(quiet_button("Cancel", type="button")),
                    primary_button("Save to draft", type="submit"),
                    style={**theme.BESIDE, "margin_inline_start": "auto"},
                ),
                style={
                    **theme.BESIDE,
                    "justify_content": "space-between",
                    "margin_top": theme.SPACE_1,
                },
            ),
            on_submit=RulesState.save,
            # What is accepted is said beside the field, in the words of the page.
            no_validate=True,
            style={
                **_STACKED,
                **theme.BODY_TEXT,
                "gap": theme.SPACE_4,
                "margin_top": theme.SPACE_4,
            },
        ),
        is_open=RulesState.editing == rule_id,
        on_toggle=lambda is_open: RulesState.toggle_editor(rule_id, is_open),
        width=theme.EDITOR_WIDTH,
    )
