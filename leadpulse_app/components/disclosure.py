"""Something that stays out of the way until it is asked for."""

import reflex as rx

from leadpulse_app.components import theme


def disclosure(
    heading: str, *children: rx.Component, is_open: rx.Var[bool] | bool = False
) -> rx.Component:
    """Return a line that opens what is behind it.

    Args:
        heading: What is behind it.
        children: That.
        is_open: Whether it is open at first.
    """
    return rx.el.details(
        rx.el.summary(
            rx.icon(
                "chevron-right",
                size=theme.ICON_SMALL,
                aria_hidden=True,
                style={"transition": f"transform {theme.QUICK}"},
            ),
            heading,
            style={
                "display": "flex",
                "align_items": "center",
                "gap": theme.SPACE_2,
                "min_height": theme.ROW_HEIGHT,
                "padding": f"0 {theme.SPACE_4}",
                "cursor": "pointer",
                "list_style": "none",
                **theme.TABLE_TEXT,
                "font_weight": theme.MEDIUM,
                "color": theme.MUTED,
                "_hover": {"color": theme.INK},
                "&::-webkit-details-marker": theme.GONE,
            },
        ),
        *children,
        open=is_open,
        style={
            "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
            "_first_child": {"border_top": "0"},
            "&[open] > summary svg": {"transform": "rotate(90deg)"},
        },
    )
