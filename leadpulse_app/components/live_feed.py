"""The feed of what happens now."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import button_link
from leadpulse_app.components.card import section
from leadpulse_app.components.explanation import CHANGE
from leadpulse_app.components.moment import moment
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.score import delta
from leadpulse_app.components.table import row_link
from leadpulse_app.state.overview import FeedRow, OverviewState

_LINE: theme.Style = {
    "position": "relative",
    "display": "grid",
    "align_items": "center",
    "gap": f"0 {theme.SPACE_3}",
    "grid_template_columns": (
        f"{theme.DELTA_WIDTH} minmax(0, 2fr) minmax(0, 1fr) {theme.TIME_WIDTH}"
    ),
    "grid_template_areas": '"delta event lead when"',
    "min_height": theme.ROW_HEIGHT,
    "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
    theme.UNDER_NARROW: {
        "grid_template_columns": f"{theme.DELTA_WIDTH} minmax(0, 1fr) auto",
        "grid_template_areas": '"delta event when" "delta lead when"',
    },
    "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
    **theme.TABLE_TEXT,
    "_last_child": {"border_bottom": "0"},
    "_hover": {"background": theme.HOVER},
}


def _row(event: rx.Var[FeedRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(delta(event.delta), title=CHANGE, style={"grid_area": "delta"}),
        rx.el.span(
            rx.el.span(event.type, style={"font_weight": theme.MEDIUM}),
            rx.el.span(
                event.detail,
                style={"color": theme.MUTED, "margin_inline_start": theme.SPACE_2},
            ),
            style={**theme.ONE_LINE, "grid_area": "event"},
        ),
        rx.el.span(
            row_link(event.lead, event.href),
            style={
                **theme.ONE_LINE,
                "grid_area": "lead",
                "& a": {"color": theme.MUTED, "font_weight": "inherit"},
            },
        ),
        rx.el.span(
            moment(event.occurred),
            style={"color": theme.MUTED, "grid_area": "when", "text_align": "right"},
        ),
        key=event.id,
        custom_attrs={"data-changed": rx.cond(event.fresh, "odd", "")},
        style=_LINE,
    )


def live_feed() -> rx.Component:
    """Return the newest events."""
    return section(
        "Live events",
        rx.cond(
            OverviewState.feed.length() > 0,
            rx.el.ol(
                rx.foreach(OverviewState.feed, _row),
                aria_label="Newest events first",
                tab_index=0,
                style={
                    "list_style": "none",
                    "margin": "0",
                    "padding": "0",
                    **theme.tinted("li"),
                    "max_height": theme.FEED_HEIGHT,
                    "overflow_y": "auto",
                },
            ),
            empty_state(
                rx.icon("radio", size=theme.ICON_LARGE),
                "Waiting for the first event",
                "Paste the snippet into your site, or send a test event. "
                "What arrives shows here at once.",
                button_link("Connect a site", href="/integrations", primary=True),
                level=rx.el.h3,
            ),
        ),
    )
