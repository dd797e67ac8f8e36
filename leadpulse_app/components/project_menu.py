"""The project that is worked in, the way to one's others, and to a new one.

A script goes to another project by a plain request and a full navigation
(assets/account.js): it changes the cookie, which is out of the dashboard's reach.
"""

import reflex as rx

from leadpulse_app.components import theme
from leadpulse_app.components.button import primary_button, quiet_button
from leadpulse_app.components.dialog import dialog
from leadpulse_app.components.field import field, form_problem
from leadpulse_app.state.projects import ProjectChoice, ProjectsState
from leadpulse_app.state.shell import ShellState

_TRIGGER: theme.Style = {
    "display": "flex",
    "align_items": "center",
    "justify_content": "space-between",
    "gap": theme.SPACE_2,
    "width": "100%",
    "min_width": "0",
    "min_height": theme.NAV_ITEM_HEIGHT,
    "padding": f"0 {theme.SPACE_2}",
    "border": f"{theme.HAIR} solid {theme.LINE}",
    "border_radius": theme.RADIUS_SMALL,
    "background": theme.SURFACE,
    "color": theme.INK,
    "text_align": "start",
    "cursor": "pointer",
    **theme.TABLE_TEXT,
    "font_weight": theme.MEDIUM,
    "transition": f"background {theme.QUICK}",
    "_hover": {"background": theme.HOVER},
    theme.UNDER_WIDE: {"justify_content": "center", "width": theme.NAV_ITEM_HEIGHT},
}


def _choice(project: rx.Var[ProjectChoice]) -> rx.Component:
    return rx.dropdown_menu.item(
        rx.icon(
            "check",
            size=theme.ICON_SMALL,
            aria_hidden=True,
            style={"visibility": rx.cond(project.is_current, "visible", "hidden")},
        ),
        rx.el.span(project.name, style=theme.ONE_LINE),
        color_scheme="gray",
        custom_attrs={
            "aria-current": rx.cond(project.is_current, "true", "false"),
            "data-go-to-project": project.id,
        },
    )


def project_menu(style: theme.Style | None = None) -> rx.Component:
    """Return the button that names the project, and the menu that it opens.

    Args:
        style: What the place it stands in asks of the button.
    """
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            rx.el.button(
                rx.el.span("Project: ", style=theme.HIDDEN),
                rx.el.span(
                    ShellState.project_name,
                    custom_attrs={"data-label": ""},
                    style=theme.ONE_LINE,
                ),
                rx.icon(
                    "chevrons-up-down",
                    size=theme.ICON_SMALL,
                    aria_hidden=True,
                    style={"flex_shrink": "0", "color": theme.MUTED},
                ),
                type="button",
                title=ShellState.project_name,
                custom_attrs={"data-projects": ""},
                style={**_TRIGGER, **(style or {})},
            )
        ),
        rx.dropdown_menu.content(
            rx.foreach(ProjectsState.choices, _choice),
            rx.dropdown_menu.separator(),
            rx.dropdown_menu.item(
                rx.icon("plus", size=theme.ICON_SMALL, aria_hidden=True),
                "New project…",
                color_scheme="gray",
                on_select=ProjectsState.toggle_naming(True),
            ),
            align="start",
            variant="soft",
            style={"max_width": theme.COLUMN_WIDTH},
        ),
        on_open_change=ProjectsState.list_choices,
    )


def new_project_dialog() -> rx.Component:
    """Return the dialog that names a new project, makes it and goes there."""
    return dialog(
        None,
        "New project",
        "It starts with ten rules and a write key, and you are its admin.",
        rx.el.form(
            field(
                "Project name",
                name="name",
                element_id="new-project-name",
                size="2",
                auto_complete="off",
            ),
            form_problem(),
            rx.el.div(
                rx.dialog.close(quiet_button("Cancel", type="button")),
                primary_button("Create project", type="submit"),
                style=theme.ACTIONS,
            ),
            method="post",
            action="/api/projects",
            no_validate=True,
            custom_attrs={"data-account": "/api/projects"},
            style={
                "display": "flex",
                "flex_direction": "column",
                "gap": theme.SPACE_4,
                "margin_top": theme.SPACE_4,
                **theme.BODY_TEXT,
            },
        ),
        is_open=ProjectsState.is_naming,
        on_toggle=ProjectsState.toggle_naming,
    )
