"""How other systems post what a lead did, and the secret that they sign it with."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import quiet_button
from leadpulse_app.components.code_block import code_block
from leadpulse_app.components.confirmation import confirmed
from leadpulse_app.state.integrations import IntegrationsState


def webhooks_in() -> rx.Component:
    """Return what to post, where to, and the buttons of the secret."""
    return rx.fragment(
        _said(
            "Other systems post what a lead did, one event each time. lead_email, "
            "or lead_id as they know it, says whose it is."
        ),
        code_block(IntegrationsState.webhook_url, "webhook address", "POST"),
        code_block(IntegrationsState.webhook_example, "webhook command", "Shell"),
        _signature(),
    )


def _said(text: str) -> rx.Component:
    return rx.el.p(text, style={"color": theme.MUTED})


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
                style={
                    "display": "flex",
                    "flex_direction": "column",
                    "gap": theme.SPACE_2,
                },
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
