"""The bar of what can be done to the ticked leads."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import icon_button, primary_button, quiet_button
from leadpulse_app.components.confirmation import confirmed
from leadpulse_app.components.held_list import ticked_in
from leadpulse_app.domain.annotation import MAXIMUM_TAG_LENGTH
from leadpulse_app.state.lead_address import NOBODY
from leadpulse_app.state.lead_bulk import LeadBulkState
from leadpulse_app.state.leads import LeadsState

_KNOWN_TAGS = "known-tags"

_TICKED = ticked_in(LeadsState.place)

_BAR: theme.Style = {
    "position": "fixed",
    "z_index": theme.ABOVE_PAGE,
    "bottom": theme.SPACE_5,
    "left": "50%",
    "transform": "translateX(-50%)",
    "display": "flex",
    "align_items": "center",
    "gap": theme.SPACE_2,
    "padding": theme.SPACE_2,
    "padding_inline_start": theme.SPACE_4,
    "border": f"{theme.HAIR} solid {theme.LINE}",
    "border_radius": theme.RADIUS_LARGE,
    "background": theme.SURFACE,
    "white_space": "nowrap",
    **theme.TABLE_TEXT,
    theme.UNDER_NARROW: {
        "bottom": f"calc({theme.BOTTOM_BAR_HEIGHT} + {theme.SPACE_2})",
        "left": theme.SPACE_2,
        "right": theme.SPACE_2,
        "transform": "none",
        "justify_content": "space-between",
    },
}


def _tag() -> rx.Component:
    return rx.popover.root(
        rx.popover.trigger(quiet_button("Tag")),
        rx.popover.content(
            rx.el.form(
                rx.input(
                    name="tag",
                    placeholder="Tag",
                    max_length=MAXIMUM_TAG_LENGTH,
                    required=True,
                    auto_complete=False,
                    custom_attrs={"aria-label": "Tag", "list": _KNOWN_TAGS},
                ),
                rx.el.datalist(
                    rx.foreach(LeadsState.tags, lambda tag: rx.el.option(value=tag)),
                    id=_KNOWN_TAGS,
                ),
                rx.popover.close(primary_button("Add tag", type="submit")),
                on_submit=lambda form: LeadBulkState.tag(_TICKED, form),
                style={"display": "flex", "gap": theme.SPACE_2},
            ),
            size="1",
        ),
    )


def _assign() -> rx.Component:
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(quiet_button("Assign")),
        rx.dropdown_menu.content(
            rx.foreach(
                LeadsState.members,
                lambda member: rx.dropdown_menu.item(
                    member.name,
                    on_select=LeadBulkState.assign(_TICKED, member.value),
                ),
            ),
            rx.dropdown_menu.separator(),
            rx.dropdown_menu.item(
                "Nobody", on_select=LeadBulkState.assign(_TICKED, NOBODY)
            ),
            variant="soft",
            color_scheme="gray",
        ),
    )


def _erase() -> rx.Component:
    count = _TICKED.length()
    return confirmed(
        quiet_button("Delete"),
        rx.cond(count == 1, "Delete 1 lead?", f"Delete {count} leads?"),
        "All that is known of them goes for good: events, scores, notes. It can't be "
        "taken back.",
        "Delete",
        LeadBulkState.erase(_TICKED),
        is_final=True,
    )


def lead_bulk_bar() -> rx.Component:
    """Return the bar; it shows while a lead is ticked."""
    count = _TICKED.length()
    return rx.el.div(
        rx.cond(
            count > 0,
            rx.el.div(
                rx.el.span(
                    count.to_string() + " selected",
                    style={"font_weight": theme.MEDIUM},
                ),
                rx.el.div(
                    _tag(),
                    _assign(),
                    rx.cond(LeadsState.may_erase, _erase()),
                    icon_button(
                        rx.icon("x", size=theme.ICON),
                        "Clear the selection",
                        on_click=rx.call_script("window.leadpulseRows.untick()"),
                    ),
                    style={
                        "display": "flex",
                        "align_items": "center",
                        "gap": theme.SPACE_2,
                    },
                ),
                role="toolbar",
                aria_label="Selected leads",
                style=_BAR,
            ),
        ),
        aria_live="polite",
    )
