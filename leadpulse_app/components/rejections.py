"""What senders were refused: how much for which reason, and what was sent."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.card import section
from leadpulse_app.components.moment import moment
from leadpulse_app.components.notice import empty_state
from leadpulse_app.state.integrations import (
    IntegrationsState,
    ReasonRow,
    RefusalRow,
)

_REFUSAL: theme.Style = {
    "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
    **theme.TABLE_TEXT,
    "& summary": {
        "display": "grid",
        "grid_template_columns": (
            f"auto {theme.LEAD_WIDTH} minmax(0, 1fr) auto {theme.TIME_WIDTH}"
        ),
        "grid_template_areas": '"mark reason message event when"',
        "align_items": "center",
        "column_gap": theme.SPACE_3,
        "min_height": theme.ROW_HEIGHT,
        "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
        "cursor": "pointer",
        "list_style": "none",
        theme.UNDER_NARROW: {
            "grid_template_columns": "auto minmax(0, 1fr) auto",
            "grid_template_areas": '"mark reason when" "mark message message"',
        },
    },
    "& summary::-webkit-details-marker": theme.GONE,
    "& summary:hover": {"background": theme.HOVER},
    "& summary > svg": {
        "grid_area": "mark",
        "color": theme.MUTED,
        "transition": f"transform {theme.QUICK}",
    },
    "&[open] summary > svg": {"transform": "rotate(90deg)"},
}


def _reason(row: rx.Var[ReasonRow]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(row.reason, style={"color": theme.MUTED}),
        rx.el.dd(
            row.events,
            style={
                "margin": "0",
                "font_weight": theme.SEMIBOLD,
                "font_variant_numeric": theme.TABULAR,
            },
        ),
        key=row.code,
        style={"display": "flex", "gap": theme.SPACE_2},
    )


def _refusal(row: rx.Var[RefusalRow]) -> rx.Component:
    return rx.el.li(
        rx.el.details(
            rx.el.summary(
                rx.icon("chevron-right", size=theme.ICON_SMALL, aria_hidden=True),
                rx.el.span(
                    row.reason,
                    style={"grid_area": "reason", "font_weight": theme.MEDIUM},
                ),
                rx.el.span(
                    row.message,
                    style={
                        "grid_area": "message",
                        "color": theme.MUTED,
                        **theme.ONE_LINE,
                    },
                ),
                rx.el.code(
                    row.event_type,
                    style={
                        "grid_area": "event",
                        "max_width": theme.CELL_WIDTH,
                        **theme.CODE_TEXT,
                        **theme.ONE_LINE,
                        theme.UNDER_NARROW: theme.GONE,
                    },
                ),
                rx.el.span(
                    moment(row.received),
                    style={
                        "grid_area": "when",
                        "color": theme.MUTED,
                        "text_align": "right",
                    },
                ),
            ),
            rx.el.div(
                rx.el.p(row.message),
                rx.el.pre(
                    row.payload,
                    aria_label="What was sent",
                    tab_index=0,
                    style={
                        **theme.CODE_TEXT,
                        "padding": theme.SPACE_3,
                        "background": theme.CANVAS,
                        "border": f"{theme.HAIR} solid {theme.HAIRLINE}",
                        "border_radius": theme.RADIUS,
                        "white_space": "pre-wrap",
                        "overflow_wrap": "anywhere",
                    },
                ),
                style={
                    "display": "flex",
                    "flex_direction": "column",
                    "gap": theme.SPACE_2,
                    "padding": f"{theme.SPACE_1} {theme.SPACE_4} {theme.SPACE_4}",
                },
            ),
            style=_REFUSAL,
        ),
        key=row.id,
    )


def rejections() -> rx.Component:
    """Return how many there are by reason, and the newest of them."""
    return section(
        "Rejected",
        rx.cond(
            IntegrationsState.reasons.length() > 0,
            rx.fragment(
                rx.el.dl(
                    rx.foreach(IntegrationsState.reasons, _reason),
                    aria_label="Rejected events by reason",
                    style={
                        "display": "flex",
                        "flex_wrap": "wrap",
                        "gap": f"{theme.SPACE_2} {theme.SPACE_6}",
                        "margin": "0",
                        "padding": theme.SPACE_4,
                    },
                ),
                rx.el.ol(
                    rx.foreach(IntegrationsState.refusals, _refusal),
                    aria_label="Newest rejected events first",
                    style={"list_style": "none", "margin": "0", "padding": "0"},
                ),
            ),
            empty_state(
                rx.icon("check-check", size=theme.ICON_LARGE),
                "Nothing was rejected",
                "What can't be accepted shows here, with the reason and what was sent.",
                level=rx.el.h3,
            ),
        ),
        note=rx.el.span("Last 30 days", style=theme.CAPTION_TEXT),
    )
