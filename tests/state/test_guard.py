"""A tab keeps nothing of another session or project, and does nothing for it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import pytest
import reflex as rx
from reflex.istate.data import HeaderData
from reflex.state import State, StateUpdate
from reflex_base.event import Event
from reflex_base.utils.format import format_event_handler

from leadpulse_app.dashboard import app
from leadpulse_app.database import transaction
from leadpulse_app.services.actors import SESSION_COOKIE, resolve_actor
from leadpulse_app.services.erasure import erase_project
from leadpulse_app.services.projects import create_project
from leadpulse_app.services.sessions import close_session, write_project_token
from leadpulse_app.state import guard, live
from leadpulse_app.state.guard import Guard, TakenTabError, locked
from leadpulse_app.state.live import LiveHub
from leadpulse_app.state.pipeline import HOLDS, PipelineState
from leadpulse_app.state.settings import CONFIRMATION, SettingsState
from leadpulse_app.state.shell import ShellState
from tests.tenants import Tenant, make_tenant

FOLLOW = PipelineState.event_handlers["follow"]
ASK = SettingsState.event_handlers["ask_deletion"]
HYDRATE = State.event_handlers["hydrate_and_load"]

ARGUMENTS = {
    "release": ("hot", HOLDS[0]),
    "delete_project": ({CONFIRMATION: "Ada's project"},),
}
"""Of the background handlers that take any."""


class Visit:
    """One tab, whose cookie is whatever the browser holds by then."""

    def __init__(self, end_board: Callable[[str], None] = lambda _: None) -> None:
        self.root = rx.State(_reflex_internal_init=True)
        self.guard = Guard([FOLLOW], end_board)

    async def send(self, token: str, handler: rx.EventHandler) -> str:
        """Return how the guard answers an event; nothing where it runs."""
        self.root.rx_router_headers = HeaderData(cookie=f"{SESSION_COOKIE}={token}")
        event = Event(name=format_event_handler(handler), payload={})
        update = await self.guard.preprocess(app, self.root, event)
        assert isinstance(update, StateUpdate | None)
        return "" if update is None else str(update.events)

    async def send_later(self, token: str, handler: rx.EventHandler) -> None:
        """Send an event beside what runs, whose caller stays who it is."""
        await asyncio.create_task(self.send(token, handler))

    @property
    def shell(self) -> ShellState:
        state = self.root.substates[ShellState.get_name()]
        assert isinstance(state, ShellState)
        return state


async def in_another_project(tenant: Tenant) -> str:
    now = datetime.now(UTC)
    async with transaction(tenant.actor.project_id) as session:
        made = await create_project(session, tenant.actor, name="Second", now=now)
        return await write_project_token(
            session, tenant.actor.session_id, made.id, now=now
        )


async def test_an_event_of_the_same_session_runs_and_keeps_what_is_shown() -> None:
    ada, tab = await make_tenant(), Visit()
    assert await tab.send(ada.token, ASK) == ""
    tab.shell._show(ada.actor)
    assert await tab.send(ada.token, ASK) == ""
    assert tab.shell.project_name == "Ada's project"


async def test_a_page_of_another_project_is_emptied_and_asks_for_nothing() -> None:
    ada, tab = await make_tenant(), Visit()
    elsewhere = await in_another_project(ada)
    await tab.send(ada.token, ASK)
    tab.shell._show(ada.actor)
    assert "location.assign" in await tab.send(elsewhere, ASK)
    assert tab.shell.project_name == ""
    assert await tab.send(elsewhere, ASK) == "", "it is this project's page by now"


async def test_a_page_that_loads_with_another_session_begins_empty() -> None:
    ada, eve, tab = await make_tenant(), await make_tenant(name="Eve"), Visit()
    await tab.send(ada.token, FOLLOW)
    tab.shell._show(ada.actor)
    assert await tab.send(eve.token, FOLLOW) == ""
    assert tab.shell.project_name == ""


async def test_a_page_of_a_project_that_was_erased_is_emptied_too() -> None:
    ada, tab = await make_tenant(), Visit()
    second = await in_another_project(ada)
    await tab.send(ada.token, ASK)
    tab.shell._show(ada.actor)
    async with transaction(ada.actor.project_id) as session:
        await erase_project(session, ada.actor)
    assert "location.assign" in await tab.send(ada.token, ASK)
    assert tab.shell.project_name == ""
    async with transaction() as session:
        assert (await resolve_actor(session, second)).project_name == "Second"


async def test_somebody_who_signed_out_is_led_to_the_sign_in() -> None:
    ada, tab = await make_tenant(), Visit()
    await tab.send(ada.token, ASK)
    tab.shell._show(ada.actor)
    assert "/login" in await tab.send("", ASK)
    assert tab.shell.project_name == ""


def background_handlers() -> list[tuple[type[rx.State], str]]:
    return [
        (state, name)
        for state in sorted(rx.State.get_substates(), key=str)
        for name, handler in state.event_handlers.items()
        if handler.is_background and state.__module__.startswith("leadpulse_app.")
    ]


async def run(handled: Any) -> None:
    if isinstance(handled, AsyncGenerator):
        async for _ in handled:
            pass
    else:
        await handled


def test_there_are_background_handlers() -> None:
    assert {"follow", "verify", "fill"} <= {name for _, name in background_handlers()}


@pytest.mark.parametrize(("page", "name"), background_handlers())
async def test_what_runs_on_in_a_tab_of_another_project_touches_nothing_there(
    page: type[rx.State], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "hub", LiveHub(lambda _: True))
    ada, tab = await make_tenant(), Visit()
    elsewhere = await in_another_project(ada)
    await tab.send(ada.token, page.event_handlers[name])
    await tab.send_later(elsewhere, HYDRATE)
    tab.root._clean()
    state = tab.root.substates[page.get_name()]
    with pytest.raises(TakenTabError):
        await run(page.event_handlers[name].fn(state, *ARGUMENTS.get(name, ())))
    assert not tab.root.get_delta()
    assert guard.explain_failure(TakenTabError()) is None
    async with transaction() as session:
        assert await resolve_actor(session, ada.token) == ada.actor, "nothing is erased"


async def test_a_page_is_not_shown_what_was_read_for_the_project_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "hub", LiveHub(lambda _: True))
    ada, tab = await make_tenant(), Visit()
    elsewhere = await in_another_project(ada)
    await tab.send(ada.token, FOLLOW)
    page = tab.root.substates[PipelineState.get_name()]
    assert isinstance(page, PipelineState)
    async with aclosing(page._show_changes()) as shown:
        await anext(shown)
        assert tab.shell.project_name == "Ada's project"
        await tab.send_later(elsewhere, HYDRATE)
        live.hub.wake("")
        with pytest.raises(TakenTabError):
            await anext(shown)
    assert tab.shell.project_name == ""


async def test_a_tab_that_is_emptied_no_longer_follows_what_it_followed() -> None:
    hub = LiveHub(lambda _: True)
    ada, tab = await make_tenant(), Visit(hub.end)
    elsewhere = await in_another_project(ada)
    await tab.send(ada.token, HYDRATE)
    async with aclosing(hub.follow("")) as board:
        await anext(board)
        await tab.send_later(ada.token, HYDRATE)
        assert hub.board_count == 1
        await tab.send_later(elsewhere, HYDRATE)
        assert hub.board_count == 0
        with pytest.raises(StopAsyncIteration):
            await anext(board)


async def test_somebody_whose_session_ended_is_still_told_by_the_page() -> None:
    ada, tab = await make_tenant(), Visit()
    await tab.send(ada.token, FOLLOW)
    async with transaction() as session:
        await close_session(session, ada.actor.session_id, now=datetime.now(UTC))
    await tab.send(ada.token, FOLLOW)
    async with locked(tab.root):
        pass  # and is led to the sign-in by what follows
