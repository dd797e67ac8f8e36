"""What is seldom done with a lead: its data handed over, or deleted."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import icon_button
from leadpulse_app.components.confirmation import confirmation
from leadpulse_app.state.lead import LeadState


def lead_menu() -> rx.Component:
    """Return the menu, and the question that one of its entries asks."""
    return rx.fragment(
        rx.dropdown_menu.root(
            rx.dropdown_menu.trigger(
                icon_button(
                    rx.icon("ellipsis", size=theme.ICON),
                    "More actions",
                    size="2",
                )
            ),
            rx.dropdown_menu.content(
                rx.dropdown_menu.item(
                    rx.el.a(
                        _icon("download"),
                        "Export this person's data",
                        href=f"/api/leads/{LeadState.lead_id}/data",
                        download=True,
                        reload_document=True,
                    ),
                    as_child=True,
                    color_scheme="gray",
                ),
                rx.cond(
                    LeadState.is_admin,
                    rx.fragment(
                        rx.dropdown_menu.separator(),
                        rx.dropdown_menu.item(
                            _icon("trash-2"),
                            "Delete…",
                            color_scheme="tomato",
                            on_select=LeadState.toggle_erasing(True),
                        ),
                    ),
                ),
                variant="soft",
                color_scheme="gray",
                align="end",
            ),
        ),
        confirmation(
            "Delete this lead?",
            "All that is known of it goes for good: events, scores, notes, and what "
            "was merged into it. It can't be taken back.",
            "Delete",
            LeadState.erase,
            is_final=True,
            is_open=LeadState.erasing,
            on_toggle=LeadState.toggle_erasing,
        ),
    )


def _icon(name: str) -> rx.Component:
    return rx.icon(name, size=theme.ICON_SMALL, aria_hidden=True)
