"""The ways for events to come in: what to paste for each, and whether any came."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import text_link
from leadpulse_app.components.card import body, section
from leadpulse_app.components.code_block import code_block
from leadpulse_app.components.moment import moment
from leadpulse_app.components.webhooks_in import webhooks_in
from leadpulse_app.state.integrations import IntegrationsState
from leadpulse_app.state.snippets import Code, Source

_WEBHOOKS = "webhooks"
"""Without a space: what names a panel by its tab takes one for the end of an id."""

_STACK: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_3,
}


def event_sources() -> rx.Component:
    """Return a tab for each way, and the listener below them."""
    return section(
        "Send events",
        rx.tabs.root(
            rx.tabs.list(
                rx.foreach(
                    IntegrationsState.sources,
                    lambda source: rx.tabs.trigger(source.name, value=source.name),
                ),
                rx.tabs.trigger("Webhooks in", value=_WEBHOOKS),
                aria_label="Ways to send events",
                style={"overflow_x": "auto", "scrollbar_width": "none"},
            ),
            rx.foreach(IntegrationsState.sources, _source),
            _panel(_WEBHOOKS, webhooks_in()),
            default_value="Browser",
        ),
        _listener(),
        note=_key_choice(),
    )


def _panel(name: str | rx.Var[str], *children: rx.Component) -> rx.Component:
    return rx.tabs.content(body(*children), value=name)


def _source(source: rx.Var[Source]) -> rx.Component:
    return _panel(
        source.name,
        rx.el.p(source.said, style={"color": theme.MUTED}),
        rx.foreach(source.codes, _code),
    )


def _code(code: rx.Var[Code]) -> rx.Component:
    return rx.el.div(
        rx.el.p(code.note, style={"color": theme.MUTED, "_empty": theme.GONE}),
        code_block(code.code, code.name, code.language),
        style=_STACK,
    )


def _key_choice() -> rx.Component:
    return rx.cond(
        IntegrationsState.keys.length() > 1,
        rx.el.label(
            "Key",
            rx.el.select(
                rx.foreach(
                    IntegrationsState.keys,
                    lambda row: rx.el.option(row.name, value=row.id),
                ),
                value=IntegrationsState.key_id,
                on_change=IntegrationsState.choose_key,
                aria_label="Key in the code",
                style={
                    "height": theme.CONTROL_HEIGHT,
                    "max_width": theme.CELL_WIDTH,
                    "padding": f"0 {theme.SPACE_2}",
                    "border": f"{theme.HAIR} solid {theme.LINE}",
                    "border_radius": theme.RADIUS,
                    "background": theme.SURFACE,
                    "color": theme.INK,
                    **theme.TABLE_TEXT,
                },
            ),
            style={
                "display": "flex",
                "align_items": "center",
                "gap": theme.SPACE_2,
                **theme.CAPTION_TEXT,
            },
        ),
    )


def _listener() -> rx.Component:
    latest = IntegrationsState.latest
    return rx.el.div(
        rx.cond(
            latest.type != "",
            rx.el.p(
                rx.icon(
                    "check",
                    size=theme.ICON,
                    aria_hidden=True,
                    style={"color": theme.GOOD, "flex_shrink": "0"},
                ),
                rx.el.span(
                    rx.el.strong(latest.type, style={"font_weight": theme.SEMIBOLD}),
                    " from ",
                    text_link(latest.lead, latest.href),
                    " ",
                    moment(latest.arrived),
                    f", {latest.outcome}",
                    style={"overflow_wrap": "anywhere"},
                ),
                style=_LISTENING,
            ),
            rx.el.p(
                rx.el.span(
                    aria_hidden=True,
                    style={
                        "width": theme.DOT,
                        "height": theme.DOT,
                        "flex_shrink": "0",
                        "border_radius": theme.ROUND,
                        "background": theme.CAUTION_DOT,
                        "animation": f"listen {theme.PULSE}",
                        "@keyframes listen": {"50%": {"opacity": "0.3"}},
                    },
                ),
                "Waiting for your first event…",
                style={**_LISTENING, "color": theme.MUTED},
            ),
        ),
        role="status",
        style={
            "padding": f"{theme.SPACE_3} {theme.SPACE_4}",
            "border_top": f"{theme.HAIR} solid {theme.HAIRLINE}",
        },
    )


_LISTENING: theme.Style = {
    "display": "flex",
    "align_items": "center",
    "gap": theme.SPACE_2,
}
