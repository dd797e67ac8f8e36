"""What rules are tried on: a lead that is searched for, or a person known as this."""

from collections.abc import Callable

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app.components import theme
from leadpulse_app.components.field import search_field
from leadpulse_app.domain.conditions import Fields
from leadpulse_app.domain.traits import MAXIMUM_TRAIT_LENGTH
from leadpulse_app.state.rule_simulator import FoundLead


def known_as(legend: str) -> rx.Component:
    """Return the fields of what a person is known as: `lead_email` and so on.

    Args:
        legend: What they are for.
    """
    return rx.el.fieldset(
        rx.el.legend(
            legend,
            style={
                **theme.CAPTION_TEXT,
                "padding": "0",
                "margin_bottom": theme.SPACE_1,
            },
        ),
        *(
            rx.input(
                name=f"lead_{name}",
                placeholder=name.capitalize(),
                max_length=MAXIMUM_TRAIT_LENGTH,
                auto_complete="off",
                size="2",
                custom_attrs={"aria-label": f"Lead {name}"},
            )
            for name in Fields._fields
        ),
        style={
            "display": "grid",
            "grid_template_columns": "repeat(3, minmax(0, 1fr))",
            "gap": theme.SPACE_2,
            "margin": "0",
            "padding": "0",
            "border": "0",
            theme.UNDER_NARROW: {"grid_template_columns": "minmax(0, 1fr)"},
        },
    )


def lead_search(
    label: str,
    results: str,
    *,
    on_search: EventSpec,
    found: rx.Var[list[FoundLead]],
    found_nothing: rx.Var[bool],
    on_choose: Callable[[rx.Var[str]], EventSpec],
) -> rx.Component:
    """Return a search for a lead, and those that it found.

    Args:
        label: What is searched for.
        results: What the list of those found is called.
        on_search: Takes what is searched for.
        found: The leads that were found.
        found_nothing: Whether there are none.
        on_choose: Takes the id of the one that is chosen.
    """
    return rx.fragment(
        search_field(label, "Name, email, company", on_change=on_search),
        rx.el.div(
            rx.cond(
                found_nothing,
                rx.el.p("No lead is called that.", style=theme.CAPTION_TEXT),
            ),
            rx.el.ul(
                rx.foreach(found, lambda lead: _found(lead, on_choose)),
                aria_label=results,
                style={
                    "display": "flex",
                    "flex_direction": "column",
                    "gap": theme.SPACE_HALF,
                    "margin": "0",
                    "padding": "0",
                    "list_style": "none",
                    "overflow_wrap": "anywhere",
                    "_empty": theme.GONE,
                    **theme.TABLE_TEXT,
                },
            ),
            aria_live="polite",
        ),
    )


def _found(
    lead: rx.Var[FoundLead], on_choose: Callable[[rx.Var[str]], EventSpec]
) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.span(lead.name, style={"font_weight": theme.MEDIUM}),
            rx.el.span(lead.contact, style=theme.CAPTION_TEXT),
            type="button",
            on_click=on_choose(lead.id),
            style={
                "display": "flex",
                "flex_direction": "column",
                "width": "100%",
                "padding": f"{theme.SPACE_1} {theme.SPACE_2}",
                "border": "0",
                "border_radius": theme.RADIUS,
                "background": "none",
                "color": "inherit",
                "font": "inherit",
                "text_align": "start",
                "overflow_wrap": "anywhere",
                "cursor": "pointer",
                "_hover": {"background": theme.HOVER},
            },
        ),
        key=lead.id,
    )
