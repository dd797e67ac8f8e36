"""A score over time: a step line before the bands of the stages, a dot an event.

The chart library is large. What is used of it here is loaded when the chart is first
shown, after the page, and by no page that has no chart.
"""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

import reflex as rx
from reflex_base.components.component import NoSSRComponent
from reflex_base.vars.function import FunctionStringVar, FunctionVar
from reflex_components_recharts.cartesian import (
    Line,
    ReferenceArea,
    ReferenceLine,
    XAxis,
    YAxis,
)
from reflex_components_recharts.charts import ChartBase, LineChart
from reflex_components_recharts.general import (
    GraphingTooltip,
    Label,
    ResponsiveContainer,
)

from leadpulse_app.components import theme
from leadpulse_app.components.stage import COLOURS
from leadpulse_app.domain.stage import Stage


def _chosen(clicked: rx.vars.ObjectVar[dict[str, Any]]) -> list[rx.Var]:
    return [clicked["activeLabel"]]


class _Container(NoSSRComponent, ResponsiveContainer):
    """Fits the chart into its place."""

    _valid_children: ClassVar[list[str]] = []


class _Chart(LineChart):
    """The chart; a click tells where on the axis of time the nearest point is."""

    _valid_children: ClassVar[list[str]] = []
    # How Reflex takes what an event hands on; no type in mypy's sense.
    on_click: rx.EventHandler[_chosen]  # type: ignore[type-arg, valid-type]

    @classmethod
    def create(cls, *children: rx.Component, **props: Any) -> rx.Component:
        """Return the chart without the container that loads with the page."""
        return super(ChartBase, cls).create(*children, **props)


class _Line(NoSSRComponent, Line):
    """A line."""


class _Area(NoSSRComponent, ReferenceArea):
    """The band of a stage."""

    _valid_children: ClassVar[list[str]] = []


class _Mark(NoSSRComponent, ReferenceLine):
    """The moment that is shown."""


class _TimeAxis(NoSSRComponent, XAxis):
    """The axis of time."""


class _ScoreAxis(NoSSRComponent, YAxis):
    """The axis of the score."""


class _Tip(NoSSRComponent, GraphingTooltip):
    """What a point says on hover."""


class _Name(NoSSRComponent, Label):
    """The name of a band."""


_TIP = {
    "display": "grid",
    "gap": theme.SPACE_HALF,
    "padding": f"{theme.SPACE_2} {theme.SPACE_3}",
    "border": f"{theme.HAIR} solid {theme.LINE}",
    "borderRadius": theme.RADIUS,
    "background": theme.SURFACE,
    "color": theme.INK,
    "fontSize": theme.TABLE_TEXT["font_size"],
    "lineHeight": theme.TABLE_TEXT["line_height"],
    "fontVariantNumeric": theme.TABULAR,
}

_SAY = f"""({{active, payload}}) => {{
    const point = active && payload && payload.length ? payload[0].payload : null;
    return point === null ? null : jsx("div", {{style: {json.dumps(_TIP)}}},
        jsx("strong", {{style: {{fontWeight: {theme.MEDIUM}}}}}, point.what),
        jsx("span", {{}}, point.change),
        jsx("span", {{style: {{color: {json.dumps(theme.MUTED)}}}}}, point.when));
}}"""

_TICK = {"fontSize": 12, "fill": theme.MUTED}


def _band(
    stage: Stage, begin: rx.Var[int], end: rx.Var[int], name: rx.Var[str]
) -> rx.Component:
    colour = COLOURS[stage]
    return rx.cond(
        end > begin,
        _Area.create(
            _Name.create(
                value=name,
                position="insideTopLeft",
                custom_attrs={
                    "fontSize": 11,
                    "fill": theme.scale(colour, "11"),
                    "dy": -2,
                },
            ),
            y1=begin,
            y2=end,
            fill=theme.scale(colour, "a3"),
            fill_opacity=0.6,
            if_overflow="hidden",
        ),
    )


def score_chart(
    *,
    rows: rx.Var[list[dict[str, str | int | None]]],
    begin: rx.Var[int],
    end: rx.Var[int],
    top: rx.Var[int],
    bands: Sequence[rx.Var[int]],
    names: Sequence[rx.Var[str]],
    scores: rx.Var[list[int]],
    times: rx.Var[list[int]],
    labels: rx.Var[dict[str, str]],
    marked: rx.Var[int],
    summary: rx.Var[str],
    on_choose: rx.EventHandler,
) -> rx.Component:
    """Return the chart.

    Args:
        rows: The points, in order: x (ms), score, dot where one is drawn, and what it
            says of itself: what, change, when.
        begin: The beginning of the axis of time, in ms.
        end: Its end.
        top: The end of the axis of the score, in points.
        bands: Where the four stages begin, and the last ends.
        names: What the stages are called; empty where a band is too thin to say it.
        scores: What stands beside the axis of the score.
        times: What stands below the axis of time, in ms.
        labels: How these read.
        marked: The moment that is shown, in ms; 0 for none.
        summary: What the chart shows, for who does not see it.
        on_choose: Takes the x of the point that was clicked.
    """
    label_of: FunctionVar = FunctionStringVar.create(f"(x) => ({labels})[x] ?? ''")
    line = {"is_animation_active": False, "type_": "stepAfter"}
    chart = _Chart.create(
        *(
            _band(stage, bands[number], bands[number + 1], names[number])
            for number, stage in enumerate(Stage)
        ),
        _TimeAxis.create(
            data_key="x",
            type_="number",
            domain=rx.Var.create([begin, end]),
            ticks=times,
            tick_formatter=label_of,
            tick=_TICK,
            tick_line=False,
            axis_line=False,
            height=24,
            custom_attrs={"scale": "linear"},
        ),
        _ScoreAxis.create(
            type_="number",
            domain=rx.Var.create([0, top]),
            ticks=scores,
            tick=_TICK,
            tick_line=False,
            axis_line=False,
            width=44,
            interval=0,
        ),
        rx.cond(
            marked > 0,
            _Mark.create(
                x=marked,
                stroke=theme.ACCENT,
                stroke_dasharray="4 3",
                if_overflow="hidden",
            ),
        ),
        _Tip.create(
            cursor={"stroke": theme.LINE, "strokeWidth": 1},
            is_animation_active=False,
            custom_attrs={"content": rx.Var(_SAY)},
        ),
        _Line.create(
            data_key="score",
            stroke=theme.ACCENT,
            stroke_width=2,
            dot=False,
            active_dot=False,
            **line,
        ),
        _Line.create(
            data_key="dot",
            stroke="none",
            dot={"r": 3, "fill": theme.SURFACE, "stroke": theme.ACCENT},
            active_dot={"r": 5, "fill": theme.ACCENT, "stroke": theme.SURFACE},
            **line,
        ),
        data=rows.to(list[dict[str, Any]]),
        margin={"top": 8, "right": 16, "left": 0, "bottom": 0},
        on_click=on_choose,
        custom_attrs={"accessibilityLayer": False},
        style={"cursor": "pointer"},
    )
    return rx.el.div(
        rx.el.div(
            _Container.create(chart, width="100%", height="100%"),
            aria_hidden=True,
            style={"width": "100%", "height": "100%"},
        ),
        role="img",
        aria_label=summary,
        style={
            "height": theme.COURSE_HEIGHT,
            "padding": f"{theme.SPACE_3} 0 {theme.SPACE_1}",
            # Hidden from assistive tools and the keyboard, as the list says the same.
            "& :focus": {"outline": "none"},
        },
    )
