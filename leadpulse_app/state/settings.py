"""The settings: what a project and a person are called, and the end of a project."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
)
from leadpulse_app.models import Role
from leadpulse_app.services.accounts import rename_user
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.erasure import erase_project
from leadpulse_app.services.live import publish_actors
from leadpulse_app.services.projects import (
    ProjectSettings,
    change_project,
    get_project_settings,
)
from leadpulse_app.state import guard
from leadpulse_app.state.given import read_text
from leadpulse_app.state.pages import LivePage

PROJECT_FORM, PROFILE_FORM = "project", "profile"
"""The forms, by their attribute `data-saves`."""

CONFIRMATION = "confirmation"
"""The field in which a person types the name of what is to be deleted."""


@dataclass(frozen=True)
class _Content:
    actor: Actor
    project: ProjectSettings


class SettingsState(LivePage, rx.State):
    """What the page of the settings shows."""

    project_name: str = ""
    domain: str = ""
    time_zone: str = ""
    user_name: str = ""
    email: str = ""
    is_admin: bool = False
    problems: dict[str, str] = {}
    """What is wrong with what was sent, by field."""
    asks_deletion: bool = False
    deletion_problem: str = ""
    is_deleting: bool = False

    def _enter(self) -> None:
        super()._enter()
        self._assign(problems={}, asks_deletion=False, deletion_problem="")

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        async with database.transaction(actor.project_id) as session:
            return _Content(actor, await get_project_settings(session, actor))

    def _show(self, content: _Content) -> None:
        actor = content.actor
        self._show_project(content.project)
        self._assign(
            user_name=actor.user_name,
            email=actor.email,
            is_admin=actor.role is Role.ADMIN,
        )

    def _show_project(self, project: ProjectSettings) -> None:
        self._assign(
            project_name=project.name,
            domain=project.domain or "",
            time_zone=project.time_zone,
        )

    @rx.event
    async def save_project(self, form: dict[str, object]) -> list[EventSpec]:
        """Say something else of the project."""
        actor = guard.current_actor()
        try:
            async with database.transaction(actor.project_id) as session:
                saved = await change_project(
                    session,
                    actor,
                    name=read_text(form, "name"),
                    domain=read_text(form, "domain"),
                    time_zone=read_text(form, "timeZone"),
                )
        except InvalidInputError as error:
            self.problems = dict(error.details or {})
            return []
        self.problems = {}
        self._show_project(saved)
        await asyncio.to_thread(publish_actors, [actor.project_id])
        return [rx.toast.success("The project is saved."), _settle(PROJECT_FORM)]

    @rx.event
    async def save_profile(self, form: dict[str, object]) -> list[EventSpec]:
        """Call the person something else."""
        actor = guard.current_actor()
        try:
            async with database.transaction(actor.project_id) as session:
                saved = await rename_user(
                    session, actor, name=read_text(form, "userName")
                )
        except InvalidInputError as error:
            self.problems = {"userName": error.message}
            return []
        self._assign(problems={}, user_name=saved)
        await asyncio.to_thread(publish_actors, [actor.user_id])
        return [rx.toast.success("Your name is saved."), _settle(PROFILE_FORM)]

    @rx.event
    def ask_deletion(self, is_open: bool) -> None:
        """Open the question whether the project is to be deleted, or close it."""
        self.asks_deletion = is_open is True
        self.deletion_problem = ""

    @rx.event(background=True)
    async def delete_project(self, form: dict[str, object]) -> EventSpec | None:
        """Delete the project for good, once its name was typed."""
        actor = guard.current_actor()
        if read_text(form, CONFIRMATION).strip() != actor.project_name:
            async with guard.locked(self):
                self.deletion_problem = "This is not the name of the project."
            return None
        async with guard.locked(self):
            if self.is_deleting:
                return None
            self._assign(is_deleting=True, deletion_problem="")
        problem = "The project is still there: this did not work. Try again."
        try:
            problem = await _erase(actor)
        finally:
            async with guard.locked(self):
                self._assign(is_deleting=False, deletion_problem=problem)
        return None if problem else guard.begin_anew()


def _settle(form: str) -> EventSpec:
    """Let the fields of a form that was saved hold what is known, now and later.

    A field that somebody typed in keeps what they typed, whatever is known by then.
    """
    return rx.call_script(f"document.querySelector('[data-saves={form}]')?.reset()")


async def _erase(actor: Actor) -> str:
    """Erase the actor's project; return why that may not be, or nothing."""
    try:
        async with database.transaction(actor.project_id) as session:
            await erase_project(session, actor)
    except (ConflictError, ForbiddenError) as error:
        return f"{error.message}."
    await asyncio.to_thread(publish_actors, [actor.project_id])
    return ""
