"""The integrations: what to paste where, and a first event to try it with."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import primary_button, text_link
from leadpulse_app.components.card import body, card, section
from leadpulse_app.components.code_block import code_block
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.layout import columns
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import skeleton_rows
from leadpulse_app.state.integrations import IntegrationsState

_COLUMN: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_4,
    "min_width": "0",
}

_BESIDE: theme.Style = {
    "position": "sticky",
    "top": f"calc({theme.TOP_BAR_HEIGHT} + {theme.SPACE_6})",
    theme.UNDER_MEDIUM: {"position": "static"},
}


def _said(text: str) -> rx.Component:
    return rx.el.p(text, style={"color": theme.MUTED})


def _key() -> rx.Component:
    return section(
        "Write key",
        body(
            _said(
                "Names your project. It lets events in and nothing out, so it may "
                "stand in a page's source."
            ),
            code_block(IntegrationsState.key, "write key", "Key"),
        ),
    )


def _snippet() -> rx.Component:
    return section(
        "Browser snippet",
        body(
            _said(
                "Paste it before the closing head tag of every page. Page views "
                "arrive by themselves."
            ),
            code_block(IntegrationsState.snippet, "snippet", "HTML"),
            _said("Then, where something happens:"),
            code_block(
                "ls.track('demo_request', { plan: 'team' });\n"
                "ls.identify({ email: 'ada@example.com', name: 'Ada Lovelace' });",
                "calls",
                "JavaScript",
            ),
        ),
    )


def _curl() -> rx.Component:
    return section(
        "From a backend",
        body(
            _said("Any language that speaks HTTP will do."),
            code_block(IntegrationsState.curl, "command", "Shell"),
        ),
    )


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
            _said("The answer shows here, with the time it took."),
        ),
    )


def _tester() -> rx.Component:
    return section(
        "Webhook tester",
        body(
            rx.el.label(
                "Event", html_for="test-event", style={"font_weight": theme.MEDIUM}
            ),
            rx.el.textarea(
                id="test-event",
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
                **_COLUMN,
                "gap": theme.SPACE_2,
                "padding": theme.SPACE_4,
                "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
            },
        ),
        style=_BESIDE,
    )


def integrations_page() -> rx.Component:
    """Return the page."""
    return shell(
        "Integrations",
        content(
            IntegrationsState.status,
            IntegrationsState.follow,
            loading=columns(card(skeleton_rows(8)), card(skeleton_rows(6))),
            ready=columns(
                rx.el.div(_key(), _snippet(), _curl(), style=_COLUMN), _tester()
            ),
        ),
        current="/integrations",
        live=live_indicator(IntegrationsState.stale),
    )
