"""The preview of the draft: a dialog with its progress and then what it says."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import primary_button, quiet_button, text_link
from leadpulse_app.components.dialog import dialog
from leadpulse_app.components.moment import moment
from leadpulse_app.components.score import bar, delta
from leadpulse_app.components.skeleton import bone
from leadpulse_app.components.stage import stage_badge, stage_fill
from leadpulse_app.components.table import Column, table
from leadpulse_app.services.previews import PreviewStatus
from leadpulse_app.state.what_if import (
    BandRow,
    BarRow,
    ChangedRow,
    LeadRow,
    MoveRow,
    RuleRow,
    ShareRow,
    StageRow,
    WhatIfState,
)

_STAGE = Column("Stage")
_RULE = Column("Rule")
_NOW = Column("Now", align="end")
_DRAFT = Column("Draft", align="end")
_CHANGE = Column("Change", align="end")
_CHANGE_IF_ROOM = Column("Change", align="end", keep="medium")
_FIGURES = (_NOW, _DRAFT, _CHANGE)

_STACKED: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_3,
    "min_width": "0",
}

_FRAMED: theme.Style = {
    "border": f"{theme.HAIR} solid {theme.HAIRLINE}",
    "border_radius": theme.RADIUS,
    "overflow": "hidden",
}

_DETAILS: theme.Style = {
    "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
    **theme.TABLE_TEXT,
    "_first_child": {"border_top": "0"},
    "& > summary": {
        "display": "flex",
        "align_items": "center",
        "gap": theme.SPACE_3,
        "min_height": theme.ROW_HEIGHT,
        "padding": f"{theme.SPACE_1} {theme.SPACE_3}",
        "cursor": "pointer",
        "list_style": "none",
    },
    "& > summary::-webkit-details-marker": theme.GONE,
    "& > summary:hover": {"background": theme.HOVER},
    "& > summary > svg:first-of-type": {
        "flex_shrink": "0",
        "color": theme.MUTED,
        "transition": f"transform {theme.QUICK}",
    },
    "&[open] > summary > svg:first-of-type": {"transform": "rotate(90deg)"},
}

_INNER: theme.Style = {
    "padding": f"0 {theme.SPACE_3} {theme.SPACE_3} {theme.SPACE_10}",
    theme.UNDER_NARROW: {"padding_inline_start": theme.SPACE_3},
}


def _chevron() -> rx.Component:
    return rx.icon("chevron-right", size=theme.ICON_SMALL, aria_hidden=True)


def _arrow() -> rx.Component:
    return rx.icon(
        "arrow-right",
        size=theme.ICON_SMALL,
        aria_label="to",
        style={"flex_shrink": "0", "color": theme.MUTED},
    )


def _part(heading: str, *children: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h3(heading, style={**theme.SECTION_TEXT, "margin": "0"}),
        *children,
        aria_label=heading,
        style={**_STACKED, "gap": theme.SPACE_2},
    )


def _again(label: str) -> rx.Component:
    return primary_button(label, on_click=WhatIfState.start_again)


def _progress() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            rx.cond(
                WhatIfState.progress != "",
                "Scored " + WhatIfState.progress + " anew",
                "Waiting for a worker to begin",
            ),
            style={"font_variant_numeric": theme.TABULAR},
        ),
        rx.el.div(
            bar(WhatIfState.percent, theme.ACCENT),
            role="progressbar",
            aria_label="How far the preview has come",
            aria_valuenow=WhatIfState.percent,
            aria_valuemin=0,
            aria_valuemax=100,
        ),
        rx.el.p(WhatIfState.problem, role="alert", style=theme.PROBLEM_TEXT),
        rx.el.div(
            quiet_button("Cancel", on_click=WhatIfState.cancel), style=theme.BESIDE
        ),
        style=_STACKED,
    )


def _starting() -> rx.Component:
    return rx.el.div(
        bone("40%"),
        bone("100%", theme.BAR_HEIGHT),
        rx.el.p(WhatIfState.problem, role="alert", style=theme.PROBLEM_TEXT),
        style=_STACKED,
    )


def _ended() -> rx.Component:
    return rx.el.div(
        rx.el.p(WhatIfState.problem, role="alert"),
        rx.el.div(_again("Preview again"), style=theme.BESIDE),
        style=_STACKED,
    )


def _stale() -> rx.Component:
    return rx.cond(
        WhatIfState.stale,
        rx.el.div(
            rx.el.p(
                "The draft or the rules in force have changed since.",
                style={"color": theme.CAUTION},
            ),
            _again("Preview again"),
            role="status",
            style={
                **theme.BESIDE,
                "justify_content": "space-between",
                "padding": f"{theme.SPACE_2} {theme.SPACE_3}",
                "border": f"{theme.HAIR} solid {theme.CAUTION_LINE}",
                "border_radius": theme.RADIUS,
                "background": theme.CAUTION_TINT,
            },
        ),
    )


def _column(height: rx.Var[str], colour: str) -> rx.Component:
    return rx.el.span(
        style={
            "flex": "1",
            "height": height,
            "background": colour,
            "border_radius": f"{theme.HAIR} {theme.HAIR} 0 0",
        }
    )


def _bar(each: rx.Var[BarRow]) -> rx.Component:
    return rx.el.span(
        _column(each.old_height, theme.FAINT),
        _column(each.new_height, theme.ACCENT),
        key=each.start,
        title=each.text,
        style={
            "display": "flex",
            "flex": "1",
            "align_items": "end",
            "gap": theme.HAIR,
            "height": "100%",
            "_hover": {"background": theme.HOVER},
        },
    )


def _label(each: rx.Var[BarRow]) -> rx.Component:
    return rx.el.span(
        each.label,
        key=each.start,
        style={"flex": "1", "width": "0", "white_space": "nowrap"},
    )


def _band(each: rx.Var[BandRow]) -> rx.Component:
    return rx.el.span(
        each.word,
        key=each.stage,
        title=each.text,
        style={
            "width": each.width,
            "padding_inline_start": theme.SPACE_1,
            "border_top": f"{theme.FOCUS_RING} solid",
            "border_color": stage_fill(each.stage),
            "min_height": theme.SPACE_5,
            **theme.ONE_LINE,
        },
    )


def _strip(name: str, bands: rx.Var[list[BandRow]]) -> rx.Component:
    return rx.el.div(
        rx.foreach(bands, _band),
        title=name,
        style={"display": "flex", **theme.CAPTION_TEXT},
    )


def _key(colour: str, word: str) -> rx.Component:
    return rx.el.span(
        rx.el.span(
            aria_hidden=True,
            style={
                "width": theme.SPACE_2,
                "height": theme.SPACE_2,
                "border_radius": theme.HAIR,
                "background": colour,
            },
        ),
        word,
        style={**theme.BESIDE, "gap": theme.SPACE_1},
    )


def _distribution() -> rx.Component:
    return _part(
        "Scores",
        rx.el.div(
            _key(theme.FAINT, "Now"),
            _key(theme.ACCENT, "Draft"),
            style={**theme.BESIDE, "gap": theme.SPACE_4, **theme.CAPTION_TEXT},
        ),
        rx.el.div(
            rx.el.div(
                rx.foreach(WhatIfState.bars, _bar),
                style={
                    "display": "flex",
                    "gap": theme.SPACE_HALF,
                    "height": theme.PLOT_HEIGHT,
                    "border_bottom": f"{theme.HAIR} solid {theme.LINE}",
                },
            ),
            rx.el.div(
                rx.foreach(WhatIfState.bars, _label),
                style={
                    "display": "flex",
                    "gap": theme.SPACE_HALF,
                    "padding_block": theme.SPACE_1,
                    "font_variant_numeric": theme.TABULAR,
                    **theme.CAPTION_TEXT,
                },
            ),
            rx.cond(
                WhatIfState.old_bands.length() > 0,
                rx.fragment(
                    rx.el.p("Stages now", style=theme.CAPTION_TEXT),
                    _strip("Stages now", WhatIfState.old_bands),
                    rx.el.p("Stages with the draft", style=theme.CAPTION_TEXT),
                ),
            ),
            _strip("Stages", WhatIfState.bands),
            role="img",
            aria_label="How many leads have which score, now and with the draft",
        ),
    )


def _stage_row(each: rx.Var[StageRow]) -> rx.Component:
    return rx.el.tr(
        _STAGE.cell(stage_badge(each.stage)),
        _NOW.cell(each.old),
        _DRAFT.cell(each.new),
        _CHANGE.cell(delta(each.change)),
        key=each.stage,
    )


def _scores(old: rx.Var[str], new: rx.Var[str]) -> rx.Component:
    return rx.el.span(
        old,
        _arrow(),
        new,
        style={
            "display": "inline-flex",
            "align_items": "center",
            "gap": theme.SPACE_1,
            "font_variant_numeric": theme.TABULAR,
        },
    )


def _moved(lead: rx.Var[LeadRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            text_link(lead.name, lead.href),
            style={"min_width": "0", **theme.ONE_LINE},
        ),
        _scores(lead.old_score, lead.new_score),
        key=lead.id,
        style={
            "display": "flex",
            "justify_content": "space-between",
            "gap": theme.SPACE_3,
        },
    )


def _move(move: rx.Var[MoveRow]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            _chevron(),
            stage_badge(move.old_stage),
            _arrow(),
            stage_badge(move.new_stage),
            rx.el.span(
                move.count,
                style={"margin_inline_start": "auto", "font_weight": theme.MEDIUM},
            ),
        ),
        rx.el.div(
            rx.el.ul(
                rx.foreach(move.leads, _moved),
                style={
                    **_STACKED,
                    "gap": theme.SPACE_1,
                    "margin": "0",
                    "padding": "0",
                    "list_style": "none",
                },
            ),
            rx.cond(
                move.more != "",
                rx.el.p(
                    move.more, style={**theme.CAPTION_TEXT, "margin_top": theme.SPACE_1}
                ),
            ),
            style=_INNER,
        ),
        key=move.old_stage + move.new_stage,
        style=_DETAILS,
    )


def _stages() -> rx.Component:
    return _part(
        "Stages",
        rx.el.div(
            table(
                "Leads in each stage, now and with the draft",
                (_STAGE, *_FIGURES),
                rx.foreach(WhatIfState.stages, _stage_row),
            ),
            style=_FRAMED,
        ),
        rx.cond(
            WhatIfState.moves.length() > 0,
            rx.el.div(
                rx.foreach(WhatIfState.moves, _move),
                style=_FRAMED,
                aria_label="Leads that change stage",
                role="group",
            ),
            rx.el.p("No lead would change stage.", style={"color": theme.MUTED}),
        ),
    )


def _given(times: rx.Var[str], points: rx.Var[str]) -> rx.Component:
    return rx.fragment(
        rx.el.span(
            times, style={"color": theme.MUTED, "margin_inline_end": theme.SPACE_2}
        ),
        points,
    )


def _share_row(share: rx.Var[ShareRow]) -> rx.Component:
    return rx.el.tr(
        _RULE.cell(share.name),
        _NOW.cell(_given(share.old_times, share.old_points)),
        _DRAFT.cell(_given(share.new_times, share.new_points)),
        _CHANGE_IF_ROOM.cell(delta(share.change)),
        key=share.id,
    )


def _changed(lead: rx.Var[ChangedRow]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            _chevron(),
            rx.el.span(
                lead.name,
                style={
                    "flex": "1",
                    "min_width": "0",
                    "font_weight": theme.MEDIUM,
                    **theme.ONE_LINE,
                },
            ),
            rx.el.span(
                stage_badge(lead.old_stage),
                rx.cond(
                    lead.old_stage != lead.new_stage,
                    rx.fragment(_arrow(), stage_badge(lead.new_stage)),
                ),
                style={**theme.BESIDE, theme.UNDER_NARROW: theme.GONE},
            ),
            _scores(lead.old_score, lead.new_score),
            rx.el.span(
                delta(lead.change),
                style={"min_width": theme.SCORE_WIDTH, "text_align": "end"},
            ),
        ),
        rx.el.div(
            text_link("Open the lead", lead.href),
            rx.el.div(
                table(
                    "What each rule gives the lead, now and with the draft",
                    (_RULE, _NOW, _DRAFT, _CHANGE_IF_ROOM),
                    rx.foreach(lead.rules, _share_row),
                ),
                style=_FRAMED,
            ),
            style={**_STACKED, "gap": theme.SPACE_2, **_INNER},
        ),
        key=lead.id,
        style=_DETAILS,
    )


def _leads() -> rx.Component:
    return rx.cond(
        WhatIfState.leads.length() > 0,
        _part(
            "Leads that change most",
            rx.el.div(
                rx.foreach(WhatIfState.leads, _changed),
                style=_FRAMED,
                role="group",
                aria_label="Leads that change most, with what each rule gives them",
            ),
        ),
    )


def _rule_row(rule: rx.Var[RuleRow]) -> rx.Component:
    return rx.el.tr(
        _RULE.cell(rule.name),
        _NOW.cell(rule.old),
        _DRAFT.cell(rule.new),
        _CHANGE.cell(delta(rule.change)),
        key=rule.id,
    )


def _rules() -> rx.Component:
    return _part(
        "Points from each rule",
        rx.el.div(
            table(
                "Points that each rule gives all leads, now and with the draft",
                (_RULE, *_FIGURES),
                rx.foreach(WhatIfState.rules, _rule_row),
            ),
            style=_FRAMED,
        ),
    )


def _result() -> rx.Component:
    return rx.el.div(
        _stale(),
        rx.el.p(
            rx.el.span(WhatIfState.summary, style={"font_weight": theme.MEDIUM}),
            rx.el.span(
                " · as of ", moment(WhatIfState.as_of), style={"color": theme.MUTED}
            ),
        ),
        _distribution(),
        _stages(),
        _leads(),
        _rules(),
        style={**_STACKED, "gap": theme.SPACE_6},
    )


def what_if() -> rx.Component:
    """Return the button that previews the draft, with the dialog it opens."""
    return dialog(
        quiet_button("Preview"),
        "What the draft would change",
        "All that was recorded so far is scored anew by the draft and compared with "
        "what stands now. No score is changed by it.",
        rx.el.div(
            rx.match(
                WhatIfState.status,
                (PreviewStatus.DONE.value, _result()),
                (PreviewStatus.WAITING.value, _progress()),
                (PreviewStatus.RUNNING.value, _progress()),
                (PreviewStatus.FAILED.value, _ended()),
                (PreviewStatus.CANCELLED.value, _ended()),
                _starting(),
            ),
            style={**theme.BODY_TEXT, "margin_top": theme.SPACE_4},
        ),
        rx.el.div(
            rx.dialog.close(quiet_button("Close")),
            style={
                "display": "flex",
                "justify_content": "flex-end",
                "margin_top": theme.SPACE_4,
            },
        ),
        is_open=WhatIfState.is_open,
        on_toggle=WhatIfState.toggle,
        width=theme.NARROW_PAGE_WIDTH,
    )
