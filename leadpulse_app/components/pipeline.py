"""A column of the pipeline: its head, its cards, and the way to more of them."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import quiet_button, text_link
from leadpulse_app.components.moment import moment
from leadpulse_app.components.score import bar
from leadpulse_app.components.stage import COLOURS, WORDS, stage_icon
from leadpulse_app.components.table import row_link
from leadpulse_app.domain.stage import Stage
from leadpulse_app.state.pipeline import CardView, ColumnView, PipelineState

_COLUMN: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_2,
    "min_width": "0",
}

_CARD: theme.Style = {
    "position": "relative",
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_2,
    "padding": theme.SPACE_3,
    "background": theme.SURFACE,
    "border": f"{theme.HAIR} solid {theme.LINE}",
    "border_radius": theme.RADIUS,
    **theme.TABLE_TEXT,
    "transition": f"border-color {theme.QUICK}",
    "_hover": {"border_color": theme.FAINT},
}

_BETWEEN: theme.Style = {
    "display": "flex",
    "align_items": "center",
    "justify_content": "space-between",
    "gap": theme.SPACE_2,
    "min_width": "0",
}


def _owner(card: rx.Var[CardView]) -> rx.Component:
    return rx.cond(
        card.owner != "",
        rx.el.span(
            rx.el.span(card.owner_initials, aria_hidden=True),
            rx.el.span(f"Owner: {card.owner}", style=theme.HIDDEN),
            title=card.owner,
            style={
                "display": "grid",
                "place_items": "center",
                "width": theme.SPACE_6,
                "height": theme.SPACE_6,
                "border_radius": theme.ROUND,
                "background": theme.ACCENT_TINT,
                "color": theme.ACCENT_INK,
                **theme.BADGE_TEXT,
                "flex_shrink": "0",
            },
        ),
        rx.fragment(),
    )


def _card(card: rx.Var[CardView], stage: Stage) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row_link(card.name, card.href), style=theme.ONE_LINE),
            _owner(card),
            style={**_BETWEEN, "min_height": theme.SPACE_6},
        ),
        rx.cond(
            card.company != "",
            rx.el.span(card.company, style={**theme.CAPTION_TEXT, **theme.ONE_LINE}),
            rx.fragment(),
        ),
        rx.el.div(
            bar(card.score_percent, theme.scale(COLOURS[stage], "9")),
            rx.el.span(card.score, title="Score", style={"font_weight": theme.MEDIUM}),
            style=_BETWEEN,
        ),
        rx.el.div(
            rx.el.span(card.next_action, style=theme.ONE_LINE),
            rx.el.span(moment(card.seen), title="Last seen"),
            style={**_BETWEEN, **theme.CAPTION_TEXT},
        ),
        key=card.id,
        custom_attrs={"data-changed": card.moved},
        style=_CARD,
    )


def _head(stage: Stage, column: rx.Var[ColumnView]) -> rx.Component:
    return rx.el.div(
        stage_icon(stage),
        rx.el.h2(WORDS[stage], style=theme.SECTION_TEXT),
        rx.el.span(column.count, style={**theme.TABLE_TEXT, "color": theme.MUTED}),
        rx.cond(
            column.held_back != "",
            quiet_button(
                rx.icon("refresh-cw", size=theme.ICON_SMALL, aria_hidden=True),
                column.held_back,
                title="Show the column as it is now",
                on_click=PipelineState.show_changes(stage.value),
                size="1",
            ),
            rx.fragment(),
        ),
        style={
            **theme.BESIDE,
            "min_height": theme.SPACE_8,
            "& > button": {"margin_inline_start": "auto"},
        },
    )


def _nobody() -> rx.Component:
    return rx.el.p(
        "Nobody here at the moment.",
        style={
            **theme.TABLE_TEXT,
            "color": theme.MUTED,
            "padding": theme.SPACE_4,
            "border": f"{theme.HAIR} dashed {theme.LINE}",
            "border_radius": theme.RADIUS,
            "text_align": "center",
        },
    )


def _cards(stage: Stage, column: rx.Var[ColumnView]) -> rx.Component:
    return rx.el.ol(
        rx.foreach(column.cards, lambda card: _card(card, stage)),
        aria_label=f"{WORDS[stage]}, highest score first",
        style={
            "display": "flex",
            "flex_direction": "column",
            "gap": theme.SPACE_2,
            "list_style": "none",
            "margin": "0",
            "padding": "0",
            **theme.tinted("li"),
        },
    )


def pipeline_column(stage: Stage, column: rx.Var[ColumnView]) -> rx.Component:
    """Return the column of a stage, which stands still while it is looked at."""
    return rx.el.section(
        _head(stage, column),
        rx.cond(column.cards.length() > 0, _cards(stage, column), _nobody()),
        rx.cond(
            column.has_more,
            quiet_button(
                "Show more", on_click=PipelineState.show_more(stage.value), size="2"
            ),
            rx.fragment(),
        ),
        rx.cond(
            column.rest != "",
            text_link(column.rest, f"/leads?stage={stage.value}"),
            rx.fragment(),
        ),
        aria_label=WORDS[stage],
        on_mouse_enter=PipelineState.hold(stage.value, "pointer"),
        on_mouse_leave=PipelineState.release(stage.value, "pointer"),
        on_focus=PipelineState.hold(stage.value, "focus"),
        on_blur=PipelineState.release(stage.value, "focus"),
        custom_attrs={
            "data-chosen": rx.cond(PipelineState.chosen == stage.value, "yes", "no")
        },
        style={**_COLUMN, theme.UNDER_NARROW: {"&[data-chosen=no]": theme.GONE}},
    )


def stage_switch(columns: dict[Stage, rx.Var[ColumnView]]) -> rx.Component:
    """Return the switch between the columns where there is room for one."""
    return rx.el.div(
        *(
            rx.el.button(
                stage_icon(stage),
                rx.el.span(WORDS[stage], style=theme.ONE_LINE),
                rx.el.span(column.count, style={"color": theme.MUTED}),
                type="button",
                aria_pressed=rx.cond(
                    PipelineState.chosen == stage.value, "true", "false"
                ),
                on_click=PipelineState.choose(stage.value),
                style={
                    "display": "flex",
                    "flex_direction": "column",
                    "align_items": "center",
                    "gap": theme.SPACE_HALF,
                    "min_width": "0",
                    "padding": theme.SPACE_2,
                    "border_radius": theme.RADIUS_SMALL,
                    "cursor": "pointer",
                    **theme.BADGE_TEXT,
                    "&[aria-pressed=true]": {"background": theme.PRESSED},
                },
            )
            for stage, column in columns.items()
        ),
        role="group",
        aria_label="Stage",
        style={
            "display": "none",
            theme.UNDER_NARROW: {
                "display": "grid",
                "grid_template_columns": "repeat(4, minmax(0, 1fr))",
                "gap": theme.SPACE_HALF,
                "padding": theme.SPACE_HALF,
                "border": f"{theme.HAIR} solid {theme.LINE}",
                "border_radius": theme.RADIUS,
                "background": theme.SURFACE,
            },
        },
    )
