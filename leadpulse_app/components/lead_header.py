"""The head of a lead's page: who it is, how it stands, whose it is, what to do."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import primary_button, quiet_button
from leadpulse_app.components.card import card
from leadpulse_app.components.dialog import dialog
from leadpulse_app.components.explanation import RISK, VELOCITY
from leadpulse_app.components.field import edit_field
from leadpulse_app.components.lead_menu import lead_menu
from leadpulse_app.components.moment import moment
from leadpulse_app.components.stage import stage_badge
from leadpulse_app.domain.adjustment import MAXIMUM_ADJUSTMENT, MAXIMUM_NOTE_LENGTH
from leadpulse_app.domain.annotation import MAXIMUM_TAG_LENGTH
from leadpulse_app.state.lead import LeadState
from leadpulse_app.state.lead_annotations import NOBODY, MemberRow

_LINE: theme.Style = {"display": "flex", "flex_wrap": "wrap", "align_items": "center"}

_FACTS: theme.Style = {
    "display": "grid",
    "grid_template_columns": f"repeat(auto-fit, minmax({theme.FACT_WIDTH}, 1fr))",
    "gap": theme.HAIR,
    "background": theme.HAIRLINE,
    "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
}

_CONTROL: theme.Style = {
    "height": theme.NAV_ITEM_HEIGHT,
    "min_width": "0",
    "padding": f"0 {theme.SPACE_2}",
    "border": f"{theme.HAIR} solid {theme.LINE}",
    "border_radius": theme.RADIUS,
    "background": theme.SURFACE,
    "color": theme.INK,
    **theme.TABLE_TEXT,
}


def header() -> rx.Component:
    """Return the card that says what a salesperson looks for first."""
    return card(
        rx.el.div(
            rx.el.div(
                rx.el.div(
                    rx.el.h2(
                        LeadState.name,
                        style={**theme.TITLE_TEXT, "overflow_wrap": "anywhere"},
                    ),
                    stage_badge(LeadState.stage),
                    rx.el.span(
                        rx.el.span(LeadState.score, style=theme.FIGURE_TEXT),
                        rx.el.span(" points", style={"color": theme.MUTED}),
                    ),
                    style={**_LINE, "gap": f"{theme.SPACE_1} {theme.SPACE_3}"},
                ),
                rx.el.p(
                    LeadState.contact,
                    style={
                        "color": theme.MUTED,
                        "overflow_wrap": "anywhere",
                        "_empty": theme.GONE,
                    },
                ),
                rx.el.p(
                    LeadState.outlook,
                    style={"color": theme.CAUTION, "_empty": theme.GONE},
                ),
                style={
                    "display": "flex",
                    "flex_direction": "column",
                    "gap": theme.SPACE_1,
                    "min_width": "0",
                },
            ),
            rx.el.div(
                _owner(),
                rx.cond(LeadState.as_of == "", _adjustment()),
                lead_menu(),
                style={**_LINE, "gap": theme.SPACE_2},
            ),
            style={
                **_LINE,
                "align_items": "flex-start",
                "justify_content": "space-between",
                "gap": f"{theme.SPACE_3} {theme.SPACE_6}",
                "padding": theme.SPACE_4,
            },
        ),
        _tags(),
        rx.cond(
            LeadState.as_of == "",
            rx.el.dl(
                _fact("Next action", LeadState.next_action),
                _fact("Risk of losing", LeadState.risk, RISK),
                _fact("Velocity", LeadState.velocity, VELOCITY),
                _fact("Events in 24 h", LeadState.recent_events),
                _fact("Last seen", moment(LeadState.last_seen)),
                _fact("First seen", moment(LeadState.first_seen)),
                style=_FACTS,
            ),
        ),
    )


def _fact(
    label: str, value: rx.Component | rx.Var[str], explanation: str = ""
) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label, title=explanation or None, style=theme.CAPTION_TEXT),
        rx.el.dd(value, style={"font_weight": theme.MEDIUM}),
        style={
            "padding": f"{theme.SPACE_3} {theme.SPACE_4}",
            "background": theme.SURFACE,
        },
    )


def _member(member: rx.Var[MemberRow]) -> rx.Component:
    return rx.el.option(member.name, value=member.id)


def _owner() -> rx.Component:
    return rx.el.label(
        rx.el.span("Owner", style={"color": theme.MUTED}),
        rx.el.select(
            rx.el.option(NOBODY, value=""),
            rx.foreach(LeadState.members, _member),
            value=LeadState.owner_id,
            on_change=LeadState.choose_owner,
            style={**_CONTROL, "max_width": theme.CELL_WIDTH, "cursor": "pointer"},
        ),
        style={"display": "flex", "align_items": "center", "gap": theme.SPACE_2},
    )


def _tag(tag: rx.Var[str]) -> rx.Component:
    return rx.el.li(
        tag,
        rx.el.button(
            rx.icon("x", size=12, aria_hidden=True),
            type="button",
            aria_label="Remove the tag " + tag,
            on_click=LeadState.remove_tag(tag),
            style={
                "display": "grid",
                "place_items": "center",
                "width": theme.SPACE_5,
                "height": theme.SPACE_5,
                "border_radius": theme.ROUND,
                "color": theme.MUTED,
                "cursor": "pointer",
                "_hover": {"background": theme.PRESSED, "color": theme.INK},
            },
        ),
        key=tag,
        style={
            "display": "inline-flex",
            "align_items": "center",
            "gap": theme.SPACE_HALF,
            "padding_inline_start": theme.SPACE_2,
            "border_radius": theme.ROUND,
            "background": theme.HOVER,
            "overflow_wrap": "anywhere",
            **theme.BADGE_TEXT,
            "line_height": theme.SPACE_5,
        },
    )


def _tags() -> rx.Component:
    return rx.el.div(
        rx.icon("tag", size=theme.ICON_SMALL, aria_hidden=True, color=theme.FAINT),
        rx.el.ul(
            rx.foreach(LeadState.tags, _tag),
            aria_label="Tags",
            style={
                **theme.BESIDE,
                "gap": theme.SPACE_1,
                "list_style": "none",
                "margin": "0",
                "padding": "0",
                "_empty": theme.GONE,
            },
        ),
        rx.el.form(
            rx.el.input(
                name="tag",
                placeholder="Add a tag",
                auto_complete="off",
                max_length=MAXIMUM_TAG_LENGTH,
                custom_attrs={
                    "aria-label": "Add a tag",
                    "list": "known-tags",
                    "aria-describedby": "tag-problem",
                },
                style={
                    **_CONTROL,
                    "height": theme.SPACE_6,
                    "width": theme.TAG_WIDTH,
                    "border_color": "transparent",
                    "background": "transparent",
                    "_hover": {"border_color": theme.LINE},
                    "_focus": {"border_color": theme.LINE},
                },
            ),
            rx.el.datalist(
                rx.foreach(LeadState.known_tags, lambda tag: rx.el.option(value=tag)),
                custom_attrs={"id": "known-tags"},
            ),
            # A new field after each tag, or what was typed would stay.
            key=LeadState.tags_added.to_string(),
            on_submit=LeadState.add_tag,
            no_validate=True,
        ),
        rx.el.p(
            LeadState.tag_problem,
            custom_attrs={"id": "tag-problem"},
            role="alert",
            style=theme.PROBLEM_TEXT,
        ),
        style={
            **theme.BESIDE,
            "padding": f"0 {theme.SPACE_4} {theme.SPACE_3}",
        },
    )


def _adjustment() -> rx.Component:
    return dialog(
        quiet_button("Adjust"),
        "Adjust the score",
        "The score history shows the points with your name and the note. "
        "A score stays within 0 and 10,000.",
        rx.el.form(
            edit_field(
                "Points",
                name="points",
                value="",
                problem=LeadState.problems["points"],
                type="number",
                min=-MAXIMUM_ADJUSTMENT,
                max=MAXIMUM_ADJUSTMENT,
                step=1,
                placeholder="10, or -10 to take points",
            ),
            edit_field(
                "Note",
                name="note",
                value="",
                problem=LeadState.problems["note"],
                multiline=True,
                max_length=MAXIMUM_NOTE_LENGTH,
                rows="3",
                placeholder="Why",
            ),
            rx.el.div(
                rx.dialog.close(quiet_button("Cancel", type="button")),
                primary_button("Adjust score", type="submit"),
                style=theme.ACTIONS,
            ),
            on_submit=LeadState.adjust,
            no_validate=True,
            style={
                "display": "flex",
                "flex_direction": "column",
                "gap": theme.SPACE_3,
                "margin_top": theme.SPACE_4,
            },
        ),
        is_open=LeadState.adjusting,
        on_toggle=LeadState.toggle_adjusting,
    )
