"""The overview."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import button_link, text_link
from leadpulse_app.components.card import card, section
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.explanation import CHANGE
from leadpulse_app.components.layout import columns
from leadpulse_app.components.moment import moment
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.score import delta, score
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import bone, skeleton_rows
from leadpulse_app.components.stage import COLOURS, WORDS, stage_badge, stage_icon
from leadpulse_app.components.stat import stat, stat_row
from leadpulse_app.components.table import row_link
from leadpulse_app.domain.stage import Stage
from leadpulse_app.state.overview import (
    FeedRow,
    OverviewState,
    StageCount,
    TopRow,
)

_LINE: theme.Style = {
    "position": "relative",
    "display": "flex",
    "align_items": "center",
    "gap": theme.SPACE_3,
    "min_height": theme.ROW_HEIGHT,
    "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
    "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
    **theme.TABLE_TEXT,
    "_last_child": {"border_bottom": "0"},
    "_hover": {"background": theme.HOVER},
}

_FEED_LINE: theme.Style = {
    **_LINE,
    "display": "grid",
    "grid_template_columns": (
        f"{theme.DELTA_WIDTH} minmax(0, 1fr) {theme.LEAD_WIDTH} {theme.TIME_WIDTH}"
    ),
    theme.UNDER_NARROW: {
        "grid_template_columns": f"{theme.DELTA_WIDTH} minmax(0, 1fr) auto",
        "grid_template_areas": '"delta event when" "delta lead lead"',
        "row_gap": "0",
    },
}

_LIST: theme.Style = {"list_style": "none", "margin": "0", "padding": "0"}


def _stage_stat(stage: Stage, count: rx.Var[StageCount]) -> rx.Component:
    return stat(
        WORDS[stage],
        count.count,
        count.share,
        icon=stage_icon(stage),
        percent=count.percent,
        colour=theme.scale(COLOURS[stage], "9"),
        href=count.href,
    )


def _stats() -> rx.Component:
    return stat_row(
        stat(
            "Leads",
            OverviewState.everyone.count,
            OverviewState.everyone.share,
            icon=rx.icon("users", size=theme.ICON_SMALL, aria_hidden=True),
            percent=OverviewState.everyone.percent,
            colour=theme.ACCENT,
            href="/leads",
        ),
        _stage_stat(Stage.QUALIFIED, OverviewState.qualified),
        _stage_stat(Stage.HOT, OverviewState.hot),
        _stage_stat(Stage.WARM, OverviewState.warm),
        _stage_stat(Stage.COLD, OverviewState.cold),
    )


def _feed_row(event: rx.Var[FeedRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            delta(event.delta),
            title=CHANGE,
            style={theme.UNDER_NARROW: {"grid_area": "delta"}},
        ),
        rx.el.span(
            rx.el.span(event.type, style={"font_weight": theme.MEDIUM}),
            rx.el.span(
                event.detail,
                style={"color": theme.MUTED, "margin_inline_start": theme.SPACE_2},
            ),
            style={**theme.ONE_LINE, theme.UNDER_NARROW: {"grid_area": "event"}},
        ),
        rx.el.span(
            row_link(event.lead, event.href),
            style={**theme.ONE_LINE, theme.UNDER_NARROW: {"grid_area": "lead"}},
        ),
        rx.el.span(
            moment(event.occurred),
            style={
                "color": theme.MUTED,
                "text_align": "right",
                theme.UNDER_NARROW: {"grid_area": "when"},
            },
        ),
        key=event.id,
        custom_attrs={"data-changed": rx.cond(event.fresh, "odd", "")},
        style=_FEED_LINE,
    )


def _feed() -> rx.Component:
    return section(
        "Live events",
        rx.cond(
            OverviewState.feed.length() > 0,
            rx.el.ol(
                rx.foreach(OverviewState.feed, _feed_row),
                aria_label="Newest events first",
                tab_index=0,
                style={
                    **_LIST,
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


def _top_row(lead: rx.Var[TopRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            row_link(lead.name, lead.href),
            style={"flex": "1", "min_width": "0", **theme.ONE_LINE},
        ),
        score(lead.score, lead.score_percent, lead.stage),
        rx.el.span(stage_badge(lead.stage), style={"width": theme.BADGE_WIDTH}),
        key=lead.id,
        style=_LINE,
    )


def _top() -> rx.Component:
    return section(
        "Highest scores",
        rx.cond(
            OverviewState.top.length() > 0,
            rx.el.ol(rx.foreach(OverviewState.top, _top_row), style=_LIST),
            empty_state(
                rx.icon("trophy", size=theme.ICON_LARGE),
                "No leads yet",
                "Leads with the most points appear here.",
                level=rx.el.h3,
            ),
        ),
        note=text_link("All leads", "/leads"),
    )


def _skeleton() -> rx.Component:
    return rx.fragment(
        stat_row(
            *(
                card(
                    rx.el.div(
                        bone("50%", theme.SPACE_3),
                        bone("40%", theme.SPACE_8),
                        bone("100%", theme.SPACE_1),
                        bone("60%", theme.SPACE_3),
                        style={
                            "display": "flex",
                            "flex_direction": "column",
                            "gap": theme.SPACE_2,
                        },
                    ),
                    padded=True,
                )
                for _ in range(5)
            )
        ),
        columns(card(skeleton_rows(10)), card(skeleton_rows(6))),
    )


def overview_page() -> rx.Component:
    """Return the page."""
    return shell(
        "Overview",
        content(
            OverviewState.status,
            OverviewState.follow,
            loading=_skeleton(),
            ready=rx.fragment(_stats(), columns(_feed(), _top())),
        ),
        current="/overview",
        live=live_indicator(OverviewState.stale),
    )
