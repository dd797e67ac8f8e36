"""How far a version has been applied to what was scored before it."""

import asyncio

import reflex as rx
from sqlalchemy.exc import SQLAlchemyError

from leadpulse_app import database
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.rescoring import RescoreProgress, get_rescore
from leadpulse_app.state import live, words
from leadpulse_app.state.guard import locked, resolve_current_actor

POLL_SECONDS = 1.0
"""How often it is asked how far the workers have come."""


class RescoreState(rx.State):
    """What the page of the rules says of the newest rescore."""

    text: str = ""
    """How far it has come, or what it could not do; empty where all is done."""
    is_running: bool = False
    percent: int = 0
    has_failed: bool = False

    _turn: int = 0
    """Counts who follows it: the last one alone shows it."""

    @rx.event(background=True)
    async def follow(self) -> None:
        """Show how far it has come, until it has ended or the tab is closed."""
        async with locked(self):
            self._turn += 1
            turn, tab = self._turn, self.router.session.client_token
        while live.hub.is_open(tab):
            try:
                actor = await resolve_current_actor()
                progress = await read_progress(actor)
            except SQLAlchemyError:  # it goes on by itself when Postgres is back
                await asyncio.sleep(POLL_SECONDS)
                continue
            async with locked(self, actor):
                if self._turn != turn:
                    return
                self._show(progress)
            if progress is None or progress.finished_at is not None:
                return
            await asyncio.sleep(POLL_SECONDS)

    def _show(self, progress: RescoreProgress | None) -> None:
        self.text = "" if progress is None else _told(progress)
        self.is_running = progress is not None and progress.finished_at is None
        self.has_failed = progress is not None and progress.failures > 0
        self.percent = (
            words.percent(progress.leads, progress.all_leads) if progress else 0
        )


async def read_progress(actor: Actor) -> RescoreProgress | None:
    """Return how far the newest rescore of the actor's project has come, if any."""
    async with database.transaction(actor.project_id) as session:
        return await get_rescore(session, actor)


def _told(progress: RescoreProgress) -> str:
    version = f"Version {progress.version}"
    kept = (
        f"{words.count(progress.failures, 'lead')} kept the old score, as the rules "
        "of their events can't be read"
    )
    if progress.finished_at is None:
        leads = words.count(progress.all_leads, "lead")
        done = min(progress.leads, progress.all_leads)
        told = f"{version} is applied to the past: {words.number(done)} of {leads}"
        return f"{told}; {kept}" if progress.failures else told
    if progress.failures:
        return f"{version} was applied to the past, but {kept}"
    return ""
