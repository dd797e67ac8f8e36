"""How the product keeps up, what failed, and whether every score is right."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import plain_button, quiet_button
from leadpulse_app.components.card import body, card, section
from leadpulse_app.components.confirmation import confirmed
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.failed_jobs import failed_jobs
from leadpulse_app.components.link import link
from leadpulse_app.components.score import bar
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import skeleton_rows
from leadpulse_app.components.stat import stat_row
from leadpulse_app.state.system import SystemState
from leadpulse_app.state.system_rows import DifferingRow, Part, RateFigure


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
                "display": "flex",
                "flex_wrap": "wrap",
                "gap": f"{theme.SPACE_4} {theme.SPACE_6}",
                "margin": "0",
                "padding": theme.SPACE_4,
                "& > *": {
                    "flex": f"1 0 {theme.FACT_WIDTH}",
                    "white_space": "nowrap",
                },
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


def _message(text: rx.Var[str]) -> rx.Component:
    return rx.el.p(text, style={"overflow_wrap": "anywhere", "color": theme.MUTED})


def _differing_row(row: rx.Var[DifferingRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.cond(
                row.href != "",
                link(row.name, href=row.href, underline="hover"),
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
            ready=rx.fragment(_figures(), _parts(), failed_jobs(), _scores()),
        ),
        current="/system",
        live=live_indicator(SystemState.stale),
    )
