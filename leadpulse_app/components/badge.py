"""A badge: an icon and a word in one colour."""

import reflex as rx

from leadpulse_app.components import theme


def badge(icon: rx.Component, word: str, colour: str) -> rx.Component:
    """Return a badge.

    Args:
        icon: Stands before the word.
        word: What it says.
        colour: The Radix scale of both, and of the tint behind them.
    """
    return rx.el.span(
        icon,
        word,
        style={
            "display": "inline-flex",
            "align_items": "center",
            "vertical_align": "middle",
            "gap": theme.SPACE_1,
            "padding": f"{theme.SPACE_HALF} {theme.SPACE_2}",
            "border_radius": theme.ROUND,
            "background": theme.scale(colour, "a3"),
            "color": theme.scale(colour, "12"),  # 11 is too pale on the tint
            "white_space": "nowrap",
            **theme.BADGE_TEXT,
        },
    )


def label(word: str | rx.Var[str]) -> rx.Component:
    """Return a word that people put on a thing, as a tag."""
    return rx.el.span(
        word,
        style={
            "padding": f"0 {theme.SPACE_2}",
            "border": f"{theme.HAIR} solid {theme.LINE}",
            "border_radius": theme.ROUND,
            "max_width": theme.ACTION_WIDTH,
            **theme.CAPTION_TEXT,
            **theme.ONE_LINE,
        },
    )
