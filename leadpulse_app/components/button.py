"""Buttons and links that act like them: one primary a view, the rest quiet."""

from typing import Any

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.link import link

_LABEL: theme.Style = {"font_weight": theme.MEDIUM, "cursor": "pointer"}


def primary_button(*children: rx.Component | str, **props: Any) -> rx.Component:
    """Return the button for what a view is there for."""
    return rx.button(*children, variant="solid", style=_LABEL, **props)


def quiet_button(*children: rx.Component | str, **props: Any) -> rx.Component:
    """Return a button for everything else."""
    return rx.button(
        *children, variant="surface", color_scheme="gray", style=_LABEL, **props
    )


def plain_button(*children: rx.Component | str, **props: Any) -> rx.Component:
    """Return a button without a frame, for where many stand close together."""
    return rx.button(
        *children,
        variant="ghost",
        color_scheme="gray",
        style={**_LABEL, "margin": theme.SPACE_1},
        **props,
    )


def danger_button(
    *children: rx.Component | str, variant: str = "surface", **props: Any
) -> rx.Component:
    """Return a button for what can't be taken back; solid where it does it at once."""
    return rx.button(
        *children, variant=variant, color_scheme="tomato", style=_LABEL, **props
    )


def icon_button(icon: rx.Component, label: str, **props: Any) -> rx.Component:
    """Return a button that shows an icon alone and is named by its label."""
    return rx.icon_button(
        icon,
        aria_label=label,
        title=label,
        variant="ghost",
        color_scheme="gray",
        style={"cursor": "pointer", "margin": "0"},
        **props,
    )


def button_link(
    *children: rx.Component | str,
    href: str | rx.Var[str],
    primary: bool = False,
    download: bool = False,
) -> rx.Component:
    """Return a link that looks like a button.

    Args:
        children: Its label.
        href: Where it leads.
        primary: Whether it is what the view is there for.
        download: Whether it leads to a file and not to a page.
    """
    anchor = (
        rx.el.a(*children, href=href, download=True, reload_document=True)
        if download
        else link(
            *children,
            href=href,
            underline="none",
            color_scheme="iris" if primary else "gray",
        )
    )
    return rx.button(
        anchor,
        as_child=True,
        variant="solid" if primary else "surface",
        color_scheme="iris" if primary else "gray",
        style=_LABEL,
    )


def icon_link(icon: rx.Component, label: str, href: str | rx.Var[str]) -> rx.Component:
    """Return a link that looks like `icon_button`."""
    return rx.icon_button(
        link(icon, href=href, underline="none", color_scheme="gray", aria_label=label),
        as_child=True,
        title=label,
        variant="ghost",
        color_scheme="gray",
        style={"margin": "0"},
    )


def text_link(label: str | rx.Var[str], href: str | rx.Var[str]) -> rx.Component:
    """Return a link within text."""
    return link(
        label,
        href=href,
        underline="hover",
        style={"font": "inherit", "font_weight": theme.MEDIUM},
    )
