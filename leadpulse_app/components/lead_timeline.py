"""What a lead did, session by session."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import quiet_button, text_link
from leadpulse_app.components.card import section
from leadpulse_app.components.moment import moment
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.score import delta
from leadpulse_app.state.lead import LeadState
from leadpulse_app.state.lead_timeline import SessionRow, StepRow


def timeline() -> rx.Component:
    """Return the newest sessions, each with its events."""
    return section(
        "Timeline",
        rx.cond(
            LeadState.sessions.length() > 0,
            session_list(LeadState.sessions),
            empty_state(
                rx.icon("history", size=theme.ICON_LARGE),
                "Nothing happened yet",
                "What this lead does shows here, visit by visit.",
                level=rx.el.h3,
            ),
        ),
        rx.cond(
            LeadState.has_earlier,
            rx.el.div(
                quiet_button("Show earlier", on_click=LeadState.show_earlier),
                style={
                    "display": "flex",
                    "justify_content": "center",
                    "padding": theme.SPACE_3,
                    "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
                },
            ),
        ),
        note=rx.el.span(
            text_link("All events", "/events?lead=" + LeadState.lead_id),
            style=theme.TABLE_TEXT,
        ),
    )


def session_list(sessions: rx.Var[list[SessionRow]]) -> rx.Component:
    """Return sessions, newest first, each with its events."""
    return rx.el.ol(
        rx.foreach(sessions, _session),
        aria_label="Sessions, newest first",
        style={"list_style": "none", "margin": "0", "padding": "0"},
    )


def _session(row: rx.Var[SessionRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.h3(
                moment(row.when),
                style={**theme.TABLE_TEXT, "font_weight": theme.SEMIBOLD},
            ),
            rx.el.span(
                row.facts,
                style={**theme.CAPTION_TEXT, "overflow_wrap": "anywhere", "flex": "1"},
            ),
            delta(row.points),
            style={
                "display": "flex",
                "align_items": "baseline",
                "gap": theme.SPACE_3,
                **theme.TABLE_TEXT,
            },
        ),
        rx.el.ol(
            rx.foreach(row.steps, _step),
            style={
                "list_style": "none",
                "margin": f"{theme.SPACE_2} 0 0",
                "padding": "0",
            },
        ),
        rx.el.p(row.left_out, style={**theme.CAPTION_TEXT, "_empty": theme.GONE}),
        key=row.id,
        style={
            "padding": f"{theme.SPACE_3} {theme.SPACE_4}",
            "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
            "_last_child": {"border_bottom": "0"},
        },
    )


def _step(row: rx.Var[StepRow]) -> rx.Component:
    return rx.el.li(
        rx.cond(
            row.properties != "",
            rx.el.details(
                rx.el.summary(_line(row), style=_SUMMARY),
                rx.el.pre(row.properties, tab_index=0, style=_JSON),
            ),
            rx.el.div(_line(row), style=_SUMMARY),
        ),
        key=row.id,
    )


_SUMMARY: theme.Style = {
    "display": "block",
    "list_style": "none",
    "padding": f"{theme.SPACE_1} {theme.SPACE_2}",
    "margin": f"0 -{theme.SPACE_2}",
    "border_radius": theme.RADIUS_SMALL,
    "&::-webkit-details-marker": theme.GONE,
    "details > &": {"cursor": "pointer"},
    "details > &:hover": {"background": theme.HOVER},
}

_JSON: theme.Style = {
    **theme.CODE_TEXT,
    "margin": f"{theme.SPACE_1} 0 {theme.SPACE_2}",
    "margin_inline_start": theme.STEP_TIME_WIDTH,
    "padding": theme.SPACE_3,
    "max_height": theme.JSON_HEIGHT,
    "overflow": "auto",
    "border_radius": theme.RADIUS,
    "background": theme.CANVAS,
}


def _line(row: rx.Var[StepRow]) -> rx.Component:
    return rx.el.span(
        rx.el.time(row.time, title=row.exact, style={"color": theme.MUTED}),
        rx.el.span(
            rx.el.span(row.name, style={"font_weight": theme.MEDIUM}),
            " ",
            rx.el.span(row.page, style={"color": theme.MUTED}),
            rx.cond(
                row.note != "",
                rx.el.span(" · ", row.note, style={"color": theme.MUTED}),
            ),
            style={"min_width": "0", "overflow_wrap": "anywhere"},
        ),
        rx.el.span(row.course, style={"color": theme.MUTED, "white_space": "nowrap"}),
        rx.el.span(
            delta(row.points),
            style={"min_width": theme.DELTA_WIDTH, "text_align": "right"},
        ),
        style={
            "display": "grid",
            "grid_template_columns": (
                f"{theme.STEP_TIME_WIDTH} minmax(0, 1fr) auto auto"
            ),
            "align_items": "baseline",
            "gap": theme.SPACE_2,
            **theme.TABLE_TEXT,
        },
    )
