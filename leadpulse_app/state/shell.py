"""Who is signed in, as the frame of every page shows it."""

import reflex as rx

from leadpulse_app.services.actors import Actor
from leadpulse_app.state import live, words


class ShellState(rx.State):
    """The person and the project."""

    user_name: str = ""
    email: str = ""
    initials: str = ""
    project_name: str = ""
    paused: bool = False
    """Whether this tab's pages hold still until the person says otherwise."""

    _shown: Actor | None = None

    def _show(self, actor: Actor) -> None:
        if self._shown == actor:
            return
        self._shown = actor
        self.user_name = actor.user_name
        self.email = actor.email
        self.initials = words.initials(actor.user_name)
        self.project_name = actor.project_name

    @rx.event
    def toggle_pause(self) -> None:
        """Let this tab's pages hold still, or catch up and change again."""
        self.paused = not self.paused
        if not self.paused:
            live.hub.wake(self.router.session.client_token)
