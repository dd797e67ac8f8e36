"""The place for a file: chosen or dropped, how far it has come, what was wrong."""

from typing import Any

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.state.upload_outcome import BadLine

_PLACE: theme.Style = {
    "position": "relative",
    "display": "flex",
    "align_items": "center",
    "justify_content": "center",
    "gap": theme.SPACE_2,
    "min_height": theme.CONTROL_HEIGHT,
    "padding": f"{theme.SPACE_1} {theme.SPACE_4}",
    "border": f"{theme.HAIR} dashed {theme.LINE}",
    "border_radius": theme.RADIUS,
    "background": theme.SURFACE,
    **theme.BODY_TEXT,
    "font_weight": theme.MEDIUM,
    "transition": f"background {theme.QUICK}, border-color {theme.QUICK}",
    "_hover": {"background": theme.HOVER},
    "&:has([data-over])": {
        "background": theme.ACCENT_TINT,
        "border_color": theme.ACCENT,
    },
    "&:has(:focus-visible)": {
        "outline": f"{theme.FOCUS_RING} solid {theme.FOCUS}",
        "outline_offset": theme.HAIR,
    },
    theme.UNDER_NARROW: {"flex": "1"},
    "&:has(:disabled)": {"opacity": theme.DISABLED_OPACITY},
}

_PROGRESS: theme.Style = {
    "appearance": "none",
    "width": "100%",
    "height": theme.BAR_HEIGHT,
    "border": "0",
    "border_radius": theme.ROUND,
    "overflow": "hidden",
    "background": theme.PRESSED,
    "&::-webkit-progress-bar": {"background": "transparent"},
    "&::-webkit-progress-value": {
        "background": theme.ACCENT,
        "transition": f"inline-size {theme.QUICK}",
    },
    "&::-moz-progress-bar": {"background": theme.ACCENT},
    "&:indeterminate": {
        "background": theme.ACCENT,
        "animation": f"breathe {theme.PULSE}",
    },
    "@keyframes breathe": {"50%": {"opacity": "0.45"}},
}


def upload_place(label: str, hint: str, **props: Any) -> rx.Component:
    """Return where a file is dropped, or chosen by a click or the keyboard.

    A file input lies over all of it, so that the browser does the rest.

    Args:
        label: What to upload; it names the input too.
        hint: What else can be done, and what is accepted.
        props: More for the input, as `accept` and `on_change`.
    """
    return rx.el.label(
        rx.icon("upload", size=theme.ICON_SMALL, aria_hidden=True),
        label,
        rx.el.span(
            hint, style={**theme.CAPTION_TEXT, theme.UNDER_NARROW: theme.HIDDEN}
        ),
        rx.el.input(
            type="file",
            custom_attrs={"data-upload": ""},
            style={
                "position": "absolute",
                "inset": "0",
                "width": "100%",
                "opacity": "0",
                "cursor": "pointer",
            },
            **props,
        ),
        style=_PLACE,
    )


def upload_progress(label: str) -> rx.Component:
    """Return the bar that a script fills while a file is on its way."""
    return rx.el.div(
        rx.el.progress(
            max=1,
            aria_label=label,
            custom_attrs={"data-upload-progress": ""},
            style=_PROGRESS,
        ),
        rx.el.span(custom_attrs={"data-upload-text": ""}, style=theme.CAPTION_TEXT),
        style={"display": "flex", "flex_direction": "column", "gap": theme.SPACE_2},
    )


def bad_lines(lines: rx.Var[tuple[BadLine, ...]], more: rx.Var[str]) -> rx.Component:
    """Return the rows that were not taken, and how many are not told."""
    listed = rx.el.ol(
        rx.foreach(lines, _bad_line),
        tab_index=0,
        aria_label="Rows that could not be taken",
        style={
            "display": "flex",
            "flex_direction": "column",
            "gap": theme.SPACE_1,
            "max_height": theme.CODE_HEIGHT,
            "overflow_y": "auto",
            "margin": "0",
            "padding": "0",
            "list_style": "none",
            **theme.TABLE_TEXT,
        },
    )
    return rx.fragment(
        rx.cond(lines.length() > 0, listed),
        rx.el.p(more, style={**theme.CAPTION_TEXT, "_empty": theme.GONE}),
    )


def _bad_line(bad: rx.Var[BadLine]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            "Line " + bad.line,
            style={"font_weight": theme.MEDIUM, "white_space": "nowrap"},
        ),
        rx.el.span(bad.message, style={"overflow_wrap": "anywhere"}),
        style={"display": "flex", "gap": theme.SPACE_3, "align_items": "baseline"},
    )
