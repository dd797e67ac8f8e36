"""The integrations: what to paste where, a first event to try it with, what failed."""

import reflex as rx

from leadpulse_app.components.card import card
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.event_sources import event_sources
from leadpulse_app.components.layout import columns
from leadpulse_app.components.rejections import rejections
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import skeleton_rows
from leadpulse_app.components.webhook_tester import webhook_tester
from leadpulse_app.components.write_keys import write_keys
from leadpulse_app.state.integrations import IntegrationsState


def integrations_page() -> rx.Component:
    """Return the page."""
    return shell(
        "Integrations",
        content(
            IntegrationsState.status,
            IntegrationsState.follow,
            loading=columns(card(skeleton_rows(8)), card(skeleton_rows(6))),
            ready=rx.fragment(
                columns(event_sources(), webhook_tester()),
                write_keys(),
                rejections(),
            ),
        ),
        current="/integrations",
        live=live_indicator(IntegrationsState.stale),
    )
