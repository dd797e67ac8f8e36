"""One lead."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import (
    button_link,
    primary_button,
    quiet_button,
    text_link,
)
from leadpulse_app.components.card import card, section
from leadpulse_app.components.confirmation import confirmed
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.dialog import dialog
from leadpulse_app.components.explanation import CHANGE, POINTS, RISK, VELOCITY
from leadpulse_app.components.field import edit_field
from leadpulse_app.components.layout import columns
from leadpulse_app.components.moment import moment
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.score import delta
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import bone, skeleton_rows
from leadpulse_app.components.stage import stage_badge
from leadpulse_app.components.table import Column, table
from leadpulse_app.domain.adjustment import MAXIMUM_ADJUSTMENT, MAXIMUM_NOTE_LENGTH
from leadpulse_app.state.lead import LeadState, LedgerRow, MergeRow, NameRow, WhyRow
from leadpulse_app.state.pages import Status

_EVENT = Column("Event")
_RULE = Column("Rule", keep="medium", quiet=True)
_POINTS = Column("Points", align="end", keep="medium", quiet=True, explanation=POINTS)
_CHANGE = Column("Change", align="end", explanation=CHANGE)
_SCORE = Column("Score", align="end")
_WHEN = Column("When", align="end", keep="medium", quiet=True)

_BECAUSE = Column("Rule")
_TIMES = Column("Times", align="end", quiet=True)
_GAVE = Column("Points", align="end", explanation="What is left of it now")

_NAME = Column("Name")
_KIND = Column("Kind", quiet=True)
_SINCE = Column("Known", align="end", keep="medium", quiet=True)

_FACTS: theme.Style = {
    "display": "grid",
    "grid_template_columns": f"repeat(auto-fit, minmax({theme.FACT_WIDTH}, 1fr))",
    "gap": theme.HAIR,
    "background": theme.HAIRLINE,
    "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
}


_LINE: theme.Style = {"display": "flex", "flex_wrap": "wrap", "align_items": "center"}

_EXPLANATION: theme.Style = {
    **theme.CAPTION_TEXT,
    "display": "-webkit-box",
    "WebkitBoxOrient": "vertical",
    "WebkitLineClamp": "3",
    "overflow": "hidden",
}
"""A note may be long; all of it shows on hover."""


def _fact(
    label: str, value: rx.Component | rx.Var[str], explanation: str = ""
) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label, title=explanation or None, style=theme.CAPTION_TEXT),
        rx.el.dd(value, style={"font_weight": theme.MEDIUM}),
        style={
            "padding": f"{theme.SPACE_3} {theme.SPACE_4}",
            "background": theme.SURFACE,
        },
    )


def _header() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.div(
                rx.el.span(LeadState.score, style=theme.FIGURE_TEXT),
                rx.el.span("points", style={"color": theme.MUTED}),
                stage_badge(LeadState.stage),
                rx.el.span(
                    LeadState.outlook,
                    style={"color": theme.MUTED, "_empty": theme.GONE},
                ),
                style={**_LINE, "gap": f"{theme.SPACE_1} {theme.SPACE_2}"},
            ),
            rx.el.div(
                rx.el.p(
                    LeadState.contact,
                    style={"color": theme.MUTED, "overflow_wrap": "anywhere"},
                ),
                rx.cond(LeadState.as_of == "", _adjustment()),
                style={**_LINE, "gap": f"{theme.SPACE_2} {theme.SPACE_4}"},
            ),
            style={
                **_LINE,
                "justify_content": "space-between",
                "gap": f"{theme.SPACE_2} {theme.SPACE_6}",
                "padding": theme.SPACE_4,
            },
        ),
        rx.cond(
            LeadState.as_of == "",
            rx.el.dl(
                _fact("Next action", LeadState.next_action),
                _fact("Risk of losing", LeadState.risk, RISK),
                _fact("Velocity", LeadState.velocity, VELOCITY),
                _fact("Events in 24 h", LeadState.recent_events),
                _fact("Last seen", moment(LeadState.last_seen)),
                _fact("Added", moment(LeadState.added)),
                style=_FACTS,
            ),
        ),
        _as_of(),
    )


def _as_of() -> rx.Component:
    return rx.el.div(
        rx.el.form(
            rx.el.label("As of", html_for="as-of", style={"color": theme.MUTED}),
            rx.el.input(
                type="datetime-local",
                name="at",
                step="1",
                default_value=LeadState.as_of_value,
                key=LeadState.as_of_value,
                title="In the time zone " + LeadState.zone,
                # Reflex makes a ref of a prop `id`, and reads forms by it.
                custom_attrs={
                    "id": "as-of",
                    "aria-invalid": LeadState.as_of_problem.bool(),
                    "aria-describedby": "as-of-problem",
                },
                style={
                    "height": theme.CONTROL_HEIGHT,
                    "min_width": "0",
                    "padding": f"0 {theme.SPACE_2}",
                    "border": f"{theme.HAIR} solid {theme.LINE}",
                    "border_radius": theme.RADIUS,
                    "background": theme.SURFACE,
                    "color": theme.INK,
                    **theme.TABLE_TEXT,
                },
            ),
            quiet_button("Show", type="submit"),
            on_submit=LeadState.show_moment,
            no_validate=True,
            style={
                "display": "flex",
                "align_items": "center",
                "gap": theme.SPACE_2,
                "min_width": "0",
                "white_space": "nowrap",
            },
        ),
        rx.el.p(
            LeadState.as_of_problem,
            id="as-of-problem",
            role="alert",
            style=theme.PROBLEM_TEXT,
        ),
        rx.cond(
            LeadState.as_of != "",
            rx.el.p(
                "Score, stage and why as of ",
                rx.el.span(LeadState.as_of, style={"font_weight": theme.MEDIUM}),
                ". ",
                text_link("Back to now", LeadState.now_href),
                role="status",
            ),
        ),
        style={
            **_LINE,
            "gap": f"{theme.SPACE_2} {theme.SPACE_4}",
            "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
            "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
        },
    )


def _adjustment() -> rx.Component:
    return dialog(
        quiet_button("Adjust"),
        "Adjust the score",
        "The score history shows the points with your name and the note. "
        "A score stays within 0 and 10,000.",
        rx.el.form(
            edit_field(
                "Points",
                name="points",
                value="",
                problem=LeadState.problems["points"],
                type="number",
                min=-MAXIMUM_ADJUSTMENT,
                max=MAXIMUM_ADJUSTMENT,
                step=1,
                placeholder="10, or -10 to take points",
            ),
            edit_field(
                "Note",
                name="note",
                value="",
                problem=LeadState.problems["note"],
                multiline=True,
                max_length=MAXIMUM_NOTE_LENGTH,
                rows="3",
                placeholder="Why",
            ),
            rx.el.div(
                rx.dialog.close(quiet_button("Cancel", type="button")),
                primary_button("Adjust score", type="submit"),
                style={
                    "display": "flex",
                    "justify_content": "flex-end",
                    "gap": theme.SPACE_3,
                },
            ),
            on_submit=LeadState.adjust,
            no_validate=True,
            style={
                "display": "flex",
                "flex_direction": "column",
                "gap": theme.SPACE_3,
                "margin_top": theme.SPACE_4,
            },
        ),
        is_open=LeadState.adjusting,
        on_toggle=LeadState.toggle_adjusting,
    )


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


def _why() -> rx.Component:
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
            style={"& table th:first-of-type": {"width": "100%"}},
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


def _ledger() -> rx.Component:
    return section(
        "Score history",
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
        rx.cond(
            (LeadState.older_href != "") | (LeadState.newest_href != ""),
            rx.el.nav(
                rx.cond(
                    LeadState.newest_href != "",
                    button_link("Newest", href=LeadState.newest_href),
                ),
                rx.cond(
                    LeadState.older_href != "",
                    button_link("Older", href=LeadState.older_href),
                ),
                aria_label="Pages",
                style={
                    "display": "flex",
                    "justify_content": "flex-end",
                    "gap": theme.SPACE_2,
                    "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
                    "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
                },
            ),
        ),
        note=rx.el.span("Every point, newest first", style=theme.CAPTION_TEXT),
    )


def _name_row(name: rx.Var[NameRow]) -> rx.Component:
    return rx.el.tr(
        _NAME.cell(name.value),
        _KIND.cell(name.kind),
        _SINCE.cell(moment(name.since)),
        key=name.id,
    )


def _merge_line(merge: rx.Var[MergeRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(merge.name, style={"font_weight": theme.MEDIUM}),
            " merged ",
            moment(merge.merged),
            style={"min_width": "0", "overflow_wrap": "anywhere"},
        ),
        rx.cond(
            LeadState.may_unmerge,
            confirmed(
                quiet_button("Unmerge", aria_label="Unmerge " + merge.name),
                "Take this merge back?",
                "They become two leads again, each with the score of its own events. "
                "No later event merges them again.",
                "Unmerge",
                LeadState.unmerge(merge.id),
            ),
        ),
        key=merge.id,
        style={
            "display": "flex",
            "align_items": "center",
            "justify_content": "space-between",
            "gap": theme.SPACE_3,
            "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
            "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
        },
    )


def _left_out(text: rx.Var[str]) -> rx.Component:
    return rx.el.p(
        text,
        style={
            **theme.CAPTION_TEXT,
            "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
            "_empty": theme.GONE,
        },
    )


def _identities() -> rx.Component:
    return section(
        "Identities",
        table(
            "What this lead is known by, the oldest first",
            (_NAME, _KIND, _SINCE),
            rx.foreach(LeadState.names, _name_row),
        ),
        _left_out(LeadState.names_left_out),
        rx.cond(
            LeadState.merges.length() > 0,
            rx.el.ul(
                rx.foreach(LeadState.merges, _merge_line),
                aria_label="Merged leads",
                style={"list_style": "none", "margin": "0", "padding": "0"},
            ),
        ),
        _left_out(LeadState.merges_left_out),
        note=rx.el.span("Events under any of these", style=theme.CAPTION_TEXT),
    )


def _skeleton() -> rx.Component:
    return rx.fragment(
        card(
            rx.el.div(
                bone("30%", theme.SPACE_6),
                bone("45%", theme.SPACE_4),
                bone("100%", theme.SPACE_10),
                style={
                    "display": "flex",
                    "flex_direction": "column",
                    "gap": theme.SPACE_3,
                },
            ),
            padded=True,
        ),
        card(skeleton_rows(8)),
    )


def _missing() -> rx.Component:
    return card(
        empty_state(
            rx.icon("user-x", size=theme.ICON_LARGE),
            "No such lead",
            "It may have been deleted, or the link is from another project.",
            button_link("Show all leads", href="/leads"),
        )
    )


def lead_page() -> rx.Component:
    """Return the page."""
    return shell(
        LeadState.title,
        content(
            LeadState.status,
            LeadState.follow,
            loading=_skeleton(),
            ready=rx.fragment(
                _header(),
                columns(
                    rx.el.div(
                        _why(),
                        _ledger(),
                        style={
                            "display": "flex",
                            "flex_direction": "column",
                            "gap": theme.SPACE_4,
                            "min_width": "0",
                        },
                    ),
                    _identities(),
                    stacked=theme.UNDER_ROOMY,
                ),
            ),
            missing=_missing(),
        ),
        current="/leads",
        live=rx.cond(
            LeadState.status != Status.MISSING.value, live_indicator(LeadState.stale)
        ),
        parent=("Leads", "/leads"),
    )
