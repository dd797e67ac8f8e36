"""A form field: a visible label, its input, and a hint where one helps."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app.components import theme

SELECT: theme.Style = {
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


def field(
    label: str,
    *,
    name: str,
    element_id: str = "",
    hint: str = "",
    size: str = "3",
    **props: Any,
) -> rx.Component:
    """Return a labelled input.

    Args:
        label: What to fill in.
        name: The name it is sent under.
        element_id: The input's, where the page may have another field of this name.
        hint: What is accepted.
        size: Of the input, as Radix counts it.
        props: More for the input, as `type` and `auto_complete`.
    """
    element_id = element_id or name
    described = (
        f"{element_id}-hint {element_id}-error" if hint else f"{element_id}-error"
    )
    return rx.el.div(
        rx.el.label(label, html_for=element_id, style={"font_weight": theme.MEDIUM}),
        rx.input(
            id=element_id,
            name=name,
            size=size,
            custom_attrs={"aria-describedby": described},
            **props,
        ),
        rx.el.p(
            hint,
            id=f"{element_id}-hint",
            style={**theme.CAPTION_TEXT, "&:has(+ :not(:empty))": theme.GONE},
        )
        if hint
        else rx.fragment(),
        rx.el.p(
            id=f"{element_id}-error",
            custom_attrs={"data-error-of": name},
            style=theme.PROBLEM_TEXT,
        ),
        style={"display": "flex", "flex_direction": "column", "gap": theme.SPACE_1},
    )


def form_problem() -> rx.Component:
    """Return where assets/account.js says what is wrong with a form as a whole."""
    return rx.el.p(
        role="alert",
        custom_attrs={"data-problem": ""},
        style={"color": theme.BAD, "_empty": theme.GONE},
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


def search_field(
    label: str,
    placeholder: str,
    *,
    attributes: Mapping[str, str] | None = None,
    **props: Any,
) -> rx.Component:
    """Return a search input, named by its label and marked by an icon.

    Args:
        label: What is searched, read aloud.
        placeholder: What to type.
        attributes: More attributes of the input's element, as `data-search`.
        props: More for the input, as `on_change`.
    """
    return rx.input(
        rx.input.slot(rx.icon("search", size=theme.ICON_SMALL, aria_hidden=True)),
        type="search",
        placeholder=placeholder,
        custom_attrs={"aria-label": label, **(attributes or {})},
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
        style=SELECT,
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
            **SELECT,
            **theme.TABLE_TEXT,
            "height": theme.FIELD_HEIGHT,
            **(style or {}),
        },
    )


class Choice(NamedTuple):
    """One of few things to choose from."""

    value: str
    """As it is sent."""
    name: str
    text: str
    """What it means."""


def choice_cards(
    label: str,
    choices: Iterable[Choice],
    *,
    name: str,
    chosen: rx.Var[str],
    on_choose: Callable[[str], EventSpec],
    follows: bool = False,
    style: theme.Style | None = None,
) -> rx.Component:
    """Return a few choices to choose one from, each with what it means.

    Args:
        label: What is chosen, read aloud and not shown.
        choices: What there is to choose from.
        name: The name that the choice is sent under.
        chosen: The choice at first.
        on_choose: Takes the new choice.
        follows: Whether what is chosen elsewhere shows here too.
        style: How they stand beside each other.
    """
    checked = "checked" if follows else "default_checked"
    return rx.el.fieldset(
        rx.el.legend(label, style=theme.HIDDEN),
        *(
            rx.el.label(
                rx.el.input(
                    type="radio",
                    name=name,
                    value=choice.value,
                    **{checked: chosen == choice.value},
                    on_change=on_choose(choice.value),
                    style={"margin": "0", "accent_color": theme.ACCENT},
                ),
                rx.el.span(
                    rx.el.span(choice.name, style={"font_weight": theme.MEDIUM}),
                    rx.el.span(choice.text, style=theme.CAPTION_TEXT),
                    style={
                        "display": "flex",
                        "flex_direction": "column",
                        "gap": theme.SPACE_HALF,
                    },
                ),
                style={
                    "display": "flex",
                    "align_items": "baseline",
                    "gap": theme.SPACE_2,
                    "padding": f"{theme.SPACE_2} {theme.SPACE_3}",
                    "border": f"{theme.HAIR} solid {theme.LINE}",
                    "border_radius": theme.RADIUS,
                    "cursor": "pointer",
                    "&:has(:checked)": {
                        "border_color": theme.ACCENT,
                        "background": theme.ACCENT_TINT,
                    },
                },
            )
            for choice in choices
        ),
        style={
            "display": "grid",
            "gap": theme.SPACE_3,
            "margin": "0",
            "padding": "0",
            "border": "0",
            "min_width": "0",
            **theme.BODY_TEXT,
            **(style or {}),
        },
    )
