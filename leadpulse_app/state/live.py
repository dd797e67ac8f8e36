"""Wakes the open boards of a project when something in it changed.

Each web process holds one subscription. A board is a browser tab with a page that
follows changes; it has at most one loop, and the loop ends when the tab closes,
loads another page, or is no longer signed in.
"""

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar
from uuid import UUID

import psycopg
import redis
import reflex as rx
from reflex.middleware import Middleware
from reflex.state import BaseState, OnLoadInternalState, StateUpdate
from reflex_base.event import Event
from reflex_base.registry import RegistrationContext
from reflex_base.utils.format import format_event_handler
from sqlalchemy.exc import SQLAlchemyError

from leadpulse_app.services import live
from leadpulse_app.services.actors import Actor
from leadpulse_app.state.guard import resolve_current_actor

logger = logging.getLogger(__name__)

Shown = TypeVar("Shown")

MINIMUM_INTERVAL_SECONDS = 0.25
"""A board is woken at most 4 times a second; the first change wakes it at once."""

POLL_SECONDS = 2.0
"""How often a board reads the database while Redis is away, and looks for its tab."""

REFRESH_SECONDS = 30.0
"""How old "2 min ago" may become on a board to which nothing happens."""

_PAGE_LOAD = format_event_handler(
    OnLoadInternalState.event_handlers["on_load_internal"]
)


class _Board:
    """One tab's place in the hub."""

    def __init__(self) -> None:
        self.project_id: UUID | None = None
        self.changed = asyncio.Event()
        self.ended = False

    def end(self) -> None:
        self.ended = True
        self.changed.set()


class LiveHub:
    """The boards of this process, by tab and by project."""

    def __init__(self, is_connected: Callable[[str], bool]) -> None:
        """Start without boards.

        Args:
            is_connected: Whether this process holds the open websocket of a tab.
        """
        self._is_connected = is_connected
        self._by_tab: dict[str, _Board] = {}
        self._by_project: dict[UUID, set[_Board]] = defaultdict(set)
        self.subscribed = asyncio.Event()
        """Set while announcements arrive; boards poll while they don't."""

    @property
    def board_count(self) -> int:
        """How many boards are followed now."""
        return len(self._by_tab)

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Keep the subscription for as long as the web process serves."""
        listener = asyncio.create_task(self._listen(), name="live-subscription")
        try:
            yield
        finally:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener
            for tab in tuple(self._by_tab):
                self.end(tab)

    async def _listen(self) -> None:
        while True:
            try:
                async for project_ids in live.subscribe():
                    if not self.subscribed.is_set():
                        self.subscribed.set()
                        _wake(self._by_tab.values())
                    for project_id in project_ids:
                        _wake(self._by_project.get(project_id, ()))
            except redis.RedisError:
                logger.debug("live subscription lost", exc_info=True)
            except Exception:
                logger.exception("live subscription failed")
            finally:
                self.subscribed.clear()
            await asyncio.sleep(MINIMUM_INTERVAL_SECONDS)

    def is_open(self, tab: str) -> bool:
        """Return whether this process holds the open websocket of a tab."""
        return self._is_connected(tab)

    def wake(self, tab: str) -> None:
        """Let the board of this tab read again, changed or not."""
        if tab in self._by_tab:
            _wake((self._by_tab[tab],))

    def end(self, tab: str) -> None:
        """End the loop of this tab, if it has one."""
        board = self._by_tab.pop(tab, None)
        if board is not None:
            board.end()

    def _start(self, tab: str) -> _Board:
        self.end(tab)
        board = self._by_tab[tab] = _Board()
        return board

    def watch(self, board: _Board, project_id: UUID) -> None:
        """Wake this board from now on when this project changed, and no other."""
        if board.project_id != project_id:
            self._unwatch(board)
            board.project_id = project_id
            self._by_project[project_id].add(board)

    def _unwatch(self, board: _Board) -> None:
        if board.project_id is None:
            return
        boards = self._by_project[board.project_id]
        boards.discard(board)
        if not boards:
            del self._by_project[board.project_id]

    async def follow(self, tab: str) -> AsyncGenerator[_Board, None]:
        """Yield at once, then whenever the watched project changed, until it ends.

        What is yielded says whether the loop was ended meanwhile.
        """
        board = self._start(tab)
        try:
            while True:
                board.changed.clear()
                started = time.monotonic()
                yield board
                # A slow reading is followed by as long a rest, or it never ends.
                taken = time.monotonic() - started
                await asyncio.sleep(max(MINIMUM_INTERVAL_SECONDS - taken, taken))
                if not await self._next_wake(tab, board):
                    return
        finally:
            if self._by_tab.get(tab) is board:
                del self._by_tab[tab]
            self._unwatch(board)

    async def _next_wake(self, tab: str, board: _Board) -> bool:
        """Return True when the board is to read again, False when its loop is over."""
        refresh_at = time.monotonic() + REFRESH_SECONDS
        while not board.ended and self._is_connected(tab):
            try:
                await asyncio.wait_for(board.changed.wait(), POLL_SECONDS)
            except TimeoutError:
                if self.subscribed.is_set() and time.monotonic() < refresh_at:
                    continue
            return not board.ended
        return False


def _wake(boards: Iterable[_Board]) -> None:
    for board in boards:
        board.changed.set()


def _is_connected(tab: str) -> bool:
    namespace = RegistrationContext.get().app.event_namespace
    if namespace is None:
        return False
    tokens = namespace._token_manager  # knows the tabs of other processes too
    socket = tokens.token_to_socket.get(tab)
    return socket is not None and socket.instance_id == tokens.instance_id


hub = LiveHub(_is_connected)


class EndOnPageLoad(Middleware):
    """Ends a tab's loop when the tab loads a page; that page starts its own."""

    async def preprocess(
        self, app: rx.App, state: BaseState, event: Event
    ) -> StateUpdate | None:
        """Let every event through."""
        if event.name == _PAGE_LOAD:
            hub.end(state.router.session.client_token)
        return None


async def follow(
    tab: str,
    read: Callable[[Actor], Awaitable[Shown]],
    fail: Callable[[], Awaitable[None]],
) -> AsyncGenerator[Shown, None]:
    """Yield what `read` returns, at once and after each change to the project.

    For a background handler. The session is checked before each reading. While
    Postgres is away it keeps trying.

    Args:
        tab: The tab's client token.
        read: Reads what the board shows, in a transaction of its own.
        fail: Called each time that Postgres did not answer.

    Raises:
        UnauthenticatedError: The session has ended.
    """
    async with contextlib.aclosing(hub.follow(tab)) as wakes:
        async for board in wakes:
            try:
                actor = await resolve_current_actor()
                hub.watch(board, actor.project_id)
                shown = await read(actor)
            except (SQLAlchemyError, psycopg.OperationalError) as error:
                logger.debug("the database did not answer a board: %s", error)
                if board.ended:
                    return
                await fail()
                await asyncio.sleep(POLL_SECONDS)
                hub.wake(tab)
                continue
            if board.ended:  # the tab shows another page, or another session
                return
            yield shown
