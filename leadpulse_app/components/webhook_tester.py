"""Sends an event that a person edits, as a site would, and shows what was answered."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import primary_button, text_link
from leadpulse_app.components.card import body, section
from leadpulse_app.state.integrations import IntegrationsState

_BESIDE: theme.Style = {
    "position": "sticky",
    "top": f"calc({theme.TOP_BAR_HEIGHT} + {theme.SPACE_6})",
    theme.UNDER_MEDIUM: {"position": "static"},
}


def _outcome() -> rx.Component:
    return rx.cond(
        IntegrationsState.found.href != "",
        rx.el.p(
            rx.cond(
                IntegrationsState.found.delta != "",
                "Scored " + IntegrationsState.found.delta + ". ",
                "Received, being scored. ",
            ),
            text_link("Open the lead", IntegrationsState.found.href),
        ),
    )


def _answer() -> rx.Component:
    accepted = IntegrationsState.answer.status == 202
    return rx.cond(
        IntegrationsState.answer.status > 0,
        rx.fragment(
            rx.el.p(
                rx.cond(
                    accepted,
                    rx.icon("check", size=theme.ICON, aria_hidden=True),
                    rx.icon("x", size=theme.ICON, aria_hidden=True),
                ),
                rx.el.strong(
                    IntegrationsState.answer.status,
                    rx.cond(accepted, " Accepted", " Refused"),
                    style={"font_weight": theme.SEMIBOLD},
                ),
                rx.el.span(
                    IntegrationsState.answer.milliseconds,
                    " ms",
                    style={
                        "color": theme.MUTED,
                        "font_variant_numeric": theme.TABULAR,
                    },
                ),
                style={
                    "display": "flex",
                    "align_items": "center",
                    "gap": theme.SPACE_2,
                    "color": rx.cond(accepted, theme.GOOD, theme.BAD),
                },
            ),
            rx.el.pre(
                IntegrationsState.answer.body,
                style={
                    **theme.CODE_TEXT,
                    "white_space": "pre-wrap",
                    "overflow_wrap": "anywhere",
                },
            ),
            _outcome(),
        ),
        rx.cond(
            IntegrationsState.answer.failed,
            rx.el.p(
                "No answer came back. Check that LeadPulse runs, then send it again.",
                style={"color": theme.BAD},
            ),
            rx.el.p(
                "The answer shows here, with the time it took.",
                style={"color": theme.MUTED},
            ),
        ),
    )


def webhook_tester() -> rx.Component:
    """Return the event to be sent, its button, and what was answered."""
    return section(
        "Webhook tester",
        body(
            rx.el.label(
                "Event", html_for="test-event", style={"font_weight": theme.MEDIUM}
            ),
            rx.el.textarea(
                id="test-event",
                key=IntegrationsState.key,  # another key is another event
                default_value=IntegrationsState.test_event,
                rows=9,
                wrap="off",
                spell_check=False,
                style={
                    "padding": theme.SPACE_3,
                    "background": theme.CANVAS,
                    "border": f"{theme.HAIR} solid {theme.LINE}",
                    "border_radius": theme.RADIUS,
                    "color": theme.INK,
                    "resize": "vertical",
                    **theme.CODE_TEXT,
                },
            ),
            rx.el.div(
                primary_button(
                    "Send test event",
                    loading=IntegrationsState.sending,
                    on_click=[
                        IntegrationsState.begin,
                        rx.call_function(
                            rx.Var("() => window.leadpulseTester.send()"),
                            callback=IntegrationsState.receive,
                        ),
                    ],
                )
            ),
        ),
        rx.el.div(
            rx.el.h3("Answer", style={**theme.BODY_TEXT, "font_weight": theme.MEDIUM}),
            _answer(),
            aria_live="polite",
            style={
                "display": "flex",
                "flex_direction": "column",
                "gap": theme.SPACE_2,
                "padding": theme.SPACE_4,
                "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
            },
        ),
        style=_BESIDE,
    )
