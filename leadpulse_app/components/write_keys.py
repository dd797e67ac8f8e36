"""The write keys of a project: which there are, when they were used, new ones."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import plain_button, quiet_button
from leadpulse_app.components.card import section
from leadpulse_app.components.code_block import copy_button
from leadpulse_app.components.confirmation import confirmed
from leadpulse_app.components.moment import moment
from leadpulse_app.components.table import Column, table
from leadpulse_app.domain.project import MAXIMUM_KEY_NAME
from leadpulse_app.state.integrations import IntegrationsState
from leadpulse_app.state.write_keys import KeyRow

_NAME = Column("Name")
_KEY = Column("Key", keep="medium")
_CREATED = Column("Created", keep="wide", quiet=True)
_USED = Column("Last used", explanation="To within a minute")
_ACTIONS = Column("Actions", align="end")


def write_keys() -> rx.Component:
    """Return the keys, and the form for a new one."""
    return section(
        "Write keys",
        rx.el.p(
            "A key names your project. It lets events in and nothing out, so it may "
            "stand in a page's source.",
            style={
                "padding": f"{theme.SPACE_3} {theme.SPACE_4}",
                "color": theme.MUTED,
                "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
            },
        ),
        table(
            "Write keys, oldest first",
            (_NAME, _KEY, _CREATED, _USED, _ACTIONS),
            rx.foreach(IntegrationsState.keys, _row),
        ),
        rx.cond(
            IntegrationsState.is_admin,
            _form(),
            rx.el.p(
                "Only an admin of the project makes and revokes keys.",
                style={
                    **theme.CAPTION_TEXT,
                    "padding": f"{theme.SPACE_3} {theme.SPACE_4}",
                    "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
                },
            ),
        ),
    )


def _row(row: rx.Var[KeyRow]) -> rx.Component:
    return rx.el.tr(
        _NAME.cell(
            rx.el.div(row.name, style={**theme.ONE_LINE, "font_weight": theme.MEDIUM})
        ),
        _KEY.cell(rx.el.code(row.key, title=row.key, style=theme.CODE_TEXT)),
        _CREATED.cell(moment(row.created)),
        _USED.cell(moment(row.last_used)),
        _ACTIONS.cell(
            rx.el.span(
                copy_button(row.key, "write key"),
                rx.cond(IntegrationsState.is_admin, _revoke(row)),
                style={
                    "display": "inline-flex",
                    "align_items": "center",
                    "gap": theme.SPACE_3,
                },
            )
        ),
        key=row.id,
    )


def _revoke(row: rx.Var[KeyRow]) -> rx.Component:
    return confirmed(
        plain_button("Revoke", aria_label="Revoke " + row.name, size="1"),
        "Revoke " + row.name + "?",
        "Whatever sends with this key is refused within five seconds. Its events stay. "
        "It can't be taken back.",
        "Revoke",
        IntegrationsState.revoke_key(row.id),
    )


def _form() -> rx.Component:
    return rx.el.form(
        rx.el.div(
            rx.input(
                name="keyName",
                placeholder="Name, as Website or Backend",
                max_length=MAXIMUM_KEY_NAME,
                required=True,
                size="2",
                custom_attrs={
                    "aria-label": "Name of the new key",
                    "aria-describedby": "key-problem",
                    "aria-invalid": IntegrationsState.key_problem.bool(),
                },
                style={"flex": "1", "max_width": theme.FORM_WIDTH},
            ),
            quiet_button("Create key", type="submit"),
            style={"display": "flex", "gap": theme.SPACE_2},
        ),
        rx.el.p(
            IntegrationsState.key_problem,
            id="key-problem",
            role="alert",
            style=theme.PROBLEM_TEXT,
        ),
        key=IntegrationsState.key_form.to_string(),  # empties it once a key is made
        on_submit=IntegrationsState.make_key,
        style={
            "display": "flex",
            "flex_direction": "column",
            "gap": theme.SPACE_1,
            "padding": f"{theme.SPACE_3} {theme.SPACE_4}",
            "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
        },
    )
