"""Whether this page still hears from the server, and what that means for it."""

import reflex as rx
from reflex_base.constants import Hooks, Imports
from reflex_base.utils.imports import ImportVar
from reflex_base.vars import VarData
from reflex_base.vars.number import BooleanVar

from leadpulse_app.components import theme

_WATCH_NETWORK = """useEffect(() => {
    const look = () => setOffline(!navigator.onLine);
    const changes = ["online", "offline"];
    look();
    changes.forEach((change) => window.addEventListener(change, look));
    return () =>
        changes.forEach((change) => window.removeEventListener(change, look));
}, []);"""

connection_lost = rx.Var(
    "(offline || connectErrors.length > 0)",
    _var_data=VarData(
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
    ),
).to(BooleanVar)
"""Whether the browser is offline, or the server did not answer the last attempt.

A browser notices at once that it is offline; that a connection has gone silent,
only when a ping stays unanswered.
"""


_INDICATOR: theme.Style = {
    "display": "inline-flex",
    "align_items": "center",
    "gap": theme.SPACE_2,
    "padding": f"0 {theme.SPACE_2}",
    **theme.CAPTION_TEXT,
    "font_weight": theme.MEDIUM,
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


def _said(colour: str, text: str, explanation: str) -> rx.Component:
    return rx.el.span(_dot(colour), text, title=explanation, style=_INDICATOR)


def live_indicator(stale: rx.Var[bool]) -> rx.Component:
    """Return whether what is shown changes by itself now.

    Args:
        stale: Whether the server couldn't read what is shown anew.
    """
    return rx.el.span(
        rx.cond(
            connection_lost,
            _said(
                theme.CAUTION_DOT,
                "Reconnecting",
                "What you see may be out of date; this page catches up by itself",
            ),
            rx.cond(
                stale,
                _said(
                    theme.CAUTION_DOT,
                    "Database away",
                    "What you see may be out of date; this page catches up by itself",
                ),
                _said(
                    theme.GOOD_DOT, "Live", "New events and scores appear by themselves"
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
    "color": theme.CAUTION,
    **theme.BODY_TEXT,
    "font_weight": theme.MEDIUM,
    "_empty": theme.GONE,
}


def sign_out_problem() -> rx.Component:
    """Return the place in which a script says that signing out did not work."""
    return rx.el.p(
        role="alert", custom_attrs={"data-sign-out-problem": ""}, style=_BANNER
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
