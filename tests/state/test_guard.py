"""A tab keeps nothing of another session or project, and does nothing for it."""

from datetime import UTC, datetime

import reflex as rx
from reflex.istate.data import HeaderData
from reflex.state import StateUpdate
from reflex_base.event import Event
from reflex_base.utils.format import format_event_handler

from leadpulse_app.dashboard import app
from leadpulse_app.database import transaction
from leadpulse_app.services.actors import SESSION_COOKIE, resolve_actor
from leadpulse_app.services.erasure import erase_project
from leadpulse_app.services.projects import create_project
from leadpulse_app.services.sessions import write_project_token
from leadpulse_app.state.guard import Guard
from leadpulse_app.state.pipeline import PipelineState
from leadpulse_app.state.settings import SettingsState
from leadpulse_app.state.shell import ShellState
from tests.tenants import Tenant, make_tenant

FOLLOW = PipelineState.event_handlers["follow"]
ASK = SettingsState.event_handlers["ask_deletion"]


class Visit:
    """One tab, whose cookie is whatever the browser holds by then."""

    def __init__(self) -> None:
        self.root = rx.State(_reflex_internal_init=True)
        self.guard = Guard([FOLLOW])

    async def send(self, token: str, handler: rx.EventHandler) -> str:
        """Return how the guard answers an event; nothing where it runs."""
        self.root.rx_router_headers = HeaderData(cookie=f"{SESSION_COOKIE}={token}")
        event = Event(name=format_event_handler(handler), payload={})
        update = await self.guard.preprocess(app, self.root, event)
        assert isinstance(update, StateUpdate | None)
        return "" if update is None else str(update.events)

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
