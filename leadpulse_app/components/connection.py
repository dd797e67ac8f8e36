"""Whether this page still hears from the server, and what that means for it."""

import reflex as rx
from reflex_base.constants import Hooks, Imports
from reflex_base.utils.imports import ImportVar
from reflex_base.vars import VarData
from reflex_base.vars.number import BooleanVar, NumberVar

from leadpulse_app.components import theme
from leadpulse_app.state.shell import ShellState

_WATCH_NETWORK = """useEffect(() => {
    const look = () => setOffline(!navigator.onLine);
    const changes = ["online", "offline"];
    look();
    changes.forEach((change) => window.addEventListener(change, look));
    return () =>
        changes.forEach((change) => window.removeEventListener(change, look));
}, []);"""

_COUNT_SECONDS = """useEffect(() => {
    setSecondsLost(0);
    if (!isLost) return;
    const since = Date.now();
    const count = () => setSecondsLost(Math.round((Date.now() - since) / 1000));
    const timer = setInterval(count, 1000);
    return () => clearInterval(timer);
}, [isLost]);"""

_LOST = "(offline || connectErrors.length > 0)"
_WATCHED = VarData(
    imports={
        **Imports.CONNECT_ERRORS,
        "react": [
            *Imports.CONNECT_ERRORS.get("react", ()),
            ImportVar(tag="useState"),
            ImportVar(tag="useEffect"),
        ],
    },
    hooks={
        Hooks.CONNECT_ERRORS: None,
        "const [offline, setOffline] = useState(false);": None,
        _WATCH_NETWORK: None,
    },
)

connection_lost = rx.Var(_LOST, _var_data=_WATCHED).to(BooleanVar)
"""Whether the browser is offline, or the server did not answer the last attempt.

A browser notices at once that it is offline; that a connection has gone silent,
only when a ping stays unanswered.
"""


seconds_lost = rx.Var(
    "secondsLost",
    _var_data=VarData.merge(
        _WATCHED,
        VarData(
            hooks={
                "const [secondsLost, setSecondsLost] = useState(0);": None,
                f"const isLost = {_LOST};": None,
                _COUNT_SECONDS: None,
            }
        ),
    ),
).to(NumberVar, int)
"""For how long the connection has been lost."""

_INDICATOR: theme.Style = {
    "display": "inline-flex",
    "align_items": "center",
    "gap": theme.SPACE_2,
    "min_height": theme.SPACE_6,
    "padding": f"0 {theme.SPACE_2}",
    "border_radius": theme.RADIUS_SMALL,
    "white_space": "nowrap",
    "cursor": "pointer",
    **theme.CAPTION_TEXT,
    "font_weight": theme.MEDIUM,
    "font_variant_numeric": theme.TABULAR,
    "_hover": {"background": theme.HOVER},
}


def _dot(colour: str) -> rx.Component:
    return rx.el.span(
        aria_hidden=True,
        style={
            "width": theme.DOT,
            "height": theme.DOT,
            "border_radius": theme.ROUND,
            "background": colour,
        },
    )


def _late(word: str, *more: rx.Component) -> rx.Component:
    return rx.el.span(
        _dot(theme.CAUTION_DOT),
        word,
        *more,
        title="What you see may be out of date; this page catches up by itself",
        style={**_INDICATOR, "cursor": "default"},
    )


def _button(sign: rx.Component, word: str, does: str, explanation: str) -> rx.Component:
    return rx.el.button(
        sign,
        word,
        type="button",
        aria_label=f"{word}, {does}",
        title=explanation,
        on_click=ShellState.toggle_pause,
        style=_INDICATOR,
    )


def live_indicator(stale: rx.Var[bool]) -> rx.Component:
    """Return whether what is shown changes by itself now; a click pauses that.

    Args:
        stale: Whether the server couldn't read what is shown anew.
    """
    return rx.el.span(
        rx.cond(
            connection_lost,
            _late(
                "Reconnecting",
                # Once read aloud is enough.
                rx.el.span(seconds_lost, " s", aria_hidden=True),
            ),
            rx.cond(
                stale,
                _late("Database away"),
                rx.cond(
                    ShellState.paused,
                    _button(
                        rx.icon("pause", size=theme.ICON_SMALL, aria_hidden=True),
                        "Paused",
                        "resume",
                        "This page holds still; click to catch up and go on",
                    ),
                    _button(
                        _dot(theme.GOOD_DOT),
                        "Live",
                        "pause",
                        "New events and scores appear by themselves; click to pause",
                    ),
                ),
            ),
        ),
        role="status",
        style={"display": "inline-flex"},
    )


_BANNER: theme.Style = {
    "position": "sticky",
    "top": theme.TOP_BAR_HEIGHT,
    "z_index": theme.ABOVE_PAGE,
    "display": "flex",
    "align_items": "center",
    "justify_content": "center",
    "gap": theme.SPACE_2,
    "padding": f"{theme.SPACE_2} {theme.SPACE_4}",
    "background": theme.CAUTION_TINT,
    "border_bottom": f"{theme.HAIR} solid {theme.CAUTION_LINE}",
    "color": theme.CAUTION_INK,
    **theme.BODY_TEXT,
    "font_weight": theme.MEDIUM,
    "_empty": theme.GONE,
}


def account_problem() -> rx.Component:
    """Return where a script says that signing out, or another project, did not work."""
    return rx.el.p(
        role="alert", custom_attrs={"data-account-problem": ""}, style=_BANNER
    )


def connection_banner() -> rx.Component:
    """Return the notice that shows while the connection is lost."""
    return rx.cond(
        connection_lost,
        rx.el.div(
            rx.icon(
                "wifi-off",
                size=theme.ICON,
                aria_hidden=True,
                style={"flex_shrink": "0"},
            ),
            "Connection lost. What you see may be out of date; "
            "this page reconnects and catches up by itself.",
            role="status",
            style=_BANNER,
        ),
        rx.fragment(),
    )
