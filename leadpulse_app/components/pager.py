"""The way from page to page of a list."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import button_link

Way = tuple[str, rx.Var[str]]
"""A word, and the address that it leads to; empty for no way there."""


def pager(back: Way, onward: Way, *, place: rx.Var[str] | None = None) -> rx.Component:
    """Return the links to other pages of a list; nothing where it has one page.

    Args:
        back: Leads to what comes before, as "Newest".
        onward: Leads to what follows, as "Older".
        place: Which rows of how many are shown; with it, the bar is always there.
    """
    links = rx.el.div(
        _link(*back),
        _link(*onward),
        style={"display": "flex", "gap": theme.SPACE_2, "margin_inline_start": "auto"},
    )
    if place is None:
        return rx.cond((back[1] != "") | (onward[1] != ""), _bar(links))
    return _bar(
        rx.el.span(
            place,
            style={**theme.CAPTION_TEXT, "font_variant_numeric": theme.TABULAR},
        ),
        links,
    )


def _bar(*parts: rx.Component) -> rx.Component:
    return rx.el.nav(
        *parts,
        aria_label="Pages",
        style={
            "display": "flex",
            "align_items": "center",
            "min_height": theme.SPACE_12,
            "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
            "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
        },
    )


def _link(word: str, href: rx.Var[str]) -> rx.Component:
    return rx.cond(href != "", button_link(word, href=href))
