"""The keys that work everywhere in the dashboard, and the list of them.

`assets/shortcuts.js` listens for them. What they press says so itself: an entry of
the navigation by `data-go`, the search by `data-search`, this list by its id.
"""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import icon_button
from leadpulse_app.components.navigation import ENTRIES

_DIALOG_ID = "shortcuts"

_DIALOG: theme.Style = {
    "width": f"calc(100% - {theme.SPACE_8})",
    "max_width": theme.FORM_WIDTH,
    "margin": "auto",
    "padding": theme.SPACE_5,
    "border": f"{theme.HAIR} solid {theme.LINE}",
    "border_radius": theme.RADIUS_LARGE,
    "background": theme.OVERLAY_SURFACE,
    "color": theme.INK,
    "box_shadow": theme.OVERLAY_SHADOW,
    "&::backdrop": {"background": theme.BACKDROP},
}

_KEYS: theme.Style = {
    "display": "grid",
    "grid_template_columns": "1fr auto",
    "gap": theme.SPACE_2,
    "margin": f"{theme.SPACE_3} 0 0",
    "& dd": {"margin": "0", "display": "flex", "gap": theme.SPACE_1},
}


def key(name: str) -> rx.Component:
    """Return a key of the keyboard."""
    return rx.el.kbd(
        name,
        style={
            "display": "inline-grid",
            "place_items": "center",
            "min_width": theme.SPACE_5,
            "padding": f"0 {theme.SPACE_1}",
            "border": f"{theme.HAIR} solid {theme.LINE}",
            "border_radius": theme.RADIUS_SMALL,
            **theme.CAPTION_TEXT,
            "font_family": "inherit",
        },
    )


def _line(does: str, *keys: str) -> rx.Component:
    return rx.fragment(rx.el.dt(does), rx.el.dd(*map(key, keys)))


def shortcut_list() -> rx.Component:
    """Return the dialog that lists the keys, closed until `?` or the menu opens it.

    The browser's own kind of dialog: a script that knows no component can open it.
    """
    return rx.el.dialog(
        rx.el.div(
            rx.el.h2("Keyboard shortcuts", id="shortcuts-title"),
            rx.el.form(
                icon_button(rx.icon("x", size=theme.ICON), "Close", type="submit"),
                method="dialog",
            ),
            style={
                "display": "flex",
                "align_items": "center",
                "justify_content": "space-between",
                "& h2": theme.SECTION_TEXT,
            },
        ),
        rx.el.dl(
            _line("Search leads", "/"),
            *(_line(f"Go to {each.name}", "g", each.key) for each in ENTRIES),
            _line("Next row of a list", "j", "↓"),
            _line("Row before", "k", "↑"),
            _line("Show the row beside the list", "Enter"),
            _line("Open its page", "o"),
            _line("Select it", "x"),
            _line("Select all from the last one to it", "Shift", "x"),
            _line("Show these shortcuts", "?"),
            _line("Close what is open", "Esc"),
            style=_KEYS,
        ),
        id=_DIALOG_ID,
        aria_labelledby="shortcuts-title",
        style=_DIALOG,
    )
