"""Whose sessions the boards of this process show things for, without asking each time.

A board's session counts as checked for `RECHECK_SECONDS`. A sign-out, a new password
or a change to who somebody is gets announced, and ends that at once, in every process;
so a session outlives its end on a board for longer than the announcement takes only if
that was lost, and then for `RECHECK_SECONDS` at most. It never outlives its own expiry.
While announcements don't arrive, each check asks the database.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from leadpulse_app.services.actors import Actor
from leadpulse_app.services.sessions import read_token

RECHECK_SECONDS = 10.0
"""How long a session's end stays unnoticed by boards if its announcement was lost."""


@dataclass(frozen=True, slots=True)
class _Checked:
    actor: Actor
    good_until: float


class SessionChecks:
    """The sessions that were checked lately, by token."""

    def __init__(
        self,
        resolve: Callable[[str | None], Awaitable[Actor]],
        is_told: Callable[[], bool],
    ) -> None:
        """Start without any.

        Args:
            resolve: Asks the database who a token stands for.
            is_told: Whether announcements arrive.
        """
        self._resolve = resolve
        self._is_told = is_told
        self._checked: dict[str, _Checked] = {}
        self._forgettings = 0

    async def check(self, token: str | None) -> Actor:
        """Return who a token stands for.

        Raises:
            UnauthenticatedError: The session has ended.
            SQLAlchemyError: The database had to be asked and did not answer.
        """
        if not token or not self._is_told():
            return await self._resolve(token)
        checked = self._checked.get(token)
        if checked is not None and time.monotonic() < checked.good_until:
            return checked.actor
        return await self._ask(token)

    async def _ask(self, token: str) -> Actor:
        while True:
            began, forgettings = time.monotonic(), self._forgettings
            actor = await self._resolve(token)
            if forgettings == self._forgettings:
                break
        expires_in = (read_token(token).expires_at - datetime.now(UTC)).total_seconds()
        good_for = min(RECHECK_SECONDS, expires_in)
        checked = self._checked[token] = _Checked(actor, began + good_for)
        asyncio.get_running_loop().call_later(good_for, self._drop, token, checked)
        return actor

    def forget(self, ids: Set[UUID]) -> None:
        """Check anew those of whom an id is the session, the user or the project."""
        self._forgettings += 1
        for token, checked in tuple(self._checked.items()):
            if concerns(ids, checked.actor):
                del self._checked[token]

    def forget_all(self) -> None:
        """Check every session anew."""
        self._forgettings += 1
        self._checked.clear()

    def _drop(self, token: str, checked: _Checked) -> None:
        if self._checked.get(token) is checked:
            del self._checked[token]


def concerns(ids: Set[UUID], actor: Actor) -> bool:
    """Return whether one of these ids is the actor's session, user or project."""
    return not ids.isdisjoint((actor.session_id, actor.user_id, actor.project_id))
