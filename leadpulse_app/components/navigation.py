"""The way to every page: beside the content, and below it on a narrow screen."""

from typing import NamedTuple

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import icon_button
from leadpulse_app.components.link import link
from leadpulse_app.components.logo import logo
from leadpulse_app.components.project_menu import new_project_dialog, project_menu


class Entry(NamedTuple):
    """A page that the navigation leads to."""

    name: str
    href: str
    icon: str
    key: str
    """Goes there after `g`."""


ENTRIES = (
    Entry("Overview", "/overview", "layout-dashboard", "o"),
    Entry("Leads", "/leads", "users", "l"),
    Entry("Pipeline", "/pipeline", "square-kanban", "p"),
    Entry("Events", "/events", "radio", "e"),
    Entry("Rules", "/rules", "sliders-horizontal", "r"),
    Entry("Integrations", "/integrations", "plug", "i"),
    Entry("System", "/system", "activity", "s"),
    Entry("Settings", "/settings", "settings", "t"),
)
"""In order; the last stands at the foot."""

FIRST = ENTRIES[:4]
"""What a narrow screen has room for; "More" leads to the rest."""

_SIDEBAR: theme.Style = {
    "position": "sticky",
    "top": "0",
    "height": "100dvh",
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_4,
    "padding": theme.SPACE_3,
    "border_inline_end": f"{theme.HAIR} solid {theme.HAIRLINE}",
    "& [data-more]": theme.GONE,
    theme.UNDER_WIDE: {
        "align_items": "center",
        "& [data-label]": theme.HIDDEN,
    },
    theme.UNDER_NARROW: {
        "position": "fixed",
        "z_index": theme.ABOVE_PAGE,
        "inset": "auto 0 0 0",
        "height": theme.BOTTOM_BAR_HEIGHT,
        "padding": f"0 {theme.SPACE_2}",
        "border_inline_end": "0",
        "border_top": f"{theme.HAIR} solid {theme.LINE}",
        "background": theme.SURFACE,
        "& [data-wide], & [data-rest]": theme.GONE,
        "& [data-more]": {"display": "flex"},
        "& [data-label]": {
            "position": "static",
            "width": "auto",
            "height": "auto",
            "clip_path": "none",
        },
    },
}

_NAVIGATION: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "flex": "1",
    "gap": theme.SPACE_HALF,
    "min_height": "0",
    "& > :nth-last-child(2)": {"margin_top": "auto"},
    theme.UNDER_NARROW: {
        "flex_direction": "row",
        "justify_content": "space-around",
        "width": "100%",
        "height": "100%",
    },
}

_ENTRY: theme.Style = {
    "display": "flex",
    "align_items": "center",
    "gap": theme.SPACE_3,
    "height": theme.NAV_ITEM_HEIGHT,
    "padding": f"0 {theme.SPACE_2}",
    "border_radius": theme.RADIUS_SMALL,
    "color": theme.MUTED,
    **theme.BODY_TEXT,
    "font_weight": theme.MEDIUM,
    "transition": f"background {theme.QUICK}, color {theme.QUICK}",
    "_hover": {"background": theme.HOVER, "color": theme.INK},
    "&[aria-current]": {"background": theme.PRESSED, "color": theme.INK},
}

_IN_BAR: theme.Style = {
    **_ENTRY,
    theme.UNDER_NARROW: {
        "flex_direction": "column",
        "justify_content": "center",
        "gap": theme.SPACE_HALF,
        "height": "100%",
        "flex": "1",
        "padding": "0",
        **theme.BADGE_TEXT,
        "&[aria-current]": {
            "background": "transparent",
            "color": theme.ACCENT_INK,
        },
    },
}

_SHEET: theme.Style = {
    "position": "fixed",
    "inset": "auto 0 0 0",
    "max_width": "none",
    "padding": theme.SPACE_4,
    "border_radius": f"{theme.RADIUS_LARGE} {theme.RADIUS_LARGE} 0 0",
    "&[data-state=open]": {"animation": f"sheet-in {theme.QUICK}"},
    "&[data-state=closed]": {"animation": f"sheet-out {theme.QUICK}"},
    "@keyframes sheet-in": {"from": {"transform": "translateY(100%)"}},
    "@keyframes sheet-out": {"to": {"transform": "translateY(100%)"}},
}


def _icon(name: str) -> rx.Component:
    return rx.icon(name, size=theme.ICON, aria_hidden=True, style={"flex_shrink": "0"})


def _link(
    entry: Entry, current: str, style: theme.Style, **attributes: str
) -> rx.Component:
    if entry.href == current:
        attributes["aria-current"] = "page"
    return link(
        _icon(entry.icon),
        rx.el.span(entry.name, custom_attrs={"data-label": ""}),
        href=entry.href,
        underline="none",
        title=entry.name,
        custom_attrs=attributes,
        style=style,
    )


def _in_bar(entry: Entry, current: str) -> rx.Component:
    marks = {} if entry in FIRST else {"data-rest": ""}
    return _link(entry, current, _IN_BAR, **{"data-go": entry.key}, **marks)


def _more(current: str) -> rx.Component:
    rest = [entry for entry in ENTRIES if entry not in FIRST]
    is_current = current in [entry.href for entry in rest]
    return rx.dialog.root(
        rx.dialog.trigger(
            rx.el.button(
                _icon("ellipsis"),
                "More",
                type="button",
                custom_attrs={
                    "data-more": "",
                    **({"aria-current": "true"} if is_current else {}),
                },
                style={**_IN_BAR, "cursor": "pointer"},
            )
        ),
        rx.dialog.content(
            rx.el.div(
                rx.dialog.title(
                    "More pages", style={**theme.SECTION_TEXT, "margin": "0"}
                ),
                rx.dialog.close(icon_button(rx.icon("x", size=theme.ICON), "Close")),
                style={
                    "display": "flex",
                    "justify_content": "space-between",
                    "align_items": "center",
                    "padding_inline_start": theme.SPACE_2,
                    "margin_bottom": theme.SPACE_2,
                },
            ),
            project_menu(
                {
                    "width": "100%",
                    "min_height": theme.TOUCH_ROW,
                    "margin_bottom": theme.SPACE_2,
                    theme.UNDER_WIDE: {"justify_content": "space-between"},
                }
            ),
            rx.el.nav(
                *(
                    rx.dialog.close(
                        _link(entry, current, {**_ENTRY, "height": theme.TOUCH_ROW})
                    )
                    for entry in rest
                ),
                aria_label="More",
            ),
            custom_attrs={"aria-describedby": rx.Var("undefined")},
            style=_SHEET,
        ),
    )


def navigation(current: str) -> rx.Component:
    """Return the sidebar: a rail of icons where it is tight, a bar below where narrow.

    Args:
        current: The address of the entry that the page belongs to.
    """
    return rx.el.nav(
        rx.el.div(
            rx.el.div(logo("/overview"), style={"padding": theme.SPACE_1}),
            project_menu(),
            custom_attrs={"data-wide": ""},
            style={
                "display": "flex",
                "flex_direction": "column",
                "gap": theme.SPACE_3,
                "min_width": "0",
                theme.UNDER_WIDE: {"align_items": "center"},
            },
        ),
        rx.el.div(
            *(_in_bar(entry, current) for entry in ENTRIES),
            _more(current),
            style=_NAVIGATION,
        ),
        new_project_dialog(),
        aria_label="Main",
        style=_SIDEBAR,
    )
