"""The leads whose scoring failed: why, when it is tried again, and what waits."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import plain_button, quiet_button
from leadpulse_app.components.card import section
from leadpulse_app.components.confirmation import confirmed
from leadpulse_app.components.link import link
from leadpulse_app.components.moment import moment
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.pager import pager
from leadpulse_app.components.table import Column, table
from leadpulse_app.state.system import SystemState
from leadpulse_app.state.system_rows import FailedRow

_LEAD = Column("Lead")
_ATTEMPTS = Column("Attempts", align="end", keep="wide")
_EVENTS = Column("Events", align="end", keep="medium", explanation="Events that wait")
_FAILED = Column("Failed", align="end", keep="medium", quiet=True)
_NEXT = Column("Next try", align="end", keep="medium")
_ACTIONS = Column("Actions", align="end")


def _error(job: rx.Var[FailedRow]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            job.error,
            style={
                **theme.ONE_LINE,
                "cursor": "pointer",
                "color": theme.MUTED,
                "details[open] > &": {
                    "white_space": "pre-wrap",
                    "overflow_wrap": "anywhere",
                },
            },
        ),
        style=theme.TABLE_TEXT,
    )


def _actions(job: rx.Var[FailedRow]) -> rx.Component:
    return rx.cond(
        SystemState.may_act,
        rx.el.span(
            plain_button("Retry", on_click=SystemState.retry(job.id)),
            confirmed(
                plain_button("Discard"),
                "Discard what waits for " + job.lead + "?",
                "The events are kept and not scored. They can be released on the "
                "Events page. What comes for this lead from now on is scored.",
                "Discard",
                SystemState.discard(job.id),
            ),
            style={
                "display": "inline-flex",
                "gap": theme.SPACE_3,
                theme.UNDER_NARROW: {"flex_direction": "column", "align_items": "end"},
            },
        ),
    )


def _failed_row(job: rx.Var[FailedRow]) -> rx.Component:
    return rx.el.tr(
        _LEAD.cell(
            link(
                job.lead,
                href=job.href,
                underline="hover",
                color_scheme="gray",
                high_contrast=True,
                style={"font": "inherit", "font_weight": theme.MEDIUM},
            ),
            _error(job),
            rx.el.div(
                job.next_try,
                style={
                    "display": "none",
                    theme.UNDER_NARROW: {"display": "block"},
                },
            ),
        ),
        _ATTEMPTS.cell(job.attempts),
        _EVENTS.cell(job.events),
        _FAILED.cell(moment(job.failed)),
        _NEXT.cell(job.next_try),
        _ACTIONS.cell(_actions(job)),
        key=job.id,
    )


def failed_jobs() -> rx.Component:
    """Return the leads that scoring failed for, with what an admin may do about it."""
    return section(
        "Failed scoring",
        rx.cond(
            SystemState.failed.length() > 0,
            table(
                "Leads whose scoring failed",
                (_LEAD, _ATTEMPTS, _EVENTS, _FAILED, _NEXT, _ACTIONS),
                rx.foreach(SystemState.failed, _failed_row),
            ),
            empty_state(
                rx.icon("check-check", size=theme.ICON_LARGE),
                "Nothing has failed",
                "A lead whose scoring fails is tried again five times, and then waits "
                "here for you. It holds up no other lead.",
                level=rx.el.h3,
            ),
        ),
        pager(("First", SystemState.newest_href), ("More", SystemState.older_href)),
        note=rx.cond(
            SystemState.any_failed & SystemState.may_act,
            quiet_button("Retry all", on_click=SystemState.retry_all),
        ),
    )
