"""The overview."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.card import card, section
from leadpulse_app.components.charts import (
    events_over_time,
    legend_entry,
    score_histogram,
)
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.first_run import first_run
from leadpulse_app.components.funnel import funnel
from leadpulse_app.components.health_strip import health_strip
from leadpulse_app.components.link import link
from leadpulse_app.components.live_feed import live_feed
from leadpulse_app.components.movers import movers
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import bone, skeleton_rows
from leadpulse_app.components.stat import stat, stat_row
from leadpulse_app.domain.period import Range
from leadpulse_app.services.overview import SILENT_AFTER
from leadpulse_app.state.overview import OverviewState
from leadpulse_app.state.overview_figures import RANGE_WORDS, SERIES, Series

_SILENT_DAYS = SILENT_AFTER.days

_HALVES: theme.Style = {
    "display": "grid",
    "grid_template_columns": "minmax(0, 1fr) minmax(0, 1fr)",
    "gap": theme.SPACE_4,
    theme.UNDER_MEDIUM: {"grid_template_columns": "minmax(0, 1fr)"},
}

_THIRDS: theme.Style = {
    "display": "grid",
    "grid_template_columns": "repeat(3, minmax(0, 1fr))",
    "gap": theme.SPACE_4,
    theme.UNDER_WIDE: {"grid_template_columns": "minmax(0, 1fr)"},
}

_CHOICE: theme.Style = {
    "display": "inline-flex",
    "align_items": "center",
    "height": theme.SPACE_6,
    "padding": f"0 {theme.SPACE_3}",
    "border_radius": theme.RADIUS_SMALL,
    "color": theme.MUTED,
    **theme.TABLE_TEXT,
    "font_weight": theme.MEDIUM,
    "white_space": "nowrap",
    "transition": f"background {theme.QUICK}",
    "_hover": {"background": theme.HOVER, "color": theme.INK},
    "&[aria-current=true]": {"background": theme.PRESSED, "color": theme.INK},
}


def _choice(wanted: Range) -> rx.Component:
    return link(
        RANGE_WORDS[wanted],
        href=f"/overview?range={wanted.value}",
        underline="none",
        custom_attrs={
            "aria-current": rx.cond(
                OverviewState.range == wanted.value, "true", "false"
            )
        },
        style=_CHOICE,
    )


def _ranges() -> rx.Component:
    return rx.el.div(
        rx.el.nav(
            *map(_choice, Range),
            aria_label="Range",
            style={
                "display": "inline-flex",
                "gap": theme.SPACE_HALF,
                "padding": theme.SPACE_HALF,
                "border": f"{theme.HAIR} solid {theme.LINE}",
                "border_radius": theme.RADIUS,
                "background": theme.SURFACE,
            },
        ),
        rx.el.span(
            OverviewState.versus,
            title="Up to the same time of day, as many days earlier",
            style=theme.CAPTION_TEXT,
        ),
        style={**theme.BESIDE, "justify_content": "space-between"},
    )


def _stats() -> rx.Component:
    return stat_row(
        stat("New leads", OverviewState.new_leads, "People first seen in this period"),
        stat(
            "Qualified",
            OverviewState.qualified,
            "Leads that became qualified in this period, each counted once",
        ),
        stat("Events", OverviewState.events, "What leads did in this period"),
        stat(
            "Median time to qualify",
            OverviewState.median_time,
            "From when a lead was first seen until it was qualified; half took longer",
        ),
    )


def _series_entry(series: rx.Var[Series]) -> rx.Component:
    colour = rx.match(
        series.number,
        *enumerate(theme.SERIES),
        theme.FAINT,
    )
    return legend_entry(colour, series.name, series.total)


def _charts() -> rx.Component:
    is_long = (OverviewState.range == Range.MONTH.value) | (
        OverviewState.range == Range.QUARTER.value
    )
    return rx.fragment(
        rx.el.div(
            section("Stage funnel", funnel(OverviewState.funnel)),
            section(
                "Score distribution",
                score_histogram(
                    OverviewState.histogram,
                    OverviewState.thresholds,
                    OverviewState.histogram_summary,
                ),
            ),
            style=_HALVES,
        ),
        section(
            "Events over time",
            events_over_time(
                OverviewState.bars,
                [OverviewState.series_names[number] for number in range(SERIES)],
                rx.foreach(OverviewState.series, _series_entry),
                OverviewState.bars_summary,
                is_long=is_long,
            ),
        ),
    )


def _icon(icon: rx.Component, colour: str) -> rx.Component:
    return rx.el.span(icon, style={"display": "inline-flex", "color": colour})


def _movers() -> rx.Component:
    return rx.el.div(
        movers(
            "Heating up",
            _icon(rx.icon("trending-up", size=theme.ICON), theme.GOOD),
            OverviewState.heating,
            explanation="Most points by events of the last 24 hours, "
            "among the newest 20,000",
            nothing="Nobody gained points in the last 24 hours.",
        ),
        movers(
            "Newly qualified",
            _icon(rx.icon("badge-check", size=theme.ICON), theme.GOOD),
            OverviewState.newly_qualified,
            explanation="The latest leads to become qualified that still are",
            nothing="Nobody is qualified yet.",
        ),
        movers(
            "Going cold",
            _icon(rx.icon("snowflake", size=theme.ICON), theme.MUTED),
            OverviewState.cooling,
            explanation=f"Fell into a lower stage within {_SILENT_DAYS} days, or hot "
            f"or qualified and silent for more than {_SILENT_DAYS}",
            nothing="Nobody goes cold.",
        ),
        style=_THIRDS,
    )


def _first_steps() -> rx.Component:
    return card(
        first_run(
            rx.icon("radio", size=theme.ICON_LARGE),
            "Waiting for the first event",
            "Paste the snippet into your site, or upload a file of past events. "
            "What arrives shows here at once.",
        )
    )


def _ready() -> rx.Component:
    return rx.cond(
        OverviewState.is_new,
        rx.fragment(_first_steps(), health_strip(OverviewState.health)),
        rx.fragment(
            _ranges(),
            _stats(),
            _charts(),
            _movers(),
            live_feed(),
            health_strip(OverviewState.health),
        ),
    )


def _stat_bones() -> rx.Component:
    return card(
        rx.el.div(
            bone("50%", theme.SPACE_3),
            bone("40%", theme.SPACE_8),
            bone("100%", theme.SPACE_8),
            style={
                "display": "flex",
                "flex_direction": "column",
                "gap": theme.SPACE_2,
            },
        ),
        padded=True,
    )


def _skeleton() -> rx.Component:
    return rx.fragment(
        bone(theme.COLUMN_WIDTH, theme.SPACE_8),
        stat_row(*(_stat_bones() for _ in range(4))),
        rx.el.div(
            card(skeleton_rows(5)),
            card(skeleton_rows(5)),
            style=_HALVES,
        ),
        card(skeleton_rows(5)),
    )


def overview_page() -> rx.Component:
    """Return the page."""
    return shell(
        "Overview",
        content(
            OverviewState.status,
            OverviewState.follow,
            loading=_skeleton(),
            ready=_ready(),
        ),
        current="/overview",
        live=live_indicator(OverviewState.stale),
    )
