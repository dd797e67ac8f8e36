"""What an empty project is told: its own snippet, and sample data where that may be."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from leadpulse_app import database
from leadpulse_app.domain.errors import ConflictError, ForbiddenError
from leadpulse_app.models import Role
from leadpulse_app.services.leads import count_by_stage
from leadpulse_app.settings import Environment, get_settings
from leadpulse_app.state import first_run
from leadpulse_app.state.first_run import FirstRunState
from leadpulse_app.tasks.demo_process import fill_beside
from tests.state.tab import Tab, sent
from tests.tenants import Tenant, make_tenant


async def shown(tab: Tab) -> FirstRunState:
    state = tab.state(FirstRunState)
    await tab.call(state, "load")
    return state


async def test_an_admin_sees_their_own_key_and_host_and_may_fill() -> None:
    ada, eve = await make_tenant(), await make_tenant(name="Eve")
    state = await shown(Tab(ada.actor))
    assert ada.write_key in state.snippet
    assert f"{get_settings().public_url}/sdk/" in state.snippet
    assert state.may_fill
    assert eve.write_key in (await shown(Tab(eve.actor))).snippet


async def test_a_member_may_not_fill() -> None:
    tab = Tab(replace((await make_tenant()).actor, role=Role.MEMBER))
    state = await shown(tab)
    assert not state.may_fill
    with pytest.raises(ForbiddenError):
        await tab.call(state, "fill")


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "leadpulse_app.state.first_run.get_settings",
        lambda: get_settings().model_copy(
            update={"environment": Environment.PRODUCTION}
        ),
    )


@pytest.mark.usefixtures("production")
async def test_production_neither_shows_nor_obeys_it() -> None:
    tab = Tab((await make_tenant()).actor)
    state = await shown(tab)
    assert not state.may_fill
    with pytest.raises(ForbiddenError):
        await tab.call(state, "fill")


async def test_it_tells_how_far_it_is_is_begun_once_and_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(first_run, "fill_beside", partial(fill_beside, people=20))
    ada = await make_tenant()
    tab = Tab(ada.actor, token=ada.token)
    state = await shown(tab)
    filling = asyncio.create_task(tab.call(state, "fill"))
    told: set[str] = set()
    while not filling.done():
        if state.is_filling and not told:
            assert await tab.call(state, "fill") is None, "it is begun twice"
        told |= {state.doing} - {""}
        await asyncio.sleep(0.005)
    assert "sample data is there" in sent(await filling)
    assert told >= {"Beginning", "Sending events"}
    assert (state.is_filling, state.percent) == (False, 100)
    async with database.transaction(ada.actor.project_id) as session:
        assert sum((await count_by_stage(session, ada.actor)).values()) > 0


async def test_a_project_with_leads_is_not_filled() -> None:
    tenant: Tenant = await make_tenant()
    for _ in range(6):
        await tenant.add_lead()
    tab = Tab(tenant.actor)
    with pytest.raises(ConflictError):
        await tab.call(tab.state(FirstRunState), "fill")
