"""Signing in and signing up. A script sends the forms; no state sees a password."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import primary_button, text_link
from leadpulse_app.components.card import card
from leadpulse_app.components.field import field, form_problem
from leadpulse_app.components.logo import logo
from leadpulse_app.components.shell import CONTENT_ID, skip_link, theme_switch

_STACK: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "gap": theme.SPACE_4,
}


def _frame(
    heading: str, text: str, form: rx.Component, other: rx.Component
) -> rx.Component:
    return rx.fragment(
        skip_link(),
        rx.el.div(
            rx.el.header(
                logo("/"),
                theme_switch(),
                style={
                    "display": "flex",
                    "align_items": "center",
                    "justify_content": "space-between",
                    "padding": f"{theme.SPACE_4} {theme.SPACE_6}",
                },
            ),
            rx.el.main(
                rx.el.div(
                    rx.el.h1(heading, style=theme.TITLE_TEXT),
                    rx.el.p(text, style={"color": theme.MUTED}),
                ),
                card(form, padded=True, style={"padding": theme.SPACE_6}),
                rx.el.p(other, style={"color": theme.MUTED, "text_align": "center"}),
                id=CONTENT_ID,
                tab_index=-1,
                style={
                    **_STACK,
                    "width": "100%",
                    "max_width": theme.ACCOUNT_WIDTH,
                    "margin": "0 auto",
                    "padding": f"clamp({theme.SPACE_6}, 10vh, {theme.SPACE_24}) "
                    f"{theme.SPACE_4} {theme.SPACE_12}",
                    "outline": "none",
                },
            ),
            style={"min_height": "100dvh"},
        ),
    )


def _form(address: str, action: str, *fields: rx.Component) -> rx.Component:
    return rx.el.form(
        *fields,
        form_problem(),
        primary_button(action, type="submit", size="3", width="100%"),
        method="post",
        action=address,
        no_validate=True,
        custom_attrs={"data-account": address},
        style=_STACK,
    )


def _email() -> rx.Component:
    return field("Email", name="email", type="email", auto_complete="username")


def login_page() -> rx.Component:
    """Return the page to sign in."""
    return _frame(
        "Sign in",
        "Welcome back.",
        _form(
            "/api/auth/login",
            "Sign in",
            _email(),
            field(
                "Password",
                name="password",
                type="password",
                auto_complete="current-password",
            ),
        ),
        rx.fragment("New here? ", text_link("Create an account", "/register")),
    )


def register_page() -> rx.Component:
    """Return the page to sign up."""
    return _frame(
        "Create your account",
        "It comes with a project, a write key and ten rules to start from.",
        _form(
            "/api/auth/register",
            "Create account",
            field("Name", name="name", auto_complete="name"),
            _email(),
            field(
                "Password",
                name="password",
                type="password",
                auto_complete="new-password",
                hint="At least 10 characters.",
            ),
        ),
        rx.fragment("Have an account? ", text_link("Sign in", "/login")),
    )
