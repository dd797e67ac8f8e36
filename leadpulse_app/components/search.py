"""The search of the top bar: it leads to the leads that were found."""

from typing import Any

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app.components import theme
from leadpulse_app.components.button import icon_link
from leadpulse_app.components.field import search_field
from leadpulse_app.domain.lead_filter import MAXIMUM_QUERY_LENGTH

BY_SLASH = {"data-search": "", "aria-keyshortcuts": "/"}
"""Attributes of the one field of a page that the key `/` leads to."""


def _find(sent: rx.Var[Any]) -> EventSpec:
    return rx.redirect(rx.Var(f"('/leads?q=' + encodeURIComponent({sent!s}.q))"))


def search() -> rx.Component:
    """Return the search; on a narrow screen a link to the list, which has its own."""
    return rx.fragment(
        rx.el.form(
            search_field(
                "Search leads",
                "Search leads  /",
                name="q",
                max_length=MAXIMUM_QUERY_LENGTH,
                enter_key_hint="search",
                attributes=BY_SLASH,
            ),
            on_submit=_find,
            role="search",
            style={"width": theme.SEARCH_WIDTH, theme.UNDER_MEDIUM: theme.GONE},
        ),
        rx.el.span(
            icon_link(rx.icon("search", size=theme.ICON), "Search leads", "/leads"),
            style={"display": "none", theme.UNDER_MEDIUM: {"display": "inline-flex"}},
        ),
    )
