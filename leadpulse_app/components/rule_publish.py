"""Asks on what terms rules come into force, and tells how far they were applied."""

import reflex as rx
from reflex.event import EventType

from leadpulse_app.components import theme
from leadpulse_app.components.button import primary_button, quiet_button
from leadpulse_app.components.field import Choice, choice_cards
from leadpulse_app.components.score import bar
from leadpulse_app.state.rescoring import RescoreState
from leadpulse_app.state.rule_publish import PublishState, Reach
from leadpulse_app.state.rule_test_rows import TestRow

_REACHES = (
    Choice(
        Reach.NEW.value,
        "From now on",
        "Scores that leads have stay as they are.",
    ),
    Choice(
        Reach.PAST.value,
        "Also for the past",
        "Every lead is scored again by these rules. What changes is added to its "
        "history.",
    ),
)

_STACKED: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_3,
    "min_width": "0",
}


def _failing(test: rx.Var[TestRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(test.name, style={"font_weight": theme.MEDIUM}),
        ": " + test.told,
        key=test.id,
    )


def _override() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            rx.icon("triangle-alert", size=theme.ICON_SMALL, aria_hidden=True),
            rx.cond(
                PublishState.failing.length() == 1,
                "A test of these rules fails",
                PublishState.failing.length().to_string()
                + " tests of these rules fail",
            ),
            style={
                "display": "flex",
                "align_items": "center",
                "gap": theme.SPACE_2,
                "color": theme.CAUTION,
                "font_weight": theme.MEDIUM,
            },
        ),
        rx.el.ul(
            rx.foreach(PublishState.failing, _failing),
            aria_label="Tests that fail",
            style={
                "display": "flex",
                "flex_direction": "column",
                "gap": theme.SPACE_1,
                "margin": "0",
                "padding": f"0 0 0 {theme.SPACE_4}",
                "list_style": "disc",
                "max_height": theme.CODE_HEIGHT,
                "overflow_y": "auto",
                "overflow_wrap": "anywhere",
                **theme.TABLE_TEXT,
            },
        ),
        rx.el.label(
            rx.checkbox(
                checked=PublishState.overrides,
                on_change=PublishState.choose_override,
            ),
            rx.cond(
                PublishState.failing.length() == 1,
                "Publish although this test fails",
                "Publish although these tests fail",
            ),
            style={
                "display": "flex",
                "align_items": "center",
                "gap": theme.SPACE_2,
                "cursor": "pointer",
            },
        ),
        role="status",
        style={
            **_STACKED,
            "gap": theme.SPACE_2,
            "padding": theme.SPACE_3,
            "border": f"{theme.HAIR} solid {theme.CAUTION_LINE}",
            "border_radius": theme.RADIUS,
            "background": theme.CAUTION_TINT,
        },
    )


def publish_dialog(
    trigger: rx.Component,
    subject: str | rx.Var[str],
    heading: str | rx.Var[str],
    text: str,
    action: str,
    on_confirm: EventType[()],
    *,
    details: rx.Component | None = None,
) -> rx.Component:
    """Return a button that asks on what terms rules come into force, before they do.

    Args:
        trigger: What opens the question.
        subject: What comes into force: `DRAFT` or the number of a version.
        heading: The question.
        text: What will be so afterwards.
        action: The verb of the answer that goes ahead.
        on_confirm: What then happens; it closes the question.
        details: More to know before answering.
    """
    return rx.alert_dialog.root(
        rx.alert_dialog.trigger(trigger),
        rx.alert_dialog.content(
            rx.alert_dialog.title(heading, style=theme.SECTION_TEXT),
            rx.alert_dialog.description(text, style=theme.BODY_TEXT),
            rx.el.div(
                details or rx.fragment(),
                choice_cards(
                    "What they hold for",
                    _REACHES,
                    name="reach",
                    chosen=PublishState.reach,
                    on_choose=PublishState.choose_reach,
                ),
                rx.cond(PublishState.failing.length() > 0, _override()),
                style={
                    **_STACKED,
                    **theme.BODY_TEXT,
                    "margin_top": theme.SPACE_3,
                },
            ),
            rx.el.div(
                rx.alert_dialog.cancel(quiet_button("Cancel")),
                # Not the dialog's own action: that would close it before the server
                # said whether the tests pass.
                primary_button(
                    action,
                    on_click=on_confirm,
                    disabled=(PublishState.failing.length() > 0)
                    & ~PublishState.overrides,
                ),
                style={**theme.ACTIONS, "margin_top": theme.SPACE_4},
            ),
            style={"max_width": theme.ACCOUNT_WIDTH},
        ),
        open=PublishState.asked == subject,
        on_open_change=lambda is_open: PublishState.toggle(subject, is_open),
    )


def rescore_progress() -> rx.Component:
    """Return how far a version has been applied to the past; nothing while none is."""
    return rx.el.div(
        rx.el.p(
            RescoreState.text,
            role="status",
            style={
                "color": rx.cond(RescoreState.has_failed, theme.CAUTION, theme.MUTED),
                "font_variant_numeric": theme.TABULAR,
                "_empty": theme.GONE,
            },
        ),
        rx.cond(
            RescoreState.is_running,
            rx.el.div(
                bar(RescoreState.percent, theme.ACCENT),
                role="progressbar",
                aria_label="How far the rules have been applied to the past",
                aria_valuenow=RescoreState.percent,
                aria_valuemin=0,
                aria_valuemax=100,
            ),
        ),
        style={
            "display": "flex",
            "flex_direction": "column",
            "gap": theme.SPACE_2,
            "max_width": theme.READING_WIDTH,
            "&:not(:has(:not(:empty)))": theme.GONE,
        },
    )
