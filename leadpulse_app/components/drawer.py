"""A drawer at the right of the page: for one thing out of a list that stays in view."""

from collections.abc import Callable

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app.components import theme
from leadpulse_app.components.button import icon_button
from leadpulse_app.components.held_list import opened

# Radix gives focus back to a trigger alone. A drawer is opened by any of many rows,
# so it remembers which of them had focus; where that is gone, the content has it.
_REMEMBER_OPENER: rx.Var[str] = rx.Var(
    "(event) => { event.currentTarget.opener = document.activeElement; }"
)
_RETURN_FOCUS: rx.Var[str] = rx.Var(
    """(event) => {
        event.preventDefault();
        const { opener } = event.currentTarget;
        const isThere = opener?.isConnected && opener !== document.body;
        const next = isThere ? opener : document.querySelector("main");
        next?.focus({ preventScroll: true });
    }"""
)

_DRAWER: theme.Style = {
    "position": "fixed",
    "inset": "0 0 0 auto",
    "display": "flex",
    "flex_direction": "column",
    "max_height": "none",
    "padding": "0",
    "border_radius": "0",
    "overflow": "hidden",
    "&[data-state=open]": {"animation": f"drawer-in {theme.QUICK}"},
    "&[data-state=closed]": {"animation": f"drawer-out {theme.QUICK}"},
    "@keyframes drawer-in": {"from": {"transform": "translateX(100%)"}},
    "@keyframes drawer-out": {"to": {"transform": "translateX(100%)"}},
}

_HEADER: theme.Style = {
    "display": "flex",
    "align_items": "center",
    "gap": theme.SPACE_3,
    "min_height": theme.TOP_BAR_HEIGHT,
    "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
    "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
}

_BODY: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "flex": "1",
    "gap": theme.SPACE_4,
    "min_height": "0",
    "padding": theme.SPACE_4,
    "overflow_y": "auto",
    "overscroll_behavior": "contain",
}


def drawer(
    heading: str | rx.Var[str],
    text: str | rx.Var[str],
    *children: rx.Component,
    is_open: rx.Var[bool],
    on_toggle: Callable[[rx.Var[bool]], EventSpec],
    actions: rx.Component | None = None,
    width: str = theme.DRAWER_WIDTH,
) -> rx.Component:
    """Return the drawer of a live list, which a row opens by setting `is_open`.

    It is open only while the address names what it shows (assets/rows.js). It traps
    focus meanwhile. Escape, its close button and a click beside it close it, and focus
    goes back to what had it before.

    Args:
        heading: What it shows.
        text: More about that, below the heading; not shown where it is empty.
        children: What it holds, one below the other; they scroll.
        is_open: Whether it is open.
        on_toggle: Takes whether it is to be open.
        actions: Links or buttons beside the one that closes it.
        width: As wide as it is at most; on a narrow screen it fills it.
    """
    return rx.dialog.root(
        rx.dialog.content(
            rx.el.div(
                rx.el.div(
                    rx.dialog.title(
                        heading,
                        custom_attrs={"as": "h2"},
                        style={
                            **theme.SECTION_TEXT,
                            **theme.ONE_LINE,
                            "margin": "0",
                            # Radix trims the line, and what is trimmed is cut off.
                            "&::before, &::after": theme.GONE,
                        },
                    ),
                    rx.dialog.description(
                        text,
                        style={
                            **theme.CAPTION_TEXT,
                            **theme.ONE_LINE,
                            "_empty": theme.GONE,
                        },
                    ),
                    style={"flex": "1", "min_width": "0"},
                ),
                actions or rx.fragment(),
                rx.dialog.close(
                    icon_button(rx.icon("x", size=theme.ICON), "Close"),
                ),
                style=_HEADER,
            ),
            rx.el.div(*children, style=_BODY),
            custom_attrs={
                "data-drawer": "",
                "onOpenAutoFocus": _REMEMBER_OPENER,
                "onCloseAutoFocus": _RETURN_FOCUS,
            },
            style={**_DRAWER, "width": "100%", "max_width": width},
        ),
        open=is_open & (opened != ""),
        on_open_change=on_toggle,
    )
