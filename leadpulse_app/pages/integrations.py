"""The integrations: what to paste where, a first event to try it with, what failed."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import (
    primary_button,
    quiet_button,
    text_link,
)
from leadpulse_app.components.card import body, card, section
from leadpulse_app.components.code_block import code_block
from leadpulse_app.components.confirmation import confirmed
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.layout import columns
from leadpulse_app.components.moment import moment
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import skeleton_rows
from leadpulse_app.state.integrations import (
    IntegrationsState,
    ReasonRow,
    RefusalRow,
)

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

_REFUSAL: theme.Style = {
    "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
    **theme.TABLE_TEXT,
    "& summary": {
        "display": "grid",
        "grid_template_columns": (
            f"auto {theme.LEAD_WIDTH} minmax(0, 1fr) auto {theme.TIME_WIDTH}"
        ),
        "grid_template_areas": '"mark reason message event when"',
        "align_items": "center",
        "column_gap": theme.SPACE_3,
        "min_height": theme.ROW_HEIGHT,
        "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
        "cursor": "pointer",
        "list_style": "none",
        theme.UNDER_NARROW: {
            "grid_template_columns": "auto minmax(0, 1fr) auto",
            "grid_template_areas": '"mark reason when" "mark message message"',
        },
    },
    "& summary::-webkit-details-marker": theme.GONE,
    "& summary:hover": {"background": theme.HOVER},
    "& summary > svg": {
        "grid_area": "mark",
        "color": theme.MUTED,
        "transition": f"transform {theme.QUICK}",
    },
    "&[open] summary > svg": {"transform": "rotate(90deg)"},
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


def _secret_buttons() -> rx.Component:
    return rx.el.div(
        rx.cond(
            IntegrationsState.requires_signature,
            rx.fragment(
                confirmed(
                    quiet_button("Rotate"),
                    "Make a new secret?",
                    "Webhooks that are signed with the old one are refused from then "
                    "on, within five seconds.",
                    "Rotate",
                    IntegrationsState.make_secret,
                ),
                confirmed(
                    quiet_button("Remove"),
                    "Take webhooks without a signature?",
                    "Anybody who knows the write key can then post, as the systems do "
                    "that you meant it for.",
                    "Remove",
                    IntegrationsState.remove_secret,
                ),
            ),
            quiet_button("Set a secret", on_click=IntegrationsState.make_secret),
        ),
        style={"display": "flex", "gap": theme.SPACE_3},
    )


def _signature() -> rx.Component:
    return rx.fragment(
        rx.cond(
            IntegrationsState.requires_signature,
            _said(
                "Only what is signed with the project's secret is taken: "
                "x-webhook-signature carries the HMAC-SHA256 of the body."
            ),
            _said(
                "Anybody who knows the write key can post. Once you set a secret, only "
                "what is signed with it is taken."
            ),
        ),
        rx.cond(
            IntegrationsState.new_secret != "",
            rx.el.div(
                code_block(IntegrationsState.new_secret, "secret", "Secret"),
                rx.el.p(
                    "Copy it now: it is not shown again.",
                    role="status",
                    style={**theme.CAPTION_TEXT, "color": theme.CAUTION},
                ),
                style={**_COLUMN, "gap": theme.SPACE_2},
            ),
        ),
        rx.cond(
            IntegrationsState.is_admin,
            _secret_buttons(),
            rx.el.p(
                "Only an admin of the project changes the secret.",
                style=theme.CAPTION_TEXT,
            ),
        ),
    )


def _webhooks() -> rx.Component:
    return section(
        "Webhooks in",
        body(
            _said(
                "Other systems post what a lead did, one event each time. lead_email, "
                "or lead_id as they know it, says whose it is."
            ),
            code_block(IntegrationsState.webhook_url, "webhook address", "POST"),
            code_block(IntegrationsState.webhook_example, "webhook command", "Shell"),
            _signature(),
        ),
    )


def _reason(row: rx.Var[ReasonRow]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(row.reason, style={"color": theme.MUTED}),
        rx.el.dd(
            row.events,
            style={
                "margin": "0",
                "font_weight": theme.SEMIBOLD,
                "font_variant_numeric": theme.TABULAR,
            },
        ),
        key=row.code,
        style={"display": "flex", "gap": theme.SPACE_2},
    )


def _refusal(row: rx.Var[RefusalRow]) -> rx.Component:
    return rx.el.li(
        rx.el.details(
            rx.el.summary(
                rx.icon("chevron-right", size=theme.ICON_SMALL, aria_hidden=True),
                rx.el.span(
                    row.reason,
                    style={"grid_area": "reason", "font_weight": theme.MEDIUM},
                ),
                rx.el.span(
                    row.message,
                    style={
                        "grid_area": "message",
                        "color": theme.MUTED,
                        **theme.ONE_LINE,
                    },
                ),
                rx.el.code(
                    row.event_type,
                    style={
                        "grid_area": "event",
                        "max_width": theme.CELL_WIDTH,
                        **theme.CODE_TEXT,
                        **theme.ONE_LINE,
                        theme.UNDER_NARROW: theme.GONE,
                    },
                ),
                rx.el.span(
                    moment(row.received),
                    style={
                        "grid_area": "when",
                        "color": theme.MUTED,
                        "text_align": "right",
                    },
                ),
            ),
            rx.el.div(
                rx.el.p(row.message),
                rx.el.pre(
                    row.payload,
                    aria_label="What was sent",
                    tab_index=0,
                    style={
                        **theme.CODE_TEXT,
                        "padding": theme.SPACE_3,
                        "background": theme.CANVAS,
                        "border": f"{theme.HAIR} solid {theme.HAIRLINE}",
                        "border_radius": theme.RADIUS,
                        "white_space": "pre-wrap",
                        "overflow_wrap": "anywhere",
                    },
                ),
                style={
                    **_COLUMN,
                    "gap": theme.SPACE_2,
                    "padding": f"{theme.SPACE_1} {theme.SPACE_4} {theme.SPACE_4}",
                },
            ),
            style=_REFUSAL,
        ),
        key=row.id,
    )


def _rejected() -> rx.Component:
    return section(
        "Rejected",
        rx.cond(
            IntegrationsState.reasons.length() > 0,
            rx.fragment(
                rx.el.dl(
                    rx.foreach(IntegrationsState.reasons, _reason),
                    aria_label="Rejected events by reason",
                    style={
                        "display": "flex",
                        "flex_wrap": "wrap",
                        "gap": f"{theme.SPACE_2} {theme.SPACE_6}",
                        "margin": "0",
                        "padding": theme.SPACE_4,
                    },
                ),
                rx.el.ol(
                    rx.foreach(IntegrationsState.refusals, _refusal),
                    aria_label="Newest rejected events first",
                    style={"list_style": "none", "margin": "0", "padding": "0"},
                ),
            ),
            empty_state(
                rx.icon("check-check", size=theme.ICON_LARGE),
                "Nothing was rejected",
                "What can't be accepted shows here, with the reason and what was sent.",
                level=rx.el.h3,
            ),
        ),
        note=rx.el.span("Last 30 days", style=theme.CAPTION_TEXT),
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
            ready=rx.fragment(
                columns(
                    rx.el.div(_key(), _snippet(), _curl(), _webhooks(), style=_COLUMN),
                    _tester(),
                ),
                _rejected(),
            ),
        ),
        current="/integrations",
        live=live_indicator(IntegrationsState.stale),
    )
