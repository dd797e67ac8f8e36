"""Where the stages begin, and how many points each kind of rules may give a lead."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import quiet_button
from leadpulse_app.components.card import body, section
from leadpulse_app.components.stage import WORDS, stage_icon
from leadpulse_app.domain.ruleset import MAXIMUM_POINTS
from leadpulse_app.domain.stage import HIGHEST_THRESHOLD, Stage
from leadpulse_app.state.limits_form import THRESHOLDS
from leadpulse_app.state.rules import RulesState

_LIMITS = {"behaviour": "For events", "fit": "For what a lead is"}

_FIELDS: theme.Style = {
    "display": "grid",
    "grid_template_columns": f"repeat(auto-fill, minmax({theme.FACT_WIDTH}, 1fr))",
    "align_items": "start",
    "gap": theme.SPACE_3,
}

_GROUP: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_2,
    "margin": "0",
    "padding": "0",
    "border": "0",
    "min_width": "0",
}


def _number(
    name: str, label: rx.Component, value: rx.Var[str], most: int, placeholder: str = ""
) -> rx.Component:
    problem = RulesState.limit_problems[name]
    return rx.el.div(
        rx.el.label(
            label,
            html_for=f"limit-{name}",
            style={**theme.BODY_TEXT, "font_weight": theme.MEDIUM},
        ),
        rx.input(
            name=name,
            default_value=value,
            size="2",
            type="number",
            min=1,
            max=most,
            step=1,
            placeholder=placeholder,
            disabled=~RulesState.may_edit,
            custom_attrs={
                "id": f"limit-{name}",
                "aria-invalid": problem.bool(),
                "aria-describedby": f"limit-{name}-problem",
            },
        ),
        rx.el.p(
            problem,
            id=f"limit-{name}-problem",
            role="alert",
            style=theme.PROBLEM_TEXT,
        ),
        style={"display": "flex", "flex_direction": "column", "gap": theme.SPACE_1},
    )


def _threshold(stage: Stage, value: rx.Var[str]) -> rx.Component:
    label = rx.el.span(
        stage_icon(stage),
        f"{WORDS[stage]} from",
        style={"display": "flex", "align_items": "center", "gap": theme.SPACE_1},
    )
    return _number(stage.value, label, value, HIGHEST_THRESHOLD)


def _legend(text: str) -> rx.Component:
    return rx.el.legend(
        text,
        style={
            **theme.CAPTION_TEXT,
            "padding": "0",
            "margin_bottom": theme.SPACE_2,
        },
    )


def rule_limits() -> rx.Component:
    """Return the section, edited into the draft."""
    limits = RulesState.limits
    return section(
        "Stages and limits",
        rx.el.form(
            body(
                rx.el.fieldset(
                    _legend(
                        "The lowest score of each stage; below all of them is cold"
                    ),
                    rx.el.div(
                        _threshold(Stage.WARM, limits.warm),
                        _threshold(Stage.HOT, limits.hot),
                        _threshold(Stage.QUALIFIED, limits.qualified),
                        style=_FIELDS,
                    ),
                    rx.el.p(
                        RulesState.limit_problems[THRESHOLDS],
                        role="alert",
                        style=theme.PROBLEM_TEXT,
                    ),
                    style=_GROUP,
                ),
                rx.el.fieldset(
                    _legend("The most points that a lead has from rules of each kind"),
                    rx.el.div(
                        *(
                            _number(
                                name,
                                rx.el.span(label),
                                getattr(limits, name),
                                MAXIMUM_POINTS,
                                "no limit",
                            )
                            for name, label in _LIMITS.items()
                        ),
                        style=_FIELDS,
                    ),
                    style=_GROUP,
                ),
                rx.cond(
                    RulesState.may_edit,
                    rx.el.div(quiet_button("Save to draft", type="submit")),
                ),
            ),
            on_submit=RulesState.save_limits,
            no_validate=True,
            key=RulesState.limits_shown,
        ),
    )
