"""A form field: a visible label, its input, and a hint where one helps."""

from collections.abc import Iterable
from typing import Any

import reflex as rx

from leadpulse_app.components import theme

_SELECT: theme.Style = {
    "height": theme.CONTROL_HEIGHT,
    "min_width": "0",
    "max_width": "100%",
    "padding": f"0 {theme.SPACE_2}",
    "border": f"{theme.HAIR} solid {theme.LINE}",
    "border_radius": theme.RADIUS,
    "background": theme.SURFACE,
    "color": theme.INK,
    "cursor": "pointer",
    **theme.BODY_TEXT,
}


def field(label: str, *, name: str, hint: str = "", **props: Any) -> rx.Component:
    """Return a labelled input.

    Args:
        label: What to fill in.
        name: The name it is sent under; its error is shown in `{name}-error`.
        hint: What is accepted.
        props: More for the input, as `type` and `auto_complete`.
    """
    described = f"{name}-hint {name}-error" if hint else f"{name}-error"
    return rx.el.div(
        rx.el.label(label, html_for=name, style={"font_weight": theme.MEDIUM}),
        rx.input(
            id=name,
            name=name,
            size="3",
            custom_attrs={"aria-describedby": described},
            **props,
        ),
        rx.el.p(
            hint,
            id=f"{name}-hint",
            style={**theme.CAPTION_TEXT, "&:has(+ :not(:empty))": theme.GONE},
        )
        if hint
        else rx.fragment(),
        rx.el.p(
            id=f"{name}-error",
            custom_attrs={"data-error-of": name},
            style=theme.PROBLEM_TEXT,
        ),
        style={"display": "flex", "flex_direction": "column", "gap": theme.SPACE_1},
    )


def edit_field(
    label: str,
    *,
    name: str,
    value: str | rx.Var[str],
    problem: rx.Var[str],
    multiline: bool = False,
    **props: Any,
) -> rx.Component:
    """Return a labelled input of a form that the server checks.

    Args:
        label: What to fill in.
        name: The name it is sent under.
        value: What it holds at first.
        problem: What is wrong with what was sent; empty for nothing.
        multiline: Whether it holds text of several lines.
        props: More for the input, as `type` and `placeholder`.
    """
    kind = rx.text_area if multiline else rx.input
    attributes = {
        # Reflex makes a ref of a prop `id` and reads forms by it; forms of one page
        # that have a field of the same name would read each other's.
        "id": name,
        "aria-invalid": problem.bool(),
        "aria-describedby": f"{name}-problem",
        **props.pop("custom_attrs", {}),
    }
    return rx.el.div(
        rx.el.label(
            label,
            html_for=name,
            style={**theme.BODY_TEXT, "font_weight": theme.MEDIUM},
        ),
        kind(
            name=name,
            default_value=value,
            size="2",
            custom_attrs=attributes,
            **props,
        ),
        rx.el.p(problem, id=f"{name}-problem", role="alert", style=theme.PROBLEM_TEXT),
        style={"display": "flex", "flex_direction": "column", "gap": theme.SPACE_1},
    )


def search_field(label: str, placeholder: str, **props: Any) -> rx.Component:
    """Return a search input, named by its label and marked by an icon."""
    return rx.input(
        rx.input.slot(rx.icon("search", size=theme.ICON_SMALL, aria_hidden=True)),
        type="search",
        placeholder=placeholder,
        custom_attrs={"aria-label": label},
        size="2",
        style={"width": "100%"},
        **props,
    )


def choice_field(
    label: str,
    everything: str,
    choices: rx.Var[list[str]],
    chosen: rx.Var[str],
    on_change: rx.EventHandler,
) -> rx.Component:
    """Return a list to choose one from, named by its label.

    Args:
        label: What is chosen.
        everything: What stands for no choice, as "All types".
        choices: What there is to choose from.
        chosen: The choice; empty for none.
        on_change: Takes the new choice.
    """
    return rx.el.select(
        rx.el.option(everything, value=""),
        rx.foreach(choices, lambda choice: rx.el.option(choice, value=choice)),
        value=chosen,
        on_change=on_change,
        aria_label=label,
        style=_SELECT,
    )


def option_field(
    label: str | rx.Var[str],
    options: Iterable[tuple[str, str]],
    *,
    name: str | rx.Var[str],
    value: rx.Var[str],
    style: theme.Style | None = None,
) -> rx.Component:
    """Return a list of a form to choose one from, named by its label.

    Args:
        label: What is chosen.
        options: Each choice as it is sent and as it is read.
        name: The name it is sent under.
        value: The choice at first.
        style: What the place it stands in asks of it.
    """
    return rx.el.select(
        *(rx.el.option(words, value=option) for option, words in options),
        name=name,
        default_value=value,
        aria_label=label,
        style={
            **_SELECT,
            **theme.TABLE_TEXT,
            "height": theme.FIELD_HEIGHT,
            **(style or {}),
        },
    )
