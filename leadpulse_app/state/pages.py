"""What the state of every page shares: how far its loading has come."""

import logging
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import reflex as rx
from sqlalchemy.exc import SQLAlchemyError

from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.services.actors import Actor
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.live import follow

logger = logging.getLogger(__name__)


class Status(StrEnum):
    """How far a page has come."""

    LOADING = "loading"
    READY = "ready"
    MISSING = "missing"
    ERROR = "error"


class Page(rx.State, mixin=True):
    """A page that reads its content for an actor and then shows it.

    A page says what it reads in `_read`, in a transaction of its own and without
    touching its vars, and puts that into its vars in `_show`.
    """

    status: str = Status.LOADING

    async def _read(self, actor: Actor, now: datetime) -> Any:
        raise NotImplementedError

    def _show(self, content: Any) -> None:
        raise NotImplementedError

    def _open(self) -> None:
        if self.status != Status.READY:
            self.status = Status.LOADING

    def _fail(self) -> None:
        if self.status != Status.READY:
            self.status = Status.ERROR


class SettledPage(Page, mixin=True):
    """A page that is read when it is opened."""

    @rx.event
    async def load(self) -> None:
        """Read the page and show it."""
        try:
            content = await self._read(current_actor(), datetime.now(UTC))
        except SQLAlchemyError:
            self._fail()
            logger.warning("a page could not be read", exc_info=True)
            return
        self._show(content)
        self.status = Status.READY


class LivePage(Page, mixin=True):
    """A page that is read again whenever its project changes."""

    @rx.event(background=True)
    async def follow(self) -> None:
        """Show the page, and show it again after each change, until it is left."""

        async def read(actor: Actor) -> Any:
            try:
                return await self._read(actor, datetime.now(UTC))
            except SQLAlchemyError:
                async with self:
                    self._fail()
                raise

        async with self:
            self._open()
        try:
            async for content in follow(self.router.session.client_token, read):
                async with self:
                    self._show(content)
                    self.status = Status.READY
        except NotFoundError:
            async with self:
                self.status = Status.MISSING
