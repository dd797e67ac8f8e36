"""Wakes the open boards of a project when something in it changed.

Each web process holds one subscription. A board is a browser tab with a page that
follows changes; it has at most one loop, and the loop ends when the tab closes,
loads another page, or is no longer signed in.

Boards come in turns (`turns`), check their session (`session_checks`) and read; what
several show is read once for all of them (`share`, `readings`).
"""

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Hashable,
    Iterable,
)
from contextvars import ContextVar
from typing import TypeVar
from uuid import UUID

import psycopg
import redis
import reflex as rx
from reflex.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event
from reflex_base.registry import RegistrationContext
from sqlalchemy.exc import SQLAlchemyError

from leadpulse_app.services import live
from leadpulse_app.services.actors import Actor
from leadpulse_app.state.guard import (
    AnotherProjectError,
    current_token,
    resolve_token,
)
from leadpulse_app.state.readings import JOINING_SECONDS, Readings
from leadpulse_app.state.session_checks import SessionChecks, concerns
from leadpulse_app.state.turns import Turn, Turns
from leadpulse_app.state.visits import PAGE_LOAD

logger = logging.getLogger(__name__)

Shown = TypeVar("Shown")

MINIMUM_INTERVAL_SECONDS = 0.25
"""A board is woken at most 4 times a second; the first change wakes it at once."""

POLL_SECONDS = 2.0
"""How often a board reads the database while Redis is away, and looks for its tab."""

REFRESH_SECONDS = 30.0
"""How old "2 min ago" may become on a board to which nothing happens."""


class _Board:
    """One tab's place in the hub, and how old what it shows may be."""

    def __init__(self) -> None:
        self.project_id: UUID | None = None
        self.actor: Actor | None = None
        self.changed = asyncio.Event()
        self.ended = False
        self.is_urgent = True
        """Whether a person waits for the next reading, as when the page opens."""
        self.answers = False
        """Whether a person waits for the current reading."""
        self.pause = 0.0
        """Seconds to wait at least before the next reading."""
        self.turn: Turn | None = None
        self.reads_after = time.monotonic()
        """What is read must have begun later, but for what lasts."""
        self.read_at = self.reads_after
        """When what is read now, or was read last, began."""
        self._woken_at = self.reads_after
        self._waking: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        now = time.monotonic()
        if not self.changed.is_set():
            self.reads_after = now
            self.changed.set()
        self._woken_at = now

    def wake_at_once(self) -> None:
        self.changed.set()
        self.is_urgent = True
        self.reads_after = self._woken_at = time.monotonic()

    def wake_later(self, seconds: float) -> None:
        """Let it read again after a time, this one alone, unless it does so before."""
        self._wake_no_more()
        self._waking = asyncio.get_running_loop().call_later(seconds, self.wake)

    def _wake_no_more(self) -> None:
        if self._waking is not None:
            self._waking.cancel()

    def begin(self) -> None:
        """Read from now on: changes that come later wake the board again."""
        self._wake_no_more()
        self.changed.clear()
        self.answers, self.is_urgent = self.is_urgent, False
        self.pause = 0.0
        self.reads_after = max(self.reads_after, self.read_at)
        self.read_at = time.monotonic()

    def settle(self) -> None:
        """Have read: only what changed since that began wakes the board again."""
        if self._woken_at < self.read_at:
            self.changed.clear()
        elif not self.changed.is_set():
            self.reads_after = self._woken_at
            self.changed.set()

    def end(self) -> None:
        self._wake_no_more()
        self.ended = True
        self.changed.set()


_reading_board: ContextVar[_Board | None] = ContextVar("reading_board", default=None)


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
        self.readings = Readings()
        self.sessions = SessionChecks(resolve_token, self.subscribed.is_set)
        self._turns = Turns()

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
                async for announced in live.subscribe():
                    self._hear(announced)
            except redis.RedisError:
                logger.debug("live subscription lost", exc_info=True)
            except Exception:
                logger.exception("live subscription failed")
            finally:
                self.subscribed.clear()
            await asyncio.sleep(MINIMUM_INTERVAL_SECONDS)

    def _hear(self, announced: live.Announcement) -> None:
        if not self.subscribed.is_set():
            self.sessions.forget_all()  # what was said meanwhile, nobody heard
            self.subscribed.set()
            _wake(self._by_tab.values())
        for project_id in announced.projects:
            _wake(self._by_project.get(project_id, ()))
        if announced.actors:
            self.sessions.forget(announced.actors)
            for board in self._by_tab.values():
                if board.actor is not None and concerns(announced.actors, board.actor):
                    board.wake_at_once()

    def is_open(self, tab: str) -> bool:
        """Return whether this process holds the open websocket of a tab."""
        return self._is_connected(tab)

    def wake(self, tab: str) -> None:
        """Let the board of this tab read again, changed or not."""
        if tab in self._by_tab:
            self._by_tab[tab].wake_at_once()

    def answers(self, tab: str) -> bool:
        """Return whether the tab's own person waits for what was read last.

        They opened the page or did something there; it shows even on a paused page.
        """
        board = self._by_tab.get(tab)
        return board is not None and board.answers

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
                async with self._turns.take(at_once=board.is_urgent) as board.turn:
                    started = time.monotonic()
                    board.begin()
                    yield board
                board.settle()
                # A slow reading is followed by as long a rest, or it never ends.
                taken = time.monotonic() - started
                await asyncio.sleep(
                    max(MINIMUM_INTERVAL_SECONDS - taken, taken, board.pause)
                )
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
                board.wake()
            return not board.ended
        return False


def _wake(boards: Iterable[_Board]) -> None:
    for board in boards:
        board.wake()


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
        if event.name == PAGE_LOAD:
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
        AnotherProjectError: It acts in another project than when this began.
    """
    token = current_token()
    async with contextlib.aclosing(hub.follow(tab)) as wakes:
        async for board in wakes:
            reading = _reading_board.set(board)
            try:
                actor = await hub.sessions.check(token)
                if board.project_id not in (None, actor.project_id):
                    raise AnotherProjectError("This project is gone")
                board.actor = actor
                hub.watch(board, board.actor.project_id)
                shown = await read(board.actor)
                if not board.ended:  # or the tab shows another page, another session
                    await hub.sessions.check(token)
            except (SQLAlchemyError, psycopg.OperationalError) as error:
                logger.debug("the database did not answer a board: %s", error)
                if board.ended:
                    return
                await fail()
                board.pause = POLL_SECONDS
                board.wake()
                board.is_urgent |= board.answers  # who waited for it still does
                continue
            finally:
                _reading_board.reset(reading)
            if board.ended:
                return
            yield shown


async def share(
    actor: Actor,
    what: Hashable,
    read: Callable[[], Awaitable[Shown]],
    *,
    lasts: float = JOINING_SECONDS,
) -> Shown:
    """Return what `read` reads, once for all boards of the project that ask for it.

    To be called while a board reads, for what does not depend on the person:

        async def _read(self, actor: Actor, now: datetime) -> _Content:
            wanted = self._wanted()
            return await share(
                actor, ("leads", wanted), lambda: _read_list(actor, wanted, now)
            )

    `readings` says why nobody is shown anything stale. What is shared must not be
    changed by those who show it. Outside of a board, this reads by itself.

    Args:
        actor: Who asks; the board's session was checked before.
        what: Tells this reading from any other of the project: where it is asked for,
            and all that it depends on.
        read: Reads it in a transaction of its own. It may be another board's call that
            reads, so it must touch nothing of the page.
        lasts: Seconds. Where it is more, what is shown may be as old, but for a person
            who waits for it; the board reads once more when it is. For what costs much.

    Raises:
        SQLAlchemyError: The database did not answer whoever reads.
    """
    board = _reading_board.get()
    if board is None:
        return await read()
    key = (actor.project_id, actor.time_zone, what)
    after = board.reads_after
    if lasts > JOINING_SECONDS and not board.answers:
        after = min(after, time.monotonic() - lasts)
    reading = hub.readings.join(key, read, after=after, lasts=lasts)
    if reading.began > board.reads_after:
        board.read_at = min(board.read_at, reading.began)
    else:
        board.wake_later(max(0.0, reading.began + lasts - time.monotonic()))
    if board.turn is not None and not reading.content.done():
        board.turn.give_away()
        await asyncio.wait([reading.content])
        await board.turn.come(again=True)
    shown: Shown = await asyncio.shield(reading.content)
    return shown
