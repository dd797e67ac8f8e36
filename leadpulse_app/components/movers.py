"""Short lists of leads that moved: up, past the last threshold, or down."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.card import section
from leadpulse_app.components.moment import moment
from leadpulse_app.components.stage import stage_badge
from leadpulse_app.components.table import row_link
from leadpulse_app.state.overview import MoverRow

_LINE: theme.Style = {
    "position": "relative",
    "display": "grid",
    "grid_template_columns": "minmax(0, 1fr) auto",
    "align_items": "center",
    "gap": f"{theme.SPACE_HALF} {theme.SPACE_3}",
    "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
    "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
    **theme.TABLE_TEXT,
    "_last_child": {"border_bottom": "0"},
    "_hover": {"background": theme.HOVER},
}


def _row(lead: rx.Var[MoverRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(row_link(lead.name, lead.href), style=theme.ONE_LINE),
        stage_badge(lead.stage),
        rx.el.span(
            lead.note,
            rx.cond(lead.note != "", " ", ""),
            moment(lead.at),
            style={**theme.CAPTION_TEXT, **theme.ONE_LINE},
        ),
        rx.el.span(
            lead.score,
            title="Score",
            style={
                "font_weight": theme.MEDIUM,
                "text_align": "right",
                "padding_inline_end": theme.SPACE_2,
            },
        ),
        key=lead.id,
        style=_LINE,
    )


def movers(
    heading: str,
    icon: rx.Component,
    rows: rx.Var[list[MoverRow]],
    *,
    explanation: str,
    nothing: str,
) -> rx.Component:
    """Return a list of leads that moved.

    Args:
        heading: How they moved.
        icon: Stands at the right of it.
        rows: The leads, the most striking first.
        explanation: Which ones are listed, shown on hover.
        nothing: What to say where there are none.
    """
    return section(
        heading,
        rx.cond(
            rows.length() > 0,
            rx.el.ol(
                rx.foreach(rows, _row),
                style={"list_style": "none", "margin": "0", "padding": "0"},
            ),
            rx.el.p(
                nothing,
                style={
                    **theme.TABLE_TEXT,
                    "color": theme.MUTED,
                    "padding": theme.SPACE_4,
                },
            ),
        ),
        note=rx.el.span(icon, title=explanation, style={"display": "inline-flex"}),
    )
