"""Why a lead's score is that: by rule, over time, and every point."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.card import card, section
from leadpulse_app.components.disclosure import disclosure
from leadpulse_app.components.explanation import CHANGE, POINTS
from leadpulse_app.components.moment import moment
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.pager import pager
from leadpulse_app.components.score import delta
from leadpulse_app.components.table import Column, table
from leadpulse_app.state.lead import LeadState
from leadpulse_app.state.lead_course import GainBar, GainRow
from leadpulse_app.state.lead_rows import LedgerRow, WhyRow

_EVENT = Column("Event")
_RULE = Column("Rule", keep="medium", quiet=True)
_POINTS = Column("Points", align="end", keep="medium", quiet=True, explanation=POINTS)
_CHANGE = Column("Change", align="end", explanation=CHANGE)
_SCORE = Column("Score", align="end")
_WHEN = Column("When", align="end", keep="medium", quiet=True)

_BECAUSE = Column("Rule")
_TIMES = Column("Times", align="end", quiet=True)
_GAVE = Column("Points", align="end", explanation="What is left of it now")

_BARS = Column("Over time", align="end", quiet=True)

_EXPLANATION: theme.Style = {
    **theme.CAPTION_TEXT,
    "display": "-webkit-box",
    "WebkitBoxOrient": "vertical",
    "WebkitLineClamp": "3",
    "overflow": "hidden",
}
"""A note may be long; all of it shows on hover."""


def _why_row(row: rx.Var[WhyRow]) -> rx.Component:
    return rx.el.tr(
        _BECAUSE.cell(
            rx.el.div(row.name, style={"font_weight": theme.MEDIUM}),
            rx.el.div(row.note, style={**theme.CAPTION_TEXT, "_empty": theme.GONE}),
        ),
        _TIMES.cell(row.times),
        _GAVE.cell(delta(row.delta)),
        key=row.id,
    )


def why() -> rx.Component:
    """Return what the score is made of: by rule, and over time."""
    return rx.cond(
        LeadState.why.length() > 0,
        section(
            "Why this score",
            table(
                "What the score is made of, the most points first",
                (_BECAUSE, _TIMES, _GAVE),
                rx.fragment(
                    rx.foreach(LeadState.why, _why_row),
                    rx.el.tr(
                        _BECAUSE.cell("Score"),
                        _TIMES.cell(""),
                        _GAVE.cell(
                            rx.el.span(
                                LeadState.score, style={"font_weight": theme.SEMIBOLD}
                            )
                        ),
                    ),
                ),
            ),
            rx.cond(LeadState.as_of == "", _over_time()),
            style={"& table th:first-of-type": {"width": "100%"}},
        ),
    )


def _gain_bar(bar: rx.Var[GainBar]) -> rx.Component:
    return rx.el.span(
        rx.el.span(bar.text, ". ", style=theme.HIDDEN),
        title=bar.text,
        key=bar.id,
        style={
            "position": "relative",
            "width": theme.GAIN_WIDTH,
            "height": f"max({theme.FOCUS_RING}, {bar.percent}%)",
            "border_radius": theme.HAIR,
            "background": rx.cond(bar.percent > 0, theme.ACCENT, theme.PRESSED),
        },
    )


def _gain_row(row: rx.Var[GainRow]) -> rx.Component:
    return rx.el.tr(
        _BECAUSE.cell(
            rx.el.div(row.name, style={"font_weight": theme.MEDIUM}),
            rx.el.div(row.note, style={**theme.CAPTION_TEXT, "_empty": theme.GONE}),
        ),
        _BARS.cell(
            rx.el.span(
                rx.foreach(row.bars, _gain_bar),
                style={
                    "display": "inline-flex",
                    "align_items": "flex-end",
                    "gap": theme.SPACE_HALF,
                    "height": theme.GAIN_HEIGHT,
                },
            )
        ),
        _GAVE.cell(delta(row.total)),
        key=row.id,
    )


def _over_time() -> rx.Component:
    return rx.cond(
        LeadState.gains.length() > 0,
        disclosure(
            "Over time",
            rx.el.p(
                LeadState.gain_periods,
                style={
                    **theme.CAPTION_TEXT,
                    "padding": f"{theme.SPACE_2} {theme.SPACE_4} 0",
                },
            ),
            table(
                "Points by rule over time, the most first",
                (_BECAUSE, _BARS, _GAVE),
                rx.foreach(LeadState.gains, _gain_row),
            ),
        ),
    )


def _ledger_row(entry: rx.Var[LedgerRow]) -> rx.Component:
    return rx.el.tr(
        _EVENT.cell(
            rx.el.div(entry.event_type, style={"font_weight": theme.MEDIUM}),
            rx.cond(
                entry.explanation != "",
                rx.el.div(
                    entry.explanation, title=entry.explanation, style=_EXPLANATION
                ),
            ),
            rx.el.div(
                moment(entry.occurred),
                style={
                    **theme.CAPTION_TEXT,
                    **theme.GONE,
                    theme.UNDER_NARROW: {"display": "block"},
                },
            ),
        ),
        _RULE.cell(rx.el.span(entry.rule, title="Ruleset version " + entry.version)),
        _POINTS.cell(entry.points),
        _CHANGE.cell(delta(entry.delta)),
        _SCORE.cell(
            rx.el.span(
                entry.old_score,
                rx.el.span(" to ", style=theme.HIDDEN),
                rx.el.span(" → ", aria_hidden=True),
                style={"color": theme.MUTED},
            ),
            rx.el.span(entry.new_score, style={"font_weight": theme.MEDIUM}),
        ),
        _WHEN.cell(moment(entry.occurred)),
        key=entry.id,
    )


def ledger() -> rx.Component:
    """Return every change of the score, behind a disclosure."""
    return card(
        disclosure(
            "Every point",
            rx.cond(
                LeadState.ledger.length() > 0,
                table(
                    "What changed the score, newest first",
                    (_EVENT, _RULE, _POINTS, _CHANGE, _SCORE, _WHEN),
                    rx.foreach(LeadState.ledger, _ledger_row),
                ),
                empty_state(
                    rx.icon("history", size=theme.ICON_LARGE),
                    "Nothing scored yet",
                    "Each event of this lead shows here with the points it gave, "
                    "as soon as it is scored.",
                    level=rx.el.h3,
                ),
            ),
            pager(("Newest", LeadState.newest_href), ("Older", LeadState.older_href)),
            is_open=(LeadState.newest_href != ""),
        ),
    )
