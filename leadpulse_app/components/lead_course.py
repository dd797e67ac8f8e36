"""A lead's score over time, and the moment that the page shows."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import quiet_button, text_link
from leadpulse_app.components.card import section
from leadpulse_app.components.disclosure import disclosure
from leadpulse_app.components.score import delta
from leadpulse_app.components.score_chart import score_chart
from leadpulse_app.state.lead import LeadState
from leadpulse_app.state.lead_course import CourseRow

_LINE: theme.Style = {"display": "flex", "flex_wrap": "wrap", "align_items": "center"}


def course() -> rx.Component:
    """Return the chart, its points as a list, and the field for a moment."""
    return section(
        "Score over time",
        rx.cond(
            LeadState.chart.length() > 0,
            rx.fragment(
                score_chart(
                    rows=LeadState.chart,
                    begin=LeadState.chart_from,
                    end=LeadState.chart_to,
                    top=LeadState.chart_top,
                    bands=[LeadState.chart_bands[number] for number in range(5)],
                    names=[LeadState.chart_names[number] for number in range(4)],
                    scores=LeadState.chart_scores,
                    times=LeadState.chart_times,
                    labels=LeadState.chart_labels,
                    marked=LeadState.as_of_x,
                    summary=LeadState.chart_summary,
                    on_choose=LeadState.show_point,
                ),
                _as_of(),
                disclosure("Points as a list", _points()),
            ),
            rx.el.p(
                "The course begins with the first event that is scored.",
                style={"color": theme.MUTED, "padding": theme.SPACE_4},
            ),
        ),
        note=rx.el.span(
            "Points · times in " + LeadState.zone,
            rx.cond(
                LeadState.chart_note != "",
                rx.el.span(" · ", LeadState.chart_note),
            ),
            style=theme.CAPTION_TEXT,
        ),
    )


def _point(row: rx.Var[CourseRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.name, style={"font_weight": theme.MEDIUM, **theme.ONE_LINE}),
        delta(row.change),
        rx.el.span("to ", row.score),
        text_link(row.when, row.href),
        key=row.id,
        style={
            "display": "grid",
            "grid_template_columns": (
                f"minmax(0, 1fr) {theme.DELTA_WIDTH} {theme.SPACE_16} auto"
            ),
            "gap": theme.SPACE_3,
            "align_items": "center",
            "min_height": theme.SPACE_8,
            "padding": f"0 {theme.SPACE_4}",
            **theme.TABLE_TEXT,
            theme.UNDER_NARROW: {"grid_template_columns": "minmax(0, 1fr) auto auto"},
        },
    )


def _points() -> rx.Component:
    return rx.el.ol(
        rx.foreach(LeadState.course, _point),
        aria_label="Points of the chart, newest first",
        style={
            "list_style": "none",
            "margin": "0",
            "padding": f"0 0 {theme.SPACE_2}",
            "max_height": theme.JSON_HEIGHT,
            "overflow_y": "auto",
        },
    )


def _as_of() -> rx.Component:
    return rx.el.div(
        rx.el.form(
            rx.el.label("As of", html_for="as-of", style={"color": theme.MUTED}),
            rx.el.input(
                type="datetime-local",
                name="at",
                step="1",
                default_value=LeadState.as_of_value,
                key=LeadState.as_of_value,
                title="In the time zone " + LeadState.zone,
                # Reflex makes a ref of a prop `id`, and reads forms by it.
                custom_attrs={
                    "id": "as-of",
                    "aria-invalid": LeadState.as_of_problem.bool(),
                    "aria-describedby": "as-of-problem",
                },
                style={
                    "height": theme.CONTROL_HEIGHT,
                    "min_width": "0",
                    "padding": f"0 {theme.SPACE_2}",
                    "border": f"{theme.HAIR} solid {theme.LINE}",
                    "border_radius": theme.RADIUS,
                    "background": theme.SURFACE,
                    "color": theme.INK,
                    **theme.TABLE_TEXT,
                },
            ),
            quiet_button("Show", type="submit"),
            on_submit=LeadState.show_moment,
            no_validate=True,
            style={
                "display": "flex",
                "align_items": "center",
                "gap": theme.SPACE_2,
                "min_width": "0",
                "white_space": "nowrap",
            },
        ),
        rx.el.p(
            LeadState.as_of_problem,
            id="as-of-problem",
            role="alert",
            style=theme.PROBLEM_TEXT,
        ),
        rx.cond(
            LeadState.as_of != "",
            rx.el.p(
                "Score, stage and why as of ",
                rx.el.span(LeadState.as_of, style={"font_weight": theme.MEDIUM}),
                ". ",
                text_link("Back to now", LeadState.now_href),
                role="status",
            ),
        ),
        style={
            **_LINE,
            "gap": f"{theme.SPACE_2} {theme.SPACE_4}",
            "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
            "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
        },
    )
