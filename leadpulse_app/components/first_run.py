"""What to do first, where a project has nothing to show yet."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import button_link, quiet_button
from leadpulse_app.components.card import card
from leadpulse_app.components.code_block import code_block
from leadpulse_app.components.notice import empty_state
from leadpulse_app.components.score import bar
from leadpulse_app.state.first_run import FirstRunState


def first_run(
    icon: rx.Component, heading: str, text: str, *, upload: bool = True
) -> rx.Component:
    """Return what is missing and the ways to it: a snippet, a file, sample data.

    Args:
        icon: Stands above the heading.
        heading: What is missing.
        text: What shows here, and how it comes.
        upload: Whether to lead to where a file is uploaded.
    """
    return rx.el.div(
        empty_state(
            icon,
            heading,
            text,
            rx.cond(
                FirstRunState.snippet != "",
                rx.el.div(
                    code_block(
                        FirstRunState.snippet, "snippet", "Into your site's head"
                    ),
                    style={
                        "width": "100%",
                        "max_width": theme.READING_WIDTH,
                        "margin_bottom": theme.SPACE_2,
                        "text_align": "start",
                    },
                ),
            ),
            rx.el.div(
                button_link("Connect a site", href="/integrations", primary=True),
                button_link("Upload a file", href="/events")
                if upload
                else rx.fragment(),
                rx.cond(
                    FirstRunState.may_fill,
                    quiet_button(
                        "Fill with sample data",
                        on_click=FirstRunState.fill,
                        disabled=FirstRunState.is_filling,
                    ),
                ),
                style={**theme.BESIDE, "justify_content": "center"},
            ),
        ),
        on_mount=FirstRunState.load,
    )


def filling_notice() -> rx.Component:
    """Return how far the sample data has come; nothing while none is made."""
    return rx.cond(
        FirstRunState.is_filling,
        card(
            rx.el.p(
                f"Sample data: {FirstRunState.doing}, {FirstRunState.percent} %",
                role="status",
                style={"font_variant_numeric": theme.TABULAR},
            ),
            rx.el.div(
                bar(FirstRunState.percent, theme.ACCENT),
                role="progressbar",
                aria_label="How far the sample data has come",
                aria_valuenow=FirstRunState.percent,
                aria_valuemin=0,
                aria_valuemax=100,
                style={"margin_top": theme.SPACE_2},
            ),
            padded=True,
            style={"flex_shrink": "0"},
        ),
    )
