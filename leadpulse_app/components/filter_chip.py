"""A filter of a list: quiet until it is set, then with its remover."""

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app.components import theme
from leadpulse_app.components.button import icon_button

_CHIP: theme.Style = {
    "display": "inline-flex",
    "align_items": "center",
    "height": theme.CONTROL_HEIGHT,
    "border": f"{theme.HAIR} dashed {theme.LINE}",
    "border_radius": theme.RADIUS,
    "color": theme.MUTED,
    **theme.TABLE_TEXT,
    "&[data-set=true]": {
        "border_style": "solid",
        "background": theme.ACCENT_TINT,
        "color": theme.INK,
    },
    "&:hover": {"color": theme.INK},
    "& select, & > button": {
        "height": "100%",
        "max_width": theme.CELL_WIDTH,
        "padding": f"0 {theme.SPACE_2}",
        "border": "0",
        "border_radius": theme.RADIUS,
        "background": "transparent",
        "color": "inherit",
        "cursor": "pointer",
        "font": "inherit",
        **theme.ONE_LINE,
    },
    "& select": {"appearance": "none", "field_sizing": "content"},
    "& option": {"background": theme.SURFACE, "color": theme.INK},
    theme.UNDER_NARROW: {
        "width": "100%",
        "& select, & > button": {
            "flex": "1",
            "max_width": "none",
            "text_align": "start",
        },
    },
}


def filter_chip(
    is_set: rx.Var[bool], name: str, remove: EventSpec, *control: rx.Component
) -> rx.Component:
    """Return a filter: what it is set with, and its remover once it is.

    Args:
        is_set: Whether it leaves anything out.
        name: Names it, as in "Remove the filter Score".
        remove: Takes it away.
        control: A select, or a button that opens something.
    """
    return rx.el.span(
        *control,
        rx.cond(
            is_set,
            rx.el.span(
                icon_button(
                    rx.icon("x", size=theme.ICON_SMALL),
                    f"Remove the filter {name}",
                    on_click=remove,
                    size="1",
                ),
                style={"display": "inline-flex", "padding": f"0 {theme.SPACE_1}"},
            ),
        ),
        custom_attrs={"data-set": rx.cond(is_set, "true", "false")},
        style=_CHIP,
    )
