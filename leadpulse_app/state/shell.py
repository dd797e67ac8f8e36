"""Who is signed in, as the frame of every page shows it."""

import reflex as rx

from leadpulse_app.state.guard import current_actor


class ShellState(rx.State):
    """The person and the project."""

    user_name: str = ""
    email: str = ""
    initials: str = ""
    project_name: str = ""

    @rx.event
    def load(self) -> None:
        """Show who is signed in."""
        actor = current_actor()
        self.user_name = actor.user_name
        self.email = actor.email
        self.initials = "".join(word[0].upper() for word in actor.user_name.split()[:2])
        self.project_name = actor.project_name
