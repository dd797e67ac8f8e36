"""A card: a surface with a hairline, and a heading where it has one."""

import reflex as rx

from leadpulse_app.components import theme

_CARD: theme.Style = {
    "background": theme.SURFACE,
    "border": f"{theme.HAIR} solid {theme.LINE}",
    "border_radius": theme.RADIUS_LARGE,
    "min_width": "0",
    "overflow": "hidden",
}

_HEADER: theme.Style = {
    "display": "flex",
    "align_items": "center",
    "justify_content": "space-between",
    "gap": theme.SPACE_3,
    "min_height": theme.SPACE_12,
    "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
    "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
}


def card(
    *children: rx.Component, padded: bool = False, style: theme.Style | None = None
) -> rx.Component:
    """Return a card.

    Args:
        children: What it holds.
        padded: Whether it keeps its content off its edges.
        style: What the place it stands in asks of it.
    """
    padding = {"padding": theme.SPACE_4} if padded else {}
    return rx.el.div(*children, style={**_CARD, **padding, **(style or {})})


def section(
    heading: str,
    *children: rx.Component,
    note: rx.Component | None = None,
    style: theme.Style | None = None,
) -> rx.Component:
    """Return a card with a heading, announced as a region.

    Args:
        heading: What the section is about.
        children: What it holds, edge to edge.
        note: A quiet remark or a control at the right of the heading.
        style: What the place it stands in asks of it.
    """
    return rx.el.section(
        rx.el.div(
            rx.el.h2(heading, style=theme.SECTION_TEXT),
            note or rx.fragment(),
            style=_HEADER,
        ),
        *children,
        aria_label=heading,
        style={**_CARD, **(style or {})},
    )


def body(*children: rx.Component) -> rx.Component:
    """Return the padded content of a section, its parts one below the other."""
    return rx.el.div(
        *children,
        style={
            "display": "flex",
            "flex_direction": "column",
            "gap": theme.SPACE_3,
            "padding": theme.SPACE_4,
        },
    )
