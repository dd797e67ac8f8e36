"""The table of leads: rows that are ticked, opened and held still."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.badge import label
from leadpulse_app.components.explanation import VELOCITY
from leadpulse_app.components.held_list import (
    decoded_rows,
    held_list,
    held_rows,
    tick_box,
    tick_page,
)
from leadpulse_app.components.link import link
from leadpulse_app.components.moment import moment
from leadpulse_app.components.pager import pager
from leadpulse_app.components.score import score
from leadpulse_app.components.stage import stage_badge
from leadpulse_app.components.table import Column, row_link, table
from leadpulse_app.state.lead_row import LeadRow
from leadpulse_app.state.leads import LeadsState, SortHead

LIST = "leads"

_ROWS = held_rows(
    LIST, decoded_rows(LIST, LeadsState.rows, list[LeadRow]), LeadsState.place
)


def _sort_link(name: str, head: rx.Var[SortHead]) -> rx.Component:
    return link(
        name,
        rx.cond(
            head.order == "descending",
            rx.icon("arrow-down", size=theme.ICON_SMALL, aria_hidden=True),
        ),
        href=head.href,
        underline="none",
        style={
            "display": "inline-flex",
            "align_items": "center",
            "gap": theme.SPACE_HALF,
            "font": "inherit",
            "color": rx.cond(head.order == "descending", theme.INK, "inherit"),
            "_hover": {"color": theme.INK},
        },
    )


_TICK_AND_NAME: theme.Style = {
    "display": "flex",
    "align_items": "center",
    "gap": theme.SPACE_3,
    "min_width": "0",
}


def _name_heading() -> rx.Component:
    return rx.el.div(
        tick_page("Select all on this page", _ROWS),
        _sort_link("Name", LeadsState.newest_head),
        style=_TICK_AND_NAME,
    )


def _columns() -> tuple[Column, ...]:
    return (
        Column("Name", heading=_name_heading()),
        Column("Company", keep="wide", quiet=True),
        Column(
            "Score",
            align="end",
            heading=_sort_link("Score", LeadsState.score_head),
            order=LeadsState.score_head.order,
        ),
        Column("Stage"),
        Column("Velocity", align="end", keep="wide", explanation=VELOCITY),
        Column(
            "Last seen",
            keep="medium",
            quiet=True,
            heading=_sort_link("Last seen", LeadsState.seen_head),
            order=LeadsState.seen_head.order,
        ),
        Column("Owner", keep="wide", quiet=True),
        Column("Next action", keep="medium"),
    )


def _tags(lead: rx.Var[LeadRow]) -> rx.Component:
    return rx.el.span(
        rx.foreach(lead.tags, label),
        rx.cond(
            lead.more_tags != "", rx.el.span(lead.more_tags, style=theme.CAPTION_TEXT)
        ),
        style={
            "display": "inline-flex",
            "align_items": "center",
            "gap": theme.SPACE_1,
            "flex_shrink": "0",
            "_empty": theme.GONE,
            theme.UNDER_WIDE: theme.GONE,
        },
    )


def _row(columns: tuple[Column, ...], lead: rx.Var[LeadRow]) -> rx.Component:
    name, company, points, stage, velocity, seen, owner, action = columns
    return rx.el.tr(
        name.cell(
            rx.el.div(
                tick_box("Select " + lead.name, lead.id),
                rx.el.div(
                    row_link(
                        lead.name, lead.href, on_click=LeadsState.open_drawer(lead.id)
                    ),
                    style=theme.ONE_LINE,
                ),
                _tags(lead),
                style=_TICK_AND_NAME,
            )
        ),
        company.cell(lead.company),
        points.cell(score(lead.score, lead.score_percent, lead.stage)),
        stage.cell(stage_badge(lead.stage)),
        velocity.cell(lead.velocity),
        seen.cell(moment(lead.last_seen)),
        owner.cell(lead.owner),
        action.cell(lead.next_action),
        key=lead.id,
        custom_attrs={"data-changed": lead.changed, "data-row": lead.id},
    )


def lead_table() -> rx.Component:
    """Return the table with its pager."""
    columns = _columns()
    return rx.fragment(
        held_list(
            LIST,
            table(
                LeadsState.caption,
                columns,
                rx.foreach(
                    _ROWS,
                    lambda lead: _row(columns, lead),
                ),
            ),
        ),
        pager(
            ("Previous", LeadsState.previous_href),
            ("Next", LeadsState.next_href),
            place=LeadsState.range_text,
        ),
    )
