"""The settings of a project and of the person."""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import danger_button, quiet_button
from leadpulse_app.components.card import body, card, section
from leadpulse_app.components.connection import live_indicator
from leadpulse_app.components.content import content
from leadpulse_app.components.dialog import dialog
from leadpulse_app.components.field import (
    Choice,
    choice_cards,
    edit_field,
    field,
    form_problem,
)
from leadpulse_app.components.shell import shell
from leadpulse_app.components.skeleton import skeleton_rows
from leadpulse_app.components.time_zone_field import time_zone_field
from leadpulse_app.state.settings import (
    CONFIRMATION,
    PROFILE_FORM,
    PROJECT_FORM,
    SettingsState,
)

_THEMES = (
    Choice("system", "System", "As the device has it."),
    Choice("light", "Light", "Always light."),
    Choice("dark", "Dark", "Always dark."),
)

_FORM: theme.Style = {
    "display": "flex",
    "flex_direction": "column",
    "align_items": "stretch",
    "gap": theme.SPACE_4,
    "max_width": theme.FORM_WIDTH,
}

_ACTIONS: theme.Style = {**theme.ACTIONS, "margin_top": theme.SPACE_4}


def _project_form() -> rx.Component:
    return rx.el.form(
        edit_field(
            "Name",
            name="name",
            value=SettingsState.project_name,
            problem=SettingsState.problems["name"],
        ),
        edit_field(
            "Domain",
            name="domain",
            value=SettingsState.domain,
            problem=SettingsState.problems["domain"],
            placeholder="www.example.com",
        ),
        time_zone_field(
            "Time zone",
            name="timeZone",
            value=SettingsState.time_zone,
            hint=rx.fragment(
                "Now ",
                SettingsState.time_zone,
                ". Days and times are shown in it; rules count days in it from the "
                "next published version on.",
            ),
            problem=SettingsState.problems["timeZone"],
        ),
        rx.el.div(quiet_button("Save project", type="submit")),
        on_submit=SettingsState.save_project,
        no_validate=True,
        custom_attrs={"data-saves": PROJECT_FORM},
        style=_FORM,
    )


def _fact(name: str, value: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name, style=theme.CAPTION_TEXT),
        rx.el.dd(value, style={"margin": "0", "overflow_wrap": "anywhere"}),
    )


def _project_facts() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "Only an admin of the project can change these.",
            style={"color": theme.MUTED},
        ),
        rx.el.dl(
            _fact("Name", SettingsState.project_name),
            _fact("Domain", rx.cond(SettingsState.domain, SettingsState.domain, "-")),
            _fact("Time zone", SettingsState.time_zone),
            style={**_FORM, "margin": "0", "gap": theme.SPACE_3},
        ),
    )


def _project() -> rx.Component:
    return section(
        "Project",
        body(rx.cond(SettingsState.is_admin, _project_form(), _project_facts())),
    )


def _profile() -> rx.Component:
    return section(
        "Profile",
        body(
            rx.el.form(
                edit_field(
                    "Your name",
                    name="userName",
                    value=SettingsState.user_name,
                    problem=SettingsState.problems["userName"],
                    auto_complete="name",
                ),
                rx.el.dl(_fact("Email", SettingsState.email), style={"margin": "0"}),
                rx.el.div(quiet_button("Save name", type="submit")),
                on_submit=SettingsState.save_profile,
                no_validate=True,
                custom_attrs={"data-saves": PROFILE_FORM},
                style=_FORM,
            )
        ),
    )


def _password() -> rx.Component:
    address = "/api/auth/password"
    return section(
        "Password",
        body(
            rx.el.form(
                # Password managers keep the new password under it.
                rx.el.input(
                    type="email",
                    value=SettingsState.email,
                    read_only=True,
                    auto_complete="username",
                    aria_label="Email",
                    hidden=True,
                ),
                field(
                    "Current password",
                    name="currentPassword",
                    type="password",
                    auto_complete="current-password",
                    size="2",
                ),
                field(
                    "New password",
                    name="newPassword",
                    type="password",
                    auto_complete="new-password",
                    hint="At least 10 characters. It signs you out everywhere else.",
                    size="2",
                ),
                form_problem(),
                rx.el.p(
                    role="status",
                    custom_attrs={
                        "data-done": "Your password is changed. "
                        "You are signed out everywhere else."
                    },
                    style={"color": theme.GOOD, "_empty": theme.GONE},
                ),
                rx.el.div(quiet_button("Change password", type="submit")),
                method="post",
                action=address,
                no_validate=True,
                custom_attrs={"data-account": address},
                style=_FORM,
            )
        ),
    )


def _theme() -> rx.Component:
    return section(
        "Theme",
        body(
            choice_cards(
                "Theme",
                _THEMES,
                name="theme",
                chosen=rx.color_mode,
                on_choose=rx.style.set_color_mode,
                follows=True,
                style={
                    "grid_template_columns": "repeat(3, minmax(0, 1fr))",
                    theme.UNDER_NARROW: {"grid_template_columns": "minmax(0, 1fr)"},
                },
            )
        ),
    )


def _deletion() -> rx.Component:
    return dialog(
        danger_button("Delete project"),
        "Delete " + SettingsState.project_name + "?",
        "Its leads, events, scores, rules and keys are erased for good. "
        "Sites that still send events to it are refused.",
        rx.el.form(
            edit_field(
                "Type the project's name to confirm",
                name=CONFIRMATION,
                value="",
                problem=SettingsState.deletion_problem,
                auto_complete="off",
                placeholder=SettingsState.project_name,
            ),
            rx.el.div(
                rx.dialog.close(quiet_button("Cancel", type="button")),
                danger_button(
                    rx.cond(SettingsState.is_deleting, "Deleting…", "Delete for good"),
                    type="submit",
                    variant="solid",
                    disabled=SettingsState.is_deleting,
                ),
                style=_ACTIONS,
            ),
            on_submit=SettingsState.delete_project,
            no_validate=True,
            style={"margin_top": theme.SPACE_4},
        ),
        is_open=SettingsState.asks_deletion,
        on_toggle=SettingsState.ask_deletion,
    )


def _danger() -> rx.Component:
    return section(
        "Danger zone",
        body(
            rx.el.div(
                rx.el.div(
                    rx.el.p("Delete this project", style={"font_weight": theme.MEDIUM}),
                    rx.el.p(
                        "Everything in it is erased, for every member. "
                        "It can't be undone.",
                        style={"color": theme.MUTED},
                    ),
                ),
                _deletion(),
                style={**theme.BESIDE, "justify_content": "space-between"},
            )
        ),
        style={"border_color": theme.BAD_LINE},
    )


def settings_page() -> rx.Component:
    """Return the page."""
    return shell(
        "Settings",
        content(
            SettingsState.status,
            SettingsState.follow,
            loading=rx.fragment(*(card(skeleton_rows(4)) for _ in range(3))),
            ready=rx.fragment(
                _project(),
                _profile(),
                _password(),
                _theme(),
                rx.cond(SettingsState.is_admin, _danger()),
            ),
        ),
        current="/settings",
        live=live_indicator(SettingsState.stale),
        width=theme.NARROW_PAGE_WIDTH,
    )
