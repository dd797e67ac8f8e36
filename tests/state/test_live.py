"""Boards wake for their own project, not too often, and not for ever."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import cast
from uuid import UUID

import psycopg
import pytest

from leadpulse_app.broker import get_redis
from leadpulse_app.database import transaction
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.runtime.postgres import PostgresEngine
from leadpulse_app.runtime.valkey import ValkeyEngine
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.erasure import erase_project
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.projects import create_project
from leadpulse_app.state import guard, live
from leadpulse_app.state.guard import AnotherProjectError
from leadpulse_app.state.live import (
    MINIMUM_INTERVAL_SECONDS,
    POLL_SECONDS,
    LiveHub,
)
from tests.tenants import make_tenant

SOON = 2.0


def new_id() -> UUID:
    return uuid7(datetime.now(UTC))


@dataclass
class Tabs:
    """The open tabs, and a hub that asks about them."""

    open: set[str] = field(default_factory=lambda: {"tab", "other"})

    def __post_init__(self) -> None:
        self.hub = LiveHub(self.open.__contains__)

    async def follow(self, tab: str, project_id: UUID) -> AsyncGenerator[object, None]:
        async with aclosing(self.hub.follow(tab)) as wakes:
            async for board in wakes:
                self.hub.watch(board, project_id)
                yield board


@pytest.fixture
async def tabs() -> AsyncIterator[Tabs]:
    tabs = Tabs()
    async with tabs.hub.run():
        await subscribed(tabs.hub)
        yield tabs


async def subscribed(hub: LiveHub) -> None:
    await asyncio.wait_for(hub.subscribed.wait(), SOON)


async def seconds_until_wake(wakes: AsyncIterator[object], *, at_most: float) -> float:
    loop = asyncio.get_running_loop()
    started = loop.time()
    await asyncio.wait_for(anext(wakes), at_most)
    return loop.time() - started


async def settle(wakes: AsyncIterator[object]) -> None:
    """Take the wake that every board starts with."""
    await asyncio.wait_for(anext(wakes), SOON)


async def test_a_board_is_read_at_once_and_again_when_its_project_changed(
    tabs: Tabs,
) -> None:
    mine = new_id()
    async with aclosing(tabs.follow("tab", mine)) as wakes:
        await settle(wakes)
        publish_changes([mine])
        assert await seconds_until_wake(wakes, at_most=SOON) < SOON


async def test_a_change_to_another_project_wakes_nobody_here(tabs: Tabs) -> None:
    mine, theirs = new_id(), new_id()
    async with (
        aclosing(tabs.follow("tab", mine)) as my_wakes,
        aclosing(tabs.follow("other", theirs)) as their_wakes,
    ):
        await settle(my_wakes)
        await settle(their_wakes)
        mine_woken = asyncio.ensure_future(anext(my_wakes))
        publish_changes([theirs])
        await asyncio.wait_for(anext(their_wakes), SOON)
        assert not mine_woken.done()
        publish_changes([mine])
        await asyncio.wait_for(mine_woken, SOON)


async def test_a_burst_wakes_a_board_four_times_a_second_at_most(tabs: Tabs) -> None:
    mine = new_id()
    loop = asyncio.get_running_loop()
    async with aclosing(tabs.follow("tab", mine)) as wakes:
        await settle(wakes)
        moments = []
        while len(moments) < 5:
            publish_changes([mine])
            await asyncio.wait_for(anext(wakes), SOON)
            moments.append(loop.time())
    gaps = [b - a for a, b in pairwise(moments)]
    assert min(gaps) >= MINIMUM_INTERVAL_SECONDS * 0.95


async def test_a_message_that_nobody_understands_ends_nothing(tabs: Tabs) -> None:
    mine = new_id()
    async with aclosing(tabs.follow("tab", mine)) as wakes:
        await settle(wakes)
        get_redis().publish("leadpulse:changes", "what?")
        async with asyncio.timeout(SOON):
            await anext(wakes)  # subscribed anew
        publish_changes([mine])
        assert await seconds_until_wake(wakes, at_most=SOON) < SOON


async def test_the_loop_ends_when_the_tab_has_gone(tabs: Tabs) -> None:
    async with aclosing(tabs.follow("tab", new_id())) as wakes:
        await settle(wakes)
        assert tabs.hub.board_count == 1
        tabs.open.discard("tab")
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(wakes), POLL_SECONDS + SOON)
    assert tabs.hub.board_count == 0


async def test_a_tab_has_one_loop_the_newest(tabs: Tabs) -> None:
    async with aclosing(tabs.follow("tab", new_id())) as older:
        await settle(older)
        async with aclosing(tabs.follow("tab", new_id())) as newer:
            await asyncio.wait_for(anext(newer), SOON)
            with pytest.raises(StopAsyncIteration):
                await asyncio.wait_for(anext(older), SOON)
            assert tabs.hub.board_count == 1
    assert tabs.hub.board_count == 0


async def test_without_redis_boards_read_by_themselves_and_recover(
    tabs: Tabs, engines: tuple[PostgresEngine, ValkeyEngine]
) -> None:
    _, valkey = engines
    mine = new_id()
    async with aclosing(tabs.follow("tab", mine)) as wakes:
        await settle(wakes)
        await asyncio.to_thread(valkey.stop)
        try:
            for _ in range(2):
                await seconds_until_wake(wakes, at_most=2 * POLL_SECONDS + SOON)
        finally:
            await asyncio.to_thread(valkey.start)
        await subscribed(tabs.hub)
        await settle(wakes)  # what may have been missed meanwhile
        publish_changes([mine])
        assert await seconds_until_wake(wakes, at_most=SOON) < SOON


async def test_a_board_goes_on_where_a_connection_of_its_own_finds_no_postgres(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads: list[Actor] = []
    failures: list[int] = []
    monkeypatch.setattr(live, "hub", LiveHub(lambda _: len(reads) < 2))
    guard._token.set((await make_tenant()).token)

    async def read(actor: Actor) -> str:
        reads.append(actor)
        if len(reads) == 1:
            raise psycopg.OperationalError("the server closed the connection")
        return "shown"

    async def fail() -> None:
        failures.append(len(reads))

    shown = [each async for each in live.follow("tab", read, fail)]
    assert shown == ["shown"]
    assert failures == [1]


async def test_who_waited_for_a_reading_that_failed_waits_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: list[Actor] = []
    monkeypatch.setattr(live, "hub", LiveHub(lambda _: True))
    guard._token.set((await make_tenant()).token)

    async def read(actor: Actor) -> str:
        tries.append(actor)
        if len(tries) == 1:
            raise psycopg.OperationalError("the server closed the connection")
        return "shown"

    async def fail() -> None:
        pass

    async with aclosing(live.follow("tab", read, fail)) as board:
        await anext(board)
        assert live.hub.answers("tab"), "it shows on a paused page too"
        live.hub._by_tab["tab"].wake()
        await anext(board)
        assert not live.hub.answers("tab")


async def test_a_board_ends_where_its_session_acts_in_another_project(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "hub", LiveHub(lambda _: True))
    tenant = await make_tenant()
    guard._token.set(tenant.token)
    now = datetime.now(UTC)
    async with transaction(tenant.actor.project_id) as session:
        await create_project(session, tenant.actor, name="Second", now=now)
    shown: list[str] = []

    async def read(actor: Actor) -> str:
        shown.append(actor.project_name)
        return actor.project_name

    async def fail() -> None:
        raise AssertionError

    async with aclosing(live.follow("tab", read, fail)) as board:
        await anext(board)
        async with transaction(tenant.actor.project_id) as session:
            await erase_project(session, tenant.actor)
        live.hub.wake("tab")
        with pytest.raises(AnotherProjectError):
            await anext(board)
    assert shown == ["Ada's project"]


async def test_what_costs_much_is_older_than_a_change_for_a_while_alone(
    tabs: Tabs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "hub", tabs.hub)
    actor = (await make_tenant()).actor
    readings = 0

    async def count() -> int:
        nonlocal readings
        readings += 1
        return readings

    async def next_shown(wakes: AsyncIterator[object]) -> int:
        board = await asyncio.wait_for(anext(wakes), 2 * SOON)
        reading = live._reading_board.set(cast("live._Board", board))
        try:
            return await live.share(actor, "counts", count, lasts=SOON)
        finally:
            live._reading_board.reset(reading)

    async with aclosing(tabs.follow("tab", actor.project_id)) as wakes:
        assert await next_shown(wakes) == 1
        publish_changes([actor.project_id])
        assert await next_shown(wakes) == 1
        async with asyncio.timeout(3 * SOON):  # though nothing changed since
            while await next_shown(wakes) == 1:
                pass
        tabs.hub.wake("tab")
        assert await next_shown(wakes) == 3  # a person waits for it
