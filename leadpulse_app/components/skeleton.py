"""What a page shows while it loads: its own shape, in grey."""

import reflex as rx

from leadpulse_app.components import theme


def bone(width: str = "100%", height: str = theme.SPACE_4) -> rx.Component:
    """Return one grey bar."""
    return rx.el.span(
        aria_hidden=True,
        style={
            "display": "block",
            "width": width,
            "max_width": "100%",
            "height": height,
            "border_radius": theme.RADIUS_SMALL,
            "background": theme.PRESSED,
            "animation": f"breathe {theme.PULSE}",
            "@keyframes breathe": {"50%": {"opacity": "0.45"}},
        },
    )


def skeleton_rows(count: int, *, height: str = theme.ROW_HEIGHT) -> rx.Component:
    """Return the shape of a list of this many rows."""
    return rx.el.div(
        rx.el.span("Loading", style=theme.HIDDEN),
        *(
            rx.el.div(
                bone(f"{34 - 5 * (row % 3)}%"),
                bone("14%"),
                bone("10%"),
                style={
                    "display": "flex",
                    "align_items": "center",
                    "justify_content": "space-between",
                    "gap": theme.SPACE_6,
                    "height": height,
                    "padding": f"0 {theme.SPACE_4}",
                    "border_bottom": f"{theme.HAIR} solid {theme.HAIRLINE}",
                    "_last_child": {"border_bottom": "0"},
                },
            )
            for row in range(count)
        ),
        role="status",
    )
