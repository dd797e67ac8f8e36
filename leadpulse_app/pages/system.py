"""How the product keeps up, what failed, and whether every score is right."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import button_link, plain_button, quiet_button
from leadpulse_app.components.card import body, card, section
from leadpulse_app.components.confirmation import confirmed
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.moment import moment
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.score import bar
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import skeleton_rows
from leadpulse_app.components.stat import stat_row
from leadpulse_app.components.table import Column, table
from leadpulse_app.state.system import (
    DifferingRow,
    FailedRow,
    Part,
    RateFigure,
    SystemState,
)

_LEAD = Column("Lead")
_ATTEMPTS = Column("Attempts", align="end", keep="wide")
_EVENTS = Column("Events", align="end", keep="medium", explanation="Events that wait")
_FAILED = Column("Failed", align="end", keep="medium", quiet=True)
_NEXT = Column("Next try", align="end", keep="medium")
_ACTIONS = Column("Actions", align="end")

_BESIDE: theme.Style = {
    "display": "flex",
    "align_items": "center",
    "flex_wrap": "wrap",
    "gap": theme.SPACE_3,
}

_BETWEEN: theme.Style = {**_BESIDE, "justify_content": "space-between"}


def _figure(
    label: str,
    figure: rx.Var[str],
    note: rx.Var[str],
    extra: rx.Component | None = None,
) -> rx.Component:
    return card(
        rx.el.div(
            rx.el.span(
                label, style={**theme.CAPTION_TEXT, "font_weight": theme.MEDIUM}
            ),
            rx.el.span(figure, style=theme.FIGURE_TEXT),
            extra or rx.fragment(),
            rx.el.span(note, style=theme.CAPTION_TEXT),
            style={
                "display": "flex",
                "flex_direction": "column",
                "gap": theme.SPACE_1,
            },
        ),
        padded=True,
    )


def _minute(percent: rx.Var[int]) -> rx.Component:
    return rx.el.span(
        style={
            "flex": "1",
            "height": f"{percent}%",
            "min_height": theme.HAIR,
            "background": theme.ACCENT,
        }
    )


def _rate(label: str, rate: rx.Var[RateFigure]) -> rx.Component:
    return _figure(
        label,
        rate.per_minute,
        rate.said,
        rx.el.div(
            rx.foreach(rate.bars, _minute),
            aria_hidden=True,
            style={
                "display": "flex",
                "align_items": "end",
                "gap": theme.HAIR,
                "height": theme.SPACE_6,
                "margin": f"{theme.SPACE_1} 0",
            },
        ),
    )


def _fact(name: rx.Var[str], *value: rx.Component | rx.Var) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name, style=theme.CAPTION_TEXT),
        rx.el.dd(
            *value,
            style={
                "display": "flex",
                "align_items": "center",
                "gap": theme.SPACE_2,
                "margin": "0",
                **theme.TABLE_TEXT,
            },
        ),
        key=name,
    )


def _part(part: rx.Var[Part]) -> rx.Component:
    return _fact(
        part.name,
        rx.cond(
            part.works,
            rx.icon(
                "circle-check",
                size=theme.ICON_SMALL,
                aria_hidden=True,
                style={"color": theme.GOOD, "flex_shrink": "0"},
            ),
            rx.icon(
                "circle-x",
                size=theme.ICON_SMALL,
                aria_hidden=True,
                style={"color": theme.BAD, "flex_shrink": "0"},
            ),
        ),
        part.said,
    )


def _parts() -> rx.Component:
    return section(
        "Parts",
        rx.el.dl(
            rx.foreach(SystemState.parts, _part),
            rx.foreach(SystemState.versions, lambda named: _fact(named[0], named[1])),
            style={
                "display": "grid",
                "grid_template_columns": (
                    f"repeat(auto-fit, minmax({theme.FACT_WIDTH}, 1fr))"
                ),
                "gap": theme.SPACE_4,
                "margin": "0",
                "padding": theme.SPACE_4,
            },
        ),
    )


def _figures() -> rx.Component:
    return stat_row(
        _figure("Waiting to be scored", SystemState.pending, SystemState.oldest),
        _rate("Received a minute", SystemState.arrivals),
        _rate("Scored a minute", SystemState.scored),
        _figure(
            "Leads that failed", SystemState.failed_leads, SystemState.failed_events
        ),
    )


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
            rx.link(
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


def _pager() -> rx.Component:
    return rx.cond(
        (SystemState.newest_href != "") | (SystemState.older_href != ""),
        rx.el.nav(
            rx.cond(
                SystemState.newest_href != "",
                button_link("First", href=SystemState.newest_href),
            ),
            rx.cond(
                SystemState.older_href != "",
                button_link("More", href=SystemState.older_href),
            ),
            aria_label="Pages",
            style={
                **_BESIDE,
                "justify_content": "flex-end",
                "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
                "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
            },
        ),
    )


def _failed() -> rx.Component:
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
        _pager(),
        note=rx.cond(
            SystemState.any_failed & SystemState.may_act,
            quiet_button("Retry all", on_click=SystemState.retry_all),
        ),
    )


def _message(text: rx.Var[str]) -> rx.Component:
    return rx.el.p(text, style={"overflow_wrap": "anywhere", "color": theme.MUTED})


def _differing_row(row: rx.Var[DifferingRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.cond(
                row.href != "",
                rx.link(row.name, href=row.href, underline="hover"),
                rx.el.strong(row.name, style={"font_weight": theme.MEDIUM}),
            ),
            rx.foreach(row.messages, _message),
            style={"min_width": "0", "flex": "1"},
        ),
        rx.cond(
            row.href != "",
            plain_button("Rebuild", on_click=SystemState.rebuild(row.id)),
        ),
        key=row.id,
        style={
            "display": "flex",
            "align_items": "start",
            "gap": theme.SPACE_3,
            "padding": f"{theme.SPACE_2} 0",
            "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
        },
    )


def _progress() -> rx.Component:
    return rx.cond(
        SystemState.running != "",
        rx.el.div(
            rx.el.span(
                rx.cond(SystemState.running == "verify", "Verifying ", "Rebuilding "),
                SystemState.progress,
            ),
            bar(SystemState.progress_percent, theme.ACCENT),
            style={
                "display": "flex",
                "flex_direction": "column",
                "gap": theme.SPACE_2,
                "font_variant_numeric": theme.TABULAR,
            },
        ),
    )


def _outcome() -> rx.Component:
    return rx.cond(
        SystemState.checked != "",
        rx.el.p(
            rx.cond(
                SystemState.clean,
                rx.icon("check", size=theme.ICON, aria_hidden=True),
                rx.icon("triangle-alert", size=theme.ICON, aria_hidden=True),
            ),
            SystemState.checked,
            style={
                "display": "flex",
                "align_items": "center",
                "gap": theme.SPACE_2,
                "color": rx.cond(SystemState.clean, theme.GOOD, theme.BAD),
            },
        ),
    )


def _scores() -> rx.Component:
    return section(
        "Scores",
        body(
            rx.el.p(
                "Verifying recomputes every score from the events and compares it with "
                "the ledger. Rebuilding brings leads that differ back to what their "
                "events make them.",
                style={"color": theme.MUTED, "max_width": theme.HERO_WIDTH},
            ),
            rx.el.div(_progress(), _outcome(), role="status"),
            rx.cond(
                SystemState.differing.length() > 0,
                rx.el.ul(
                    rx.foreach(SystemState.differing, _differing_row),
                    style={"margin": "0", "padding": "0", "list_style": "none"},
                ),
            ),
        ),
        note=rx.cond(
            SystemState.may_act,
            rx.el.div(
                confirmed(
                    quiet_button("Rebuild all", disabled=SystemState.running != ""),
                    "Rebuild all leads?",
                    "Every lead is brought to what its events make it. Leads that are "
                    "right stay as they are; scoring goes on meanwhile.",
                    "Rebuild",
                    SystemState.rebuild_all,
                ),
                quiet_button(
                    "Verify",
                    on_click=SystemState.verify,
                    disabled=SystemState.running != "",
                ),
                style={"display": "flex", "gap": theme.SPACE_2},
            ),
        ),
    )


def system_page() -> rx.Component:
    """Return the page."""
    return shell(
        "System",
        content(
            SystemState.status,
            SystemState.follow,
            loading=rx.fragment(card(skeleton_rows(3)), card(skeleton_rows(6))),
            ready=rx.fragment(_figures(), _parts(), _failed(), _scores()),
        ),
        current="/system",
        live=live_indicator(SystemState.stale),
    )
