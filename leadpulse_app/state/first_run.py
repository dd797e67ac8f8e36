"""What a project without leads is shown to begin with, and sample data for a trial."""

from contextlib import aclosing, suppress

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.models import Role
from leadpulse_app.services.demo import Progress, require_room_for_demo
from leadpulse_app.services.keys import list_write_keys
from leadpulse_app.settings import get_settings
from leadpulse_app.state.guard import (
    TakenTabError,
    current_actor,
    current_token,
    locked,
)
from leadpulse_app.state.snippets import snippet
from leadpulse_app.tasks.demo_process import fill_beside


class FirstRunState(rx.State):
    """What an empty page shows."""

    snippet: str = ""
    may_fill: bool = False
    """Whether the project may be filled with sample data, in development alone."""
    is_filling: bool = False
    doing: str = ""
    percent: int = 0

    @rx.event
    async def load(self) -> None:
        """Show what fits the project and the person."""
        actor = current_actor()
        async with database.transaction(actor.project_id) as session:
            keys = await list_write_keys(session, actor)
        settings = get_settings()
        self.snippet = snippet(settings.public_url, keys[0].key) if keys else ""
        self.may_fill = actor.role is Role.ADMIN and not settings.is_production

    @rx.event(background=True)
    async def fill(self) -> EventSpec | None:
        """Fill the project with sample data, and show how far that is.

        A project is filled to the end, also where its tab shows another one by then.
        """
        actor, token = current_actor(), current_token()
        async with database.transaction(actor.project_id) as session:
            await require_room_for_demo(
                session, actor, is_development=not get_settings().is_production
            )
        async with locked(self):
            if self.is_filling:
                return None
            self.is_filling, self.doing, self.percent = True, "Beginning", 0
        try:
            async with aclosing(fill_beside(token or "")) as told:
                async for progress in told:
                    with suppress(TakenTabError):
                        async with locked(self):
                            self._show(progress)
        finally:
            async with locked(self):
                self.is_filling = False
        return rx.toast.success("The sample data is there.")

    def _show(self, progress: Progress) -> None:
        self.is_filling, self.doing = True, progress.doing
        self.percent = 100 * progress.done // max(progress.total, 1)
