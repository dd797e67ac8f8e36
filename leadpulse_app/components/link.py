"""The link, of which pointing at it changes no more than the place says."""

from typing import Any

import reflex as rx

from leadpulse_app.components import theme


def link(
    *children: rx.Component | rx.Var | str,
    style: theme.Style | None = None,
    **props: Any,
) -> rx.Component:
    """Return a link.

    Args:
        children: What it says.
        style: What the place it stands in asks of it; `_hover` is for the pointer.
            Left to itself, Reflex gives every link that is pointed at a colour too
            pale to be read.
        props: More for the link, as `href` and `underline`.
    """
    styled = dict(style or {})
    hovered = styled.pop("_hover", {})
    return rx.link(*children, style=styled, _hover=hovered, **props)
