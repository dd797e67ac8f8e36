"""The product's mark and name."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.link import link


def mark() -> rx.Component:
    """Return the mark alone."""
    return rx.el.span(
        rx.icon("activity", size=theme.ICON_SMALL, stroke_width=2.5),
        aria_hidden=True,
        style={
            "display": "grid",
            "place_items": "center",
            "width": theme.LOGO,
            "height": theme.LOGO,
            "border_radius": theme.RADIUS_SMALL,
            "background": theme.ACCENT,
            "color": theme.ON_ACCENT,
            "flex_shrink": "0",
        },
    )


def logo(href: str) -> rx.Component:
    """Return mark and name as a link home."""
    return link(
        mark(),
        rx.el.span("LeadPulse", custom_attrs={"data-label": ""}),
        href=href,
        underline="none",
        color_scheme="gray",
        high_contrast=True,
        aria_label="LeadPulse",
        style={
            "display": "inline-flex",
            "align_items": "center",
            "gap": theme.SPACE_2,
            **theme.SECTION_TEXT,
            "letter_spacing": "-0.01em",
        },
    )
