"""A board's session is looked up seldom, and at once when something was said of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from leadpulse_app import database
from leadpulse_app.domain.errors import UnauthenticatedError
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.live import publish_actors, publish_changes
from leadpulse_app.services.recovery import reset_password
from leadpulse_app.services.sessions import close_session
from leadpulse_app.state import guard, live
from leadpulse_app.state.guard import resolve_token
from leadpulse_app.state.live import LiveHub
from leadpulse_app.state.session_checks import SessionChecks
from tests.tenants import Tenant, make_tenant

SOON = 2.0


@dataclass
class Looked:
    """Looks sessions up, and counts how often."""

    is_told: bool = True
    times: int = 0

    def __post_init__(self) -> None:
        self.checks = SessionChecks(self.look, lambda: self.is_told)

    async def look(self, token: str | None) -> Actor:
        self.times += 1
        return await resolve_token(token)


async def test_a_session_is_looked_up_once_for_all_of_its_boards() -> None:
    looked, tenant = Looked(), await make_tenant()
    for _ in range(5):
        assert await looked.checks.check(tenant.token) == tenant.actor
    assert looked.times == 1


async def test_while_nothing_can_be_heard_it_is_looked_up_each_time() -> None:
    looked, tenant = Looked(is_told=False), await make_tenant()
    for _ in range(3):
        await looked.checks.check(tenant.token)
    assert looked.times == 3


@pytest.mark.parametrize("of", ["session_id", "user_id", "project_id"])
async def test_it_is_looked_up_anew_when_something_was_said_of_it(of: str) -> None:
    looked, tenant, other = Looked(), await make_tenant(), await make_tenant()
    await looked.checks.check(tenant.token)
    looked.checks.forget({getattr(other.actor, of)})
    await looked.checks.check(tenant.token)
    assert looked.times == 1
    looked.checks.forget({getattr(tenant.actor, of)})
    await looked.checks.check(tenant.token)
    assert looked.times == 2


async def test_a_session_that_ended_while_it_was_looked_up_does_not_count() -> None:
    tenant = await make_tenant()

    async def look(token: str | None) -> Actor:
        actor = await resolve_token(token)
        await sign_out(tenant)
        checks.forget({tenant.actor.session_id})
        return actor

    checks = SessionChecks(look, lambda: True)
    with pytest.raises(UnauthenticatedError):
        await checks.check(tenant.token)


async def test_an_ended_session_is_not_remembered_as_good() -> None:
    looked, tenant = Looked(), await make_tenant()
    await sign_out(tenant)
    for _ in range(2):
        with pytest.raises(UnauthenticatedError):
            await looked.checks.check(tenant.token)


async def sign_out(tenant: Tenant) -> None:
    async with database.transaction() as session:
        await close_session(session, tenant.actor.session_id, now=datetime.now(UTC))


@pytest.fixture
async def hub(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LiveHub]:
    hub = LiveHub(lambda _: True)
    monkeypatch.setattr(live, "hub", hub)
    async with hub.run():
        await asyncio.wait_for(hub.subscribed.wait(), SOON)
        yield hub


async def end_by_signing_out(tenant: Tenant) -> None:
    await sign_out(tenant)
    publish_actors([tenant.actor.session_id])


async def end_by_new_password(tenant: Tenant) -> None:
    async with database.transaction() as session:
        user_id = await reset_password(
            session,
            email=tenant.actor.email,
            password_hash="x",
            now=datetime.now(UTC),
        )
    publish_actors([user_id])


@pytest.mark.parametrize("end", [end_by_signing_out, end_by_new_password])
async def test_a_session_that_ends_elsewhere_ends_its_boards_at_once(
    hub: LiveHub, end: object
) -> None:
    tenant = await make_tenant()
    guard._token.set(tenant.token)
    readings = []

    async def read(actor: Actor) -> int:
        readings.append(actor)
        return len(readings)

    async def fail() -> None:
        raise AssertionError

    async with aclosing(live.follow("tab", read, fail)) as shown:
        assert await anext(shown) == 1
        publish_changes([tenant.actor.project_id])
        assert await asyncio.wait_for(anext(shown), SOON) == 2
        waiting = asyncio.ensure_future(anext(shown))
        await asyncio.sleep(0)
        assert callable(end)
        await end(tenant)
        with pytest.raises(UnauthenticatedError):
            await asyncio.wait_for(waiting, SOON)
    assert len(readings) == 2
    assert hub.board_count == 0


async def test_what_was_read_when_the_session_ended_is_not_shown(hub: LiveHub) -> None:
    tenant = await make_tenant()
    guard._token.set(tenant.token)

    async def read(actor: Actor) -> str:
        await sign_out(tenant)
        hub.sessions.forget({actor.session_id})
        return "shown"

    async def fail() -> None:
        raise AssertionError

    async with aclosing(live.follow("tab", read, fail)) as shown:
        with pytest.raises(UnauthenticatedError):
            await anext(shown)
