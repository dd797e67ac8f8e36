"""The frame of every page behind the sign-in: sidebar, top bar, content."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.arrival import arrival
from leadpulse_app.components.button import icon_button
from leadpulse_app.components.connection import account_problem, connection_banner
from leadpulse_app.components.first_run import filling_notice
from leadpulse_app.components.link import link
from leadpulse_app.components.navigation import navigation
from leadpulse_app.components.search import search
from leadpulse_app.components.shortcuts import shortcut_list
from leadpulse_app.state.shell import ShellState

CONTENT_ID = "content"
_TITLE_ID = "title"

_FRAME: theme.Style = {
    "display": "grid",
    "grid_template_columns": f"{theme.SIDEBAR_WIDTH} minmax(0, 1fr)",
    "min_height": "100dvh",
    theme.UNDER_WIDE: {
        "grid_template_columns": f"{theme.RAIL_WIDTH} minmax(0, 1fr)",
    },
    theme.UNDER_NARROW: {"grid_template_columns": "minmax(0, 1fr)"},
}

_TOP_BAR: theme.Style = {
    "position": "sticky",
    "top": "0",
    "z_index": theme.ABOVE_PAGE,
    "display": "flex",
    "align_items": "center",
    "justify_content": "space-between",
    "gap": theme.SPACE_3,
    "height": theme.TOP_BAR_HEIGHT,
    "padding": f"0 {theme.SPACE_6}",
    "background": theme.CANVAS,
    "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
    theme.UNDER_NARROW: {"padding": f"0 {theme.SPACE_4}"},
}

_MAIN: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_4,
    "width": "100%",
    "padding": theme.SPACE_6,
    "outline": "none",
    theme.UNDER_NARROW: {
        "padding": theme.SPACE_4,
        "padding_bottom": f"calc({theme.BOTTOM_BAR_HEIGHT} + {theme.SPACE_6})",
    },
}


def skip_link() -> rx.Component:
    """Return the link that leads past the navigation; it shows on focus."""
    return rx.el.a(
        "Skip to content",
        href=f"#{CONTENT_ID}",
        reload_document=True,  # else focus does not follow
        style={
            "position": "fixed",
            "top": theme.SPACE_2,
            "left": theme.SPACE_2,
            "z_index": theme.ABOVE_ALL,
            "padding": f"{theme.SPACE_2} {theme.SPACE_3}",
            "border_radius": theme.RADIUS,
            "background": theme.ACCENT,
            "color": theme.ON_ACCENT,
            "transform": "translateY(-200%)",
            "_focus": {"transform": "none"},
        },
    )


def theme_switch() -> rx.Component:
    """Return the switch between light and dark; until used, the system decides."""
    return icon_button(
        rx.color_mode_cond(
            light=rx.icon("moon", size=theme.ICON),
            dark=rx.icon("sun", size=theme.ICON),
        ),
        "Switch between light and dark",
        on_click=rx.toggle_color_mode,
    )


def _account_menu() -> rx.Component:
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            rx.el.button(
                ShellState.initials,
                type="button",
                aria_label="Account",
                style={
                    "width": theme.AVATAR,
                    "height": theme.AVATAR,
                    "border_radius": theme.ROUND,
                    "background": theme.ACCENT_TINT,
                    "color": theme.ACCENT_INK,
                    "cursor": "pointer",
                    **theme.BADGE_TEXT,
                    "font_weight": theme.SEMIBOLD,
                },
            ),
        ),
        rx.dropdown_menu.content(
            rx.el.div(
                rx.el.p(ShellState.user_name, style={"font_weight": theme.MEDIUM}),
                rx.el.p(ShellState.email, style=theme.CAPTION_TEXT),
                rx.el.p(
                    ShellState.project_name,
                    style={**theme.CAPTION_TEXT, "margin_top": theme.SPACE_1},
                ),
                style={"padding": f"{theme.SPACE_2} {theme.SPACE_3}"},
            ),
            rx.dropdown_menu.separator(),
            rx.dropdown_menu.item(
                rx.icon("keyboard", size=theme.ICON_SMALL, aria_hidden=True),
                "Keyboard shortcuts",
                color_scheme="gray",
                custom_attrs={"data-shortcuts": ""},
            ),
            rx.dropdown_menu.item(
                rx.icon("log-out", size=theme.ICON_SMALL, aria_hidden=True),
                "Sign out",
                color_scheme="gray",
                custom_attrs={"data-sign-out": ""},
            ),
            align="end",
            variant="soft",
        ),
    )


def _heading(title: rx.Var[str] | str, parent: tuple[str, str] | None) -> rx.Component:
    heading = rx.el.h1(
        title, id=_TITLE_ID, style={**theme.TITLE_TEXT, **theme.ONE_LINE}
    )
    if parent is None:
        return heading
    name, href = parent
    return rx.el.div(
        link(
            name,
            href=href,
            underline="hover",
            color_scheme="gray",
            style={
                **theme.TITLE_TEXT,
                "color": theme.MUTED,
                theme.UNDER_NARROW: theme.GONE,
            },
        ),
        rx.icon(
            "chevron-right",
            size=theme.ICON,
            aria_hidden=True,
            style={
                "color": theme.FAINT,
                "flex_shrink": "0",
                theme.UNDER_NARROW: theme.GONE,
            },
        ),
        heading,
        style={
            "display": "flex",
            "align_items": "center",
            "gap": theme.SPACE_1,
            "min_width": "0",
        },
    )


def _top_bar(
    title: rx.Var[str] | str,
    parent: tuple[str, str] | None,
    indicator: rx.Component,
    has_search: bool,
) -> rx.Component:
    return rx.el.header(
        _heading(title, parent),
        rx.el.div(
            rx.fragment() if has_search else search(),
            indicator,
            theme_switch(),
            _account_menu(),
            style={
                "display": "flex",
                "align_items": "center",
                "gap": theme.SPACE_3,
                "flex_shrink": "0",
            },
        ),
        style=_TOP_BAR,
    )


def shell(
    title: rx.Var[str] | str,
    *content: rx.Component,
    current: str,
    parent: tuple[str, str] | None = None,
    live: rx.Component | None = None,
    has_search: bool = False,
    width: str = theme.PAGE_WIDTH,
) -> rx.Component:
    """Return a page in its frame.

    Args:
        title: The page's title, in the top bar.
        content: The page's parts, one below the other.
        current: The address of the sidebar's entry that it belongs to.
        parent: Name and address of the page above it, where there is one.
        live: Says whether it changes by itself, where it does.
        has_search: Whether the content has the search for leads, not the top bar.
        width: How wide the content grows.
    """
    return rx.fragment(
        arrival(),
        skip_link(),
        rx.el.div(
            navigation(current),
            rx.el.div(
                _top_bar(title, parent, live or rx.fragment(), has_search),
                connection_banner(),
                account_problem(),
                rx.el.main(
                    filling_notice(),
                    *content,
                    id=CONTENT_ID,
                    aria_labelledby=_TITLE_ID,
                    tab_index=-1,
                    style={**_MAIN, "max_width": width},
                ),
                style={"min_width": "0"},
            ),
            style=_FRAME,
        ),
        shortcut_list(),
    )
