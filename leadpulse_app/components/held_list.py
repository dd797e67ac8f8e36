"""A live list that holds still while people are at it, and whose rows they tick.

While the pointer is over it or focus is in it, rows change in place, and none comes,
goes or moves; a chip says how many would and lets them. All of it is in the browser
(assets/rows.js): no round trip, and nobody who left can hold a list for longer than a
minute.
"""

from typing import TypeVar

import reflex as rx
from reflex_base.utils.imports import ImportVar
from reflex_base.vars import VarData
from reflex_base.vars.base import (
    CustomVarOperationReturn,
    var_operation,
    var_operation_return,
)
from reflex_base.vars.number import NumberVar
from reflex_base.vars.sequence import ArrayVar

from leadpulse_app.components import theme

Row = TypeVar("Row")

_SCRIPT = "$/public/rows.js"

_CHIP: theme.Style = {
    "display": "inline-flex",
    "align_items": "center",
    "gap": theme.SPACE_1,
    "padding": f"{theme.SPACE_1} {theme.SPACE_3}",
    "border_radius": theme.ROUND,
    "background": theme.ACCENT,
    "color": theme.ON_ACCENT,
    "cursor": "pointer",
    "pointer_events": "auto",
    **theme.BADGE_TEXT,
}


def decoded_rows(
    name: str, rows: rx.Var[str], kind: type[list[Row]]
) -> ArrayVar[list[Row]]:
    """Return the rows of a list that are sent as JSON.

    Args:
        name: The list's, as in `held_list`.
        rows: The rows as JSON; each has an `id`.
        kind: Their type, as `list[LeadRow]`.
    """
    decoded = f"{name}Rows"
    hook = f"const {decoded} = useDecoded({rows!s});"
    return rows._replace(
        _js_expr=decoded,
        merge_var_data=VarData(
            imports={_SCRIPT: [ImportVar(tag="useDecoded")]}, hooks={hook: None}
        ),
    ).to(ArrayVar, kind)


def held_rows(
    name: str, rows: ArrayVar[list[Row]], place: rx.Var[str]
) -> ArrayVar[list[Row]]:
    """Return the rows as they are to be shown, each saying whether it `changed`.

    Args:
        name: The list's, as in `held_list`.
        rows: The rows as they are now; each has an `id`, and may have a
            `score`, whose change marks it.
        place: Which list they are of; another one comes in at once. Of the same state.
    """
    held = f"{name}Held"
    hook = f"const {held} = useHeldRows({name!r}, {rows!s}, {place!s});"
    return rows._replace(
        _js_expr=held,
        merge_var_data=VarData(
            imports={_SCRIPT: [ImportVar(tag="useHeldRows")]}, hooks={hook: None}
        ),
    )


ticked = rx.Var(
    "ticked",
    _var_data=VarData(
        imports={_SCRIPT: [ImportVar(tag="useTicked")]},
        hooks={"const ticked = useTicked();": None},
    ),
).to(ArrayVar, list[str])
"""The ids of the leads that are ticked, 1,000 at most."""


def ticked_in(place: rx.Var[str]) -> ArrayVar[list[str]]:
    """Return `ticked`, of which nothing is left once another list is shown.

    Args:
        place: Which list is shown, as for `held_rows`; its pages are of one list.
    """
    return place._replace(
        _js_expr="ticked",
        merge_var_data=VarData(
            imports={_SCRIPT: [ImportVar(tag="useTicked")]},
            hooks={f"const ticked = useTicked({place!s});": None},
        ),
    ).to(ArrayVar, list[str])


opened: rx.Var[str] = rx.Var(
    "opened",
    _var_data=VarData(
        imports={_SCRIPT: [ImportVar(tag="useOpened")]},
        hooks={"const opened = useOpened();": None},
    ),
).to(str)
"""The id of what the address says is open; empty where nothing is."""


def _waiting(name: str) -> NumberVar[int]:
    return rx.Var(
        "waiting",
        _var_data=VarData(
            imports={_SCRIPT: [ImportVar(tag="useWaiting")]},
            hooks={f"const waiting = useWaiting({name!r});": None},
        ),
    ).to(NumberVar, int)


def held_list(
    name: str,
    *children: rx.Component,
    one: str = "lead changed",
    many: str = "leads changed",
) -> rx.Component:
    """Return the element that a list holds still in, with the chip above it.

    Args:
        name: The list's, letters only.
        children: The list, whose rows are `held_rows`.
        one: What the chip says after the number 1.
        many: What it says after any other.
    """
    waiting = _waiting(name)
    return rx.el.div(
        rx.el.div(
            rx.cond(
                waiting > 0,
                rx.el.button(
                    rx.icon("arrow-up", size=theme.ICON_SMALL, aria_hidden=True),
                    waiting.to_string(),
                    rx.cond(waiting == 1, f" {one}", f" {many}"),
                    type="button",
                    title="Show them where they stand now",
                    custom_attrs={"data-apply": name},
                    style=_CHIP,
                ),
            ),
            aria_live="polite",
            style={
                "position": "absolute",
                "z_index": "1",
                "inset": f"{theme.SPACE_1} 0 auto {theme.CELL_WIDTH}",
                "display": "flex",
                "pointer_events": "none",
            },
        ),
        *children,
        custom_attrs={"data-hold": name},
        style={"position": "relative"},
    )


def tick_box(label: str | rx.Var[str], lead_id: rx.Var[str]) -> rx.Component:
    """Return the box that ticks a lead; with Shift, all from the last one to it."""
    return _box(label, ticked.contains(lead_id), lead_id)


@var_operation
def _are_all_ticked(
    rows: ArrayVar[list[Row]] | list[Row], ids: ArrayVar[list[str]] | list[str]
) -> CustomVarOperationReturn[bool]:
    return var_operation_return(
        f"({rows}.length > 0 && {rows}.every(({{ id }}) => {ids}.includes(id)))", bool
    )


def tick_page(label: str, rows: ArrayVar[list[Row]]) -> rx.Component:
    """Return the box that ticks all rows of the page."""
    return _box(label, _are_all_ticked(rows, ticked), "")


def _box(
    label: str | rx.Var[str], checked: rx.Var[bool], lead_id: rx.Var[str] | str
) -> rx.Component:
    return rx.el.input(
        type="checkbox",
        checked=checked,
        read_only=True,
        aria_label=label,
        custom_attrs={"data-tick": lead_id},
        style={
            "position": "relative",
            "z_index": "1",
            "flex_shrink": "0",
            "margin": "0",
            "cursor": "pointer",
            "accent_color": theme.ACCENT,
        },
    )
