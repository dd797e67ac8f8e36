"""What the state of every page shares: how far its loading has come."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import reflex as rx

from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.services.actors import Actor
from leadpulse_app.state.guard import locked
from leadpulse_app.state.live import follow, hub
from leadpulse_app.state.shell import ShellState
from leadpulse_app.state.visits import VisitState


class Status(StrEnum):
    """How far a page has come."""

    LOADING = "loading"
    READY = "ready"
    MISSING = "missing"
    ERROR = "error"


class Page(rx.State, mixin=True):
    """A page that reads its content for an actor and then shows it.

    A page says what it reads in `_read`, in a transaction of its own and without
    touching its vars, and puts that into its vars in `_show`. `_enter` runs when a tab
    comes to it, `_open` also for another filter and when the connection is back. A live
    page reads by `live.share` what others of the project show as well; in `_show` it
    assigns only what changed, as each assignment is sent.
    """

    status: str = Status.LOADING
    stale: bool = False
    """Whether what is shown may be out of date, as Postgres is away."""

    _visit: int = 0
    """The tab's visit that is shown, as `visits` counts them."""

    async def _read(self, actor: Actor, now: datetime) -> Any:
        raise NotImplementedError

    def _show(self, content: Any) -> None:
        raise NotImplementedError

    def _assign(self, **values: Any) -> None:
        """Assign what differs: what is assigned anew is sent, and drawn, anew."""
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    def _hold(self, content: Any) -> None:
        """Take note of content that is not shown, as the tab is paused."""

    def _enter(self) -> None:
        """Forget what was for an earlier visit alone, as an open dialog."""

    def _open(self) -> None:
        if self.status != Status.READY:
            self.status = Status.LOADING

    def _fail(self) -> None:
        self.stale = True
        if self.status != Status.READY:
            self.status = Status.ERROR

    def _set_status(self, status: Status) -> None:
        self._assign(stale=False, status=status)

    async def _begin(self) -> None:
        visit = (await self.get_state(VisitState))._number
        if self._visit != visit:
            self._enter()
        self._open()
        self._visit = visit

    async def _is_paused(self, tab: str) -> bool:
        paused = (await self.get_state(ShellState)).paused
        return paused and self.status == Status.READY and not hub.answers(tab)

    async def _show_changes(self) -> AsyncGenerator[None, None]:
        """Show the page at once and after each change, until the tab leaves it."""
        shown_for: Actor | None = None

        async def read(actor: Actor) -> Any:
            nonlocal shown_for
            if actor != shown_for:
                async with locked(self, actor):
                    (await self.get_state(ShellState))._show(actor)
                shown_for = actor
            return await self._read(actor, datetime.now(UTC))

        async def fail() -> None:
            async with locked(self, shown_for):
                self._fail()

        async with locked(self):
            await self._begin()
            tab = self.router.session.client_token
        try:
            async with aclosing(follow(tab, read, fail)) as contents:
                async for content in contents:
                    async with locked(self, shown_for):
                        if await self._is_paused(tab):
                            self._set_status(Status.READY)
                            self._hold(content)
                            continue
                        self._show(content)
                        self._set_status(Status.READY)
                    yield
        except NotFoundError:
            async with locked(self, shown_for):
                self._set_status(Status.MISSING)


class SettledPage(Page, mixin=True):
    """A page that is read when it is opened."""

    @rx.event(background=True)
    async def load(self) -> None:
        """Show the page, as soon as it can be read."""
        async with aclosing(self._show_changes()) as shown:
            await anext(shown, None)


class LivePage(Page, mixin=True):
    """A page that is read again whenever its project changes."""

    @rx.event(background=True)
    async def follow(self) -> None:
        """Show the page, and show it again after each change, until it is left."""
        async for _ in self._show_changes():
            pass
