"""What a lead is known by, and the merges that made it."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import quiet_button
from leadpulse_app.components.card import section
from leadpulse_app.components.confirmation import confirmed
from leadpulse_app.components.moment import moment
from leadpulse_app.components.table import Column, table
from leadpulse_app.state.lead import LeadState
from leadpulse_app.state.lead_rows import MergeRow, NameRow

_NAME = Column("Name")
_KIND = Column("Kind", quiet=True)
_SINCE = Column("Known", align="end", keep="medium", quiet=True)


def _name_row(name: rx.Var[NameRow]) -> rx.Component:
    return rx.el.tr(
        _NAME.cell(name.value),
        _KIND.cell(name.kind),
        _SINCE.cell(moment(name.since)),
        key=name.id,
    )


def _merge_line(merge: rx.Var[MergeRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(merge.name, style={"font_weight": theme.MEDIUM}),
            " merged ",
            moment(merge.merged),
            style={"min_width": "0", "overflow_wrap": "anywhere"},
        ),
        rx.cond(
            LeadState.is_admin,
            confirmed(
                quiet_button("Unmerge", aria_label="Unmerge " + merge.name),
                "Take this merge back?",
                "They become two leads again, each with the score of its own events. "
                "No later event merges them again.",
                "Unmerge",
                LeadState.unmerge(merge.id),
            ),
        ),
        key=merge.id,
        style={
            "display": "flex",
            "align_items": "center",
            "justify_content": "space-between",
            "gap": theme.SPACE_3,
            "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
            "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
        },
    )


def _left_out(text: rx.Var[str]) -> rx.Component:
    return rx.el.p(
        text,
        style={
            **theme.CAPTION_TEXT,
            "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
            "_empty": theme.GONE,
        },
    )


def identities() -> rx.Component:
    """Return the names of a lead, and its merges, which admins may take back."""
    return section(
        "Identities",
        table(
            "What this lead is known by, the oldest first",
            (_NAME, _KIND, _SINCE),
            rx.foreach(LeadState.names, _name_row),
        ),
        _left_out(LeadState.names_left_out),
        rx.cond(
            LeadState.merges.length() > 0,
            rx.el.ul(
                rx.foreach(LeadState.merges, _merge_line),
                aria_label="Merged leads",
                style={"list_style": "none", "margin": "0", "padding": "0"},
            ),
        ),
        _left_out(LeadState.merges_left_out),
        note=rx.el.span("Events under any of these", style=theme.CAPTION_TEXT),
    )
