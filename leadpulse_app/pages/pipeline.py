"""The pipeline."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.card import card
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.first_run import first_run
from leadpulse_app.components.pipeline import pipeline_column, stage_switch
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import bone
from leadpulse_app.domain.stage import Stage
from leadpulse_app.state.pipeline import PipelineState

_BOARD: theme.Style = {
    "display": "grid",
    "grid_template_columns": "repeat(4, minmax(0, 1fr))",
    "align_items": "start",
    "gap": theme.SPACE_4,
    theme.UNDER_MEDIUM: {"grid_template_columns": "repeat(2, minmax(0, 1fr))"},
    theme.UNDER_NARROW: {"grid_template_columns": "minmax(0, 1fr)"},
}


def _board() -> rx.Component:
    columns = {
        Stage.COLD: PipelineState.cold,
        Stage.WARM: PipelineState.warm,
        Stage.HOT: PipelineState.hot,
        Stage.QUALIFIED: PipelineState.qualified,
    }
    return rx.fragment(
        stage_switch(columns),
        rx.el.div(
            *(pipeline_column(stage, column) for stage, column in columns.items()),
            style=_BOARD,
        ),
    )


def _empty() -> rx.Component:
    return card(
        first_run(
            rx.icon("square-kanban", size=theme.ICON_LARGE),
            "No leads yet",
            "A lead appears here with its first event, in the stage that its score "
            "has reached.",
        )
    )


def _card_bones() -> rx.Component:
    return card(
        rx.el.div(
            bone("60%"),
            bone("100%", theme.SPACE_1),
            bone("45%", theme.SPACE_3),
            style={"display": "flex", "flex_direction": "column", "gap": theme.SPACE_3},
        ),
        padded=True,
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.span("Loading", style=theme.HIDDEN),
        *(
            rx.el.div(
                bone("40%", theme.SPACE_5),
                *(_card_bones() for _ in range(cards)),
                style={
                    "display": "flex",
                    "flex_direction": "column",
                    "gap": theme.SPACE_2,
                },
            )
            for cards in (4, 3, 3, 2)
        ),
        role="status",
        style=_BOARD,
    )


def pipeline_page() -> rx.Component:
    """Return the page."""
    return shell(
        "Pipeline",
        content(
            PipelineState.status,
            PipelineState.follow,
            loading=_skeleton(),
            ready=rx.cond(PipelineState.is_empty, _empty(), _board()),
        ),
        current="/pipeline",
        live=live_indicator(PipelineState.stale),
    )
