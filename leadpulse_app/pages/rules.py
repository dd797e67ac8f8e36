"""The rules: a table with an editor, the draft, a simulator and the versions."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.badge import badge
from leadpulse_app.components.button import primary_button, quiet_button
from leadpulse_app.components.card import card, section
from leadpulse_app.components.confirmation import confirmed
from leadpulse_app.components.content import content
from leadpulse_app.components.layout import columns
from leadpulse_app.components.moment import moment
from leadpulse_app.components.rule_editor import EVENT_TYPES, rule_editor
from leadpulse_app.components.rule_limits import rule_limits
from leadpulse_app.components.rule_publish import publish_dialog, rescore_progress
from leadpulse_app.components.rule_simulator import rule_simulator
from leadpulse_app.components.rule_tests import rule_tests
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import skeleton_rows
from leadpulse_app.components.table import Column, table
from leadpulse_app.components.what_if import what_if
from leadpulse_app.services.rulesets.usage import NEWEST_ENTRIES, USAGE_DAYS
from leadpulse_app.state.rule_publish import DRAFT
from leadpulse_app.state.rules import (
    NEW_RULE,
    RuleRow,
    RulesState,
    VersionRow,
)

_RULE = Column("Rule")
_EVENT = Column("Event", keep="medium")
_POINTS = Column("Points", align="end")
_SHARE = Column(
    "Share",
    align="end",
    keep="wide",
    quiet=True,
    explanation=f"Of all points given and taken in the last {USAGE_DAYS} days, as far "
    f"as the newest {NEWEST_ENTRIES:,} entries of the ledger tell",
)
_FIRED = Column("Last fired", keep="wide", quiet=True)
_ACTIVE = Column("Active", align="end")

_SPREAD: theme.Style = {
    "display": "flex",
    "flex_wrap": "wrap",
    "align_items": "center",
    "justify_content": "space-between",
    "gap": theme.SPACE_3,
    "min_height": theme.CONTROL_HEIGHT,
}

_STACKED: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_3,
    "min_width": "0",
}

_LINES: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_1,
    "margin": "0",
    "padding": f"0 0 0 {theme.SPACE_4}",
    "list_style": "disc",
    "overflow_wrap": "anywhere",
    **theme.TABLE_TEXT,
}

_VERSION: theme.Style = {
    "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
    **theme.TABLE_TEXT,
    "_first_child": {"border_top": "0"},
    "& summary": {
        "display": "flex",
        "align_items": "center",
        "gap": theme.SPACE_3,
        "min_height": theme.ROW_HEIGHT,
        "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
        "cursor": "pointer",
        "list_style": "none",
    },
    "& summary::-webkit-details-marker": theme.GONE,
    "& summary:hover": {"background": theme.HOVER},
    "& summary > svg": {
        "flex_shrink": "0",
        "color": theme.MUTED,
        "transition": f"transform {theme.QUICK}",
    },
    "&[open] summary > svg": {"transform": "rotate(90deg)"},
}


def _opener(name: rx.Var[str]) -> rx.Component:
    return rx.el.button(
        name,
        type="button",
        aria_label="Edit " + name,
        style={
            "padding": "0",
            "border": "0",
            "background": "none",
            "color": "inherit",
            "font": "inherit",
            "font_weight": theme.MEDIUM,
            "text_align": "start",
            "cursor": "pointer",
            "overflow_wrap": "anywhere",
            "_after": {"content": '""', "position": "absolute", "inset": "0"},
            "&:focus-visible": {"outline": "none"},
            "&:focus-visible::after": {
                "outline": f"{theme.FOCUS_RING} solid {theme.FOCUS}",
                "outline_offset": f"-{theme.FOCUS_RING}",
            },
        },
    )


def _switch(rule: rx.Var[RuleRow]) -> rx.Component:
    return rx.cond(
        RulesState.may_edit,
        rx.switch(
            checked=rule.active,
            on_change=lambda active: RulesState.switch(rule.id, active),
            custom_attrs={"aria-label": rule.name + " is active"},
            style={"position": "relative", "vertical_align": "middle"},
        ),
        rx.cond(rule.active, "On", "Off"),
    )


def _change(rule: rx.Var[RuleRow]) -> rx.Component:
    return rx.cond(
        rule.change != "",
        rx.el.span(
            rule.change,
            style={
                **theme.CAPTION_TEXT,
                "margin_inline_start": theme.SPACE_2,
                "color": theme.ACCENT_INK,
                "font_weight": theme.MEDIUM,
            },
        ),
    )


def _event(rule: rx.Var[RuleRow]) -> rx.Component:
    return rx.cond(
        rule.event != "",
        rx.el.code(rule.event, style={**theme.CODE_TEXT, "color": theme.MUTED}),
        rx.cond(
            rule.fit,
            badge(
                rx.icon("user-round", size=theme.ICON_SMALL, aria_hidden=True),
                "What a lead is",
                "iris",
            ),
            rx.el.span("Every event", style={"color": theme.MUTED}),
        ),
    )


def _row(rule: rx.Var[RuleRow]) -> rx.Component:
    return rx.el.tr(
        _RULE.cell(
            rx.el.div(
                rx.cond(
                    RulesState.may_edit,
                    rule_editor(_opener(rule.name), "Edit rule", rule.id),
                    rx.el.span(rule.name, style={"font_weight": theme.MEDIUM}),
                ),
                _change(rule),
            ),
            rx.el.div(
                _event(rule),
                style={**theme.GONE, theme.UNDER_NARROW: {"display": "block"}},
            ),
            rx.el.div(rule.terms, style={"color": theme.MUTED, "_empty": theme.GONE}),
            rx.el.div(
                rule.description, style={**theme.CAPTION_TEXT, "_empty": theme.GONE}
            ),
        ),
        _EVENT.cell(_event(rule)),
        _POINTS.cell(rx.el.span(rule.points, style={"font_weight": theme.MEDIUM})),
        _SHARE.cell(rule.share),
        _FIRED.cell(moment(rule.last_fired)),
        _ACTIVE.cell(_switch(rule)),
        key=rule.id,
        custom_attrs={"data-off": ~rule.active},
    )


def _change_lines(changes: rx.Var[list[str]]) -> rx.Component:
    return rx.el.ul(
        rx.foreach(changes, lambda line: rx.el.li(line, key=line)), style=_LINES
    )


def _bar() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "Version " + RulesState.version,
            " · published ",
            moment(RulesState.published),
            " by ",
            RulesState.published_by,
            style={"color": theme.MUTED},
        ),
        rx.cond(
            RulesState.may_edit,
            rule_editor(
                quiet_button(
                    rx.icon("plus", size=theme.ICON_SMALL, aria_hidden=True), "Add rule"
                ),
                "Add rule",
                NEW_RULE,
            ),
            rx.el.p(
                "Only an admin of the project changes rules.", style=theme.CAPTION_TEXT
            ),
        ),
        style=_SPREAD,
    )


def _publish() -> rx.Component:
    return publish_dialog(
        primary_button("Publish"),
        DRAFT,
        "Publish these changes?",
        "They come into force at once.",
        "Publish changes",
        RulesState.publish,
        details=rx.el.div(
            _change_lines(RulesState.changes),
            style={"max_height": theme.CODE_HEIGHT, "overflow_y": "auto"},
        ),
    )


def _draft_actions() -> rx.Component:
    return rx.el.div(
        what_if(),
        confirmed(
            quiet_button("Discard"),
            "Discard the draft?",
            "What was edited since the last version is lost, for everybody.",
            "Discard draft",
            RulesState.discard,
        ),
        rx.cond(
            RulesState.outdated,
            primary_button("Bring up to date", on_click=RulesState.rebase),
            _publish(),
        ),
        style=theme.BESIDE,
    )


def _draft() -> rx.Component:
    return rx.el.div(
        rx.cond(
            RulesState.has_draft,
            rx.el.div(
                rx.el.div(
                    rx.el.p(
                        rx.el.span("Draft", style={"font_weight": theme.SEMIBOLD}),
                        " · " + RulesState.changes_text + " · ",
                        RulesState.draft_by,
                        ", ",
                        moment(RulesState.drafted),
                    ),
                    rx.cond(
                        RulesState.outdated,
                        rx.el.p(
                            "Version "
                            + RulesState.version
                            + " came into force since it was begun.",
                            style={"color": theme.CAUTION},
                        ),
                    ),
                    style={"min_width": "0"},
                ),
                rx.cond(RulesState.may_edit, _draft_actions()),
                style={
                    **_SPREAD,
                    "padding": f"{theme.SPACE_3} {theme.SPACE_4}",
                    "border": f"{theme.HAIR} solid {theme.LINE}",
                    "border_radius": theme.RADIUS_LARGE,
                    "background": theme.ACCENT_TINT,
                },
            ),
        ),
        role="status",
        style={"_empty": theme.GONE},
    )


def _version(version: rx.Var[VersionRow]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            rx.icon("chevron-right", size=theme.ICON_SMALL, aria_hidden=True),
            rx.el.div(
                rx.el.div(
                    version.title,
                    rx.cond(
                        version.active,
                        badge(
                            rx.icon("check", size=theme.ICON_SMALL, aria_hidden=True),
                            "In force",
                            "jade",
                        ),
                    ),
                    style={**theme.BESIDE, "font_weight": theme.MEDIUM},
                ),
                rx.el.div(
                    moment(version.published),
                    " by ",
                    version.published_by,
                    " · ",
                    version.summary,
                    style={**theme.CAPTION_TEXT, "overflow_wrap": "anywhere"},
                ),
                style={"min_width": "0"},
            ),
        ),
        rx.el.div(
            _change_lines(version.changes),
            rx.cond(
                RulesState.may_edit & ~version.active,
                rx.el.div(
                    publish_dialog(
                        quiet_button(
                            "Roll back", aria_label="Roll back to " + version.title
                        ),
                        version.version,
                        "Roll back to " + version.title + "?",
                        "Its rules come into force again at once, as a new version. "
                        "A draft stays.",
                        "Roll back",
                        RulesState.roll_back(version.version),
                    ),
                ),
            ),
            style={
                **_STACKED,
                "padding": f"{theme.SPACE_1} {theme.SPACE_4} {theme.SPACE_4} "
                f"{theme.SPACE_10}",
            },
        ),
        key=version.version,
        style=_VERSION,
    )


def _versions() -> rx.Component:
    return section(
        "Versions",
        rx.el.div(rx.foreach(RulesState.versions, _version)),
        rx.cond(
            RulesState.has_older_versions,
            rx.el.div(
                quiet_button(
                    "Show older versions", on_click=RulesState.show_older_versions
                ),
                style={
                    "padding": theme.SPACE_3,
                    "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
                },
            ),
        ),
        note=rx.el.span("Newest first", style=theme.CAPTION_TEXT),
    )


def _rules() -> rx.Component:
    return rx.el.div(
        card(
            table(
                "Rules and the points each gives",
                (_RULE, _EVENT, _POINTS, _SHARE, _FIRED, _ACTIVE),
                rx.foreach(RulesState.rows, _row),
            ),
            style={"& tr[data-off=true] td": {"color": theme.MUTED}},
        ),
        rx.el.p(
            "Who publishes a version says whether it holds for new events alone, or "
            "for what was scored before, too.",
            style=theme.CAPTION_TEXT,
        ),
        style=_STACKED,
    )


def rules_page() -> rx.Component:
    """Return the page."""
    return shell(
        "Rules",
        content(
            RulesState.status,
            RulesState.load,
            loading=card(skeleton_rows(10)),
            ready=rx.fragment(
                _bar(),
                rescore_progress(),
                _draft(),
                columns(
                    rx.el.div(
                        _rules(),
                        rule_limits(),
                        rule_tests(),
                        style={**_STACKED, "gap": theme.SPACE_4},
                    ),
                    rx.el.div(
                        rule_simulator(),
                        _versions(),
                        style={**_STACKED, "gap": theme.SPACE_4},
                    ),
                    stacked=theme.UNDER_ROOMY,
                ),
                rx.el.datalist(
                    rx.foreach(
                        RulesState.event_types,
                        lambda event_type: rx.el.option(value=event_type),
                    ),
                    id=EVENT_TYPES,
                ),
            ),
        ),
        current="/rules",
    )
