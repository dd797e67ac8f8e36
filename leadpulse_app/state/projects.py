"""The projects of a person, as the menu above the navigation lists them."""

from dataclasses import dataclass

import reflex as rx

from leadpulse_app import database
from leadpulse_app.services.projects import list_projects
from leadpulse_app.state.guard import current_actor


@dataclass(frozen=True)
class ProjectChoice:
    """A project to go to."""

    id: str
    name: str
    is_current: bool


class ProjectsState(rx.State):
    """What the menu shows."""

    choices: list[ProjectChoice] = []
    is_naming: bool = False
    """Whether a new project is being named."""

    @rx.event
    async def list_choices(self, is_open: bool) -> None:
        """Read the person's projects anew as the menu opens."""
        if is_open is not True:
            return
        actor = current_actor()
        async with database.transaction(actor.project_id) as session:
            projects = await list_projects(session, actor)
        self.choices = [
            ProjectChoice(
                id=str(project.id),
                name=project.name,
                is_current=project.id == actor.project_id,
            )
            for project in projects
        ]

    @rx.event
    def toggle_naming(self, is_open: bool) -> None:
        """Ask for the name of a new project, or close the question."""
        self.is_naming = is_open is True
