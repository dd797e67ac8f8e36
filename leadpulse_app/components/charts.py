"""The charts of the overview. Recharts is large: only its page may import this."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.stage import COLOURS, WORDS
from leadpulse_app.domain.stage import Stage
from leadpulse_app.state.overview_figures import ChartRow

_GRID = {"stroke": theme.HAIRLINE, "vertical": False}

_TICK: dict[str, Any] = {
    "fill": theme.MUTED,
    "fontSize": theme.CAPTION_TEXT["font_size"],
}

_SHORT_NUMBER: rx.Var = rx.Var(
    '((value) => value.toLocaleString("en", {notation: "compact"}))'
)
_NUMBER: rx.Var = rx.Var('((value) => value.toLocaleString("en"))')


def _x_axis(**props: Any) -> rx.Component:
    return rx.recharts.x_axis(
        data_key="label",
        tick_line=False,
        axis_line=False,
        stroke=theme.LINE,
        custom_attrs={"tick": _TICK},
        **props,
    )


def _y_axis() -> rx.Component:
    return rx.recharts.y_axis(
        allow_decimals=False,
        tick_line=False,
        axis_line=False,
        width=theme.AXIS_WIDTH,
        custom_attrs={"tick": _TICK, "tickFormatter": _SHORT_NUMBER},
    )


def _tooltip(label: str) -> rx.Component:
    return rx.recharts.graphing_tooltip(
        separator=" ",
        cursor={"fill": theme.HOVER},
        is_animation_active=False,
        content_style={
            "background": theme.SURFACE,
            "border": f"{theme.HAIR} solid {theme.LINE}",
            "borderRadius": theme.RADIUS,
            "fontSize": theme.TABLE_TEXT["font_size"],
            "lineHeight": theme.TABLE_TEXT["line_height"],
            "padding": f"{theme.SPACE_2} {theme.SPACE_3}",
            "fontVariantNumeric": theme.TABULAR,
        },
        label_style={"fontWeight": theme.MEDIUM, "color": theme.INK},
        item_style={"color": theme.INK, "padding": "0"},
        custom_attrs={
            "formatter": _NUMBER,
            "labelFormatter": rx.Var(f"((label) => `{label.format('${label}')}`)"),
        },
    )


def _bar(key: str, name: rx.Var[str] | str, colour: str) -> rx.Component:
    return rx.recharts.bar(
        data_key=key,
        name=name,
        fill=colour,
        stroke="none",
        stack_id="all",
        is_animation_active=False,
    )


def _chart(data: rx.Var[list[ChartRow]], *parts: rx.Component) -> rx.Component:
    return rx.recharts.bar_chart(
        rx.recharts.cartesian_grid(**_GRID),
        *parts,
        data=data,
        width="100%",
        height=theme.CHART_HEIGHT,
        bar_category_gap="14%",
        margin={"top": 8, "right": 8, "bottom": 0, "left": 0},
    )


def _figure(
    chart: rx.Component, legend: rx.Component, summary: rx.Var[str]
) -> rx.Component:
    return rx.el.figure(
        chart,
        legend,
        rx.el.figcaption(summary, style=theme.HIDDEN),
        style={
            "position": "relative",
            "display": "flex",
            "flex_direction": "column",
            "gap": theme.SPACE_3,
            "min_width": "0",
            "margin": "0",
            "padding": theme.SPACE_4,
        },
    )


def _legend(*entries: rx.Component) -> rx.Component:
    return rx.el.ul(
        *entries,
        style={
            "display": "flex",
            "flex_wrap": "wrap",
            "gap": f"{theme.SPACE_1} {theme.SPACE_4}",
            "list_style": "none",
            "margin": "0",
            "padding": "0",
            **theme.CAPTION_TEXT,
        },
    )


def legend_entry(
    colour: rx.Var[str] | str, name: rx.Var[str] | str, total: rx.Var[str] | str = ""
) -> rx.Component:
    """Return an entry of a legend: a swatch, its word, and what it adds up to."""
    return rx.el.li(
        rx.el.span(
            aria_hidden=True,
            style={
                "width": theme.SWATCH,
                "height": theme.SWATCH,
                "border_radius": theme.SPACE_HALF,
                "background": colour,
                "flex_shrink": "0",
            },
        ),
        rx.el.span(name, style={"color": theme.INK, "overflow_wrap": "anywhere"}),
        rx.el.span(total, style={"font_variant_numeric": theme.TABULAR}),
        style={"display": "flex", "align_items": "center", "gap": theme.SPACE_1},
    )


def score_histogram(
    data: rx.Var[list[ChartRow]], thresholds: rx.Var[str], summary: rx.Var[str]
) -> rx.Component:
    """Return how many leads have which score, in the colours of their stages.

    Args:
        data: A row for each bin: its label, and the leads of each stage.
        thresholds: Where stages begin, in words.
        summary: What the chart says, in words.
    """
    return _figure(
        _chart(
            data,
            _x_axis(min_tick_gap=12),
            _y_axis(),
            _tooltip("{} points"),
            *(
                _bar(stage.value, WORDS[stage], theme.scale(COLOURS[stage], "9"))
                for stage in Stage
            ),
        ),
        _legend(
            *(
                legend_entry(theme.scale(COLOURS[stage], "9"), WORDS[stage])
                for stage in Stage
            ),
            rx.el.li(thresholds),
        ),
        summary,
    )


def events_over_time(
    data: rx.Var[list[ChartRow]],
    names: Sequence[rx.Var[str]],
    legend: rx.Component,
    summary: rx.Var[str],
    *,
    is_long: rx.Var[bool],
) -> rx.Component:
    """Return how many events there were along a period, by type.

    Args:
        data: A row for each hour or day: its label, and `s0` to `s5`.
        names: What these six are called.
        legend: The entries of the legend.
        summary: What the chart says, in words.
        is_long: Whether there are so many rows that one wants to look at some.
    """
    brush = rx.recharts.brush(
        data_key="label",
        height=theme.BRUSH_HEIGHT,
        stroke=theme.FAINT,
        fill=theme.CANVAS,
        traveller_width=8,
    )
    return _figure(
        _chart(
            data,
            _x_axis(min_tick_gap=24),
            _y_axis(),
            _tooltip("{}"),
            *(
                _bar(f"s{number}", names[number], colour)
                for number, colour in enumerate(theme.SERIES)
            ),
            rx.cond(is_long, brush, rx.fragment()),
        ),
        _legend(legend),
        summary,
    )
