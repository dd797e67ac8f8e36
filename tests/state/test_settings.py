"""Who saves what in the settings, and what is left of a project that is deleted."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import ForbiddenError
from leadpulse_app.models import Role
from leadpulse_app.services.actors import Actor, resolve_actor
from leadpulse_app.services.projects import create_project, list_projects
from leadpulse_app.services.sessions import write_project_token
from leadpulse_app.state.settings import SettingsState, _erase
from tests.state.tab import Tab, sent
from tests.tenants import Tenant, make_tenant

ACME = {"name": " Acme ", "domain": "https://acme.example/", "timeZone": "Asia/Tokyo"}


async def opened(actor: Actor) -> tuple[Tab, SettingsState]:
    tab = Tab(actor, "/settings")
    return tab, await tab.open(SettingsState)


async def now_of(tenant: Tenant) -> Actor:
    async with transaction() as session:
        return await resolve_actor(session, tenant.token)


async def second_project(tenant: Tenant, name: str = "Second") -> Actor:
    now = datetime.now(UTC)
    async with transaction(tenant.actor.project_id) as session:
        made = await create_project(session, tenant.actor, name=name, now=now)
        token = await write_project_token(
            session, tenant.actor.session_id, made.id, now=now
        )
    async with transaction() as session:
        return await resolve_actor(session, token)


async def test_an_admin_says_something_else_of_their_project() -> None:
    ada, eve = await make_tenant(), await make_tenant(name="Eve")
    tab, state = await opened(ada.actor)
    assert (state.project_name, state.time_zone) == ("Ada's project", "UTC")
    toast, _ = await tab.call(state, "save_project", ACME)
    assert "saved" in sent(toast)
    _, state = await opened(await now_of(ada))
    assert (state.project_name, state.domain, state.time_zone) == (
        "Acme",
        "acme.example",
        "Asia/Tokyo",
    )
    assert (await now_of(eve)).project_name == "Eve's project"


async def test_what_is_wrong_stands_at_its_field_until_it_is_right() -> None:
    tab, state = await opened((await make_tenant()).actor)
    await tab.call(state, "save_project", {**ACME, "timeZone": "Mars/Olympus"})
    assert list(state.problems) == ["timeZone"]
    await tab.call(state, "save_project", ACME)
    assert state.problems == {}
    await tab.call(state, "save_profile", {"userName": " "})
    assert list(state.problems) == ["userName"]


async def test_what_was_saved_stands_in_its_form_as_it_was_understood() -> None:
    tab, state = await opened((await make_tenant()).actor)
    _, settled = await tab.call(state, "save_project", ACME)
    assert (state.project_name, state.domain) == ("Acme", "acme.example")
    assert "project" in sent(settled)
    _, settled = await tab.call(state, "save_profile", {"userName": " Ada L. "})
    assert state.user_name == "Ada L."
    assert "profile" in sent(settled)


async def test_a_question_stays_open_where_the_connection_broke_off() -> None:
    tab, state = await opened((await make_tenant()).actor)
    await tab.call(state, "ask_deletion", True)
    await tab.reconnect()
    await tab.open(SettingsState)
    assert state.asks_deletion
    await tab.reload()
    await tab.open(SettingsState)
    assert not state.asks_deletion


async def test_a_member_reads_the_project_and_changes_their_name_alone() -> None:
    ada = await make_tenant()
    tab, state = await opened(replace(ada.actor, role=Role.MEMBER))
    assert not state.is_admin
    assert state.project_name == "Ada's project"
    with pytest.raises(ForbiddenError):
        await tab.call(state, "save_project", ACME)
    await tab.call(state, "save_profile", {"userName": "Ada Lovelace"})
    assert (await now_of(ada)).user_name == "Ada Lovelace"
    assert "admin" in await _erase(tab.actor)


@pytest.mark.parametrize("form", [None, 7, "x", [], {"name": ["Acme"]}, {"name": None}])
@pytest.mark.parametrize("handler", ["save_project", "save_profile"])
async def test_a_form_that_is_none_saves_nothing(handler: str, form: Any) -> None:
    ada = await make_tenant()
    tab, state = await opened(ada.actor)
    await tab.call(state, handler, form)
    assert state.problems
    assert await now_of(ada) == ada.actor


async def test_the_only_project_of_a_person_stays() -> None:
    ada = await make_tenant()
    assert "your only project" in await _erase(ada.actor)
    assert await now_of(ada) == ada.actor


async def test_a_deleted_project_leaves_the_person_in_their_other_one() -> None:
    ada, eve = await make_tenant(), await make_tenant(name="Eve")
    second = await second_project(ada)
    assert await _erase(ada.actor) == ""
    assert (await now_of(ada)).project_id == second.project_id
    async with transaction(second.project_id) as session:
        assert [each.name for each in await list_projects(session, second)] == [
            "Second"
        ]
    assert "your only project" in await _erase(second)
    assert await now_of(eve) == eve.actor
