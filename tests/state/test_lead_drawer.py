"""The drawer shows one lead of the project in short, and no other."""

from datetime import UTC, datetime

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.services.erasure import erase_leads
from leadpulse_app.state.leads import LeadsState
from tests.state.tab import Tab, sent
from tests.tenants import NOBODYS_ID, make_tenant


async def test_a_row_opens_the_drawer_and_the_address_keeps_the_lead() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(name="Ada", email="ada@example.com", score=65)
    await tenant.add_event(lead_id, type="demo_request", properties={"path": "/demo"})
    tab = Tab(tenant.actor, "/leads")
    state = await tab.open(LeadsState)
    assert str(lead_id) in sent(await tab.call(state, "open_drawer", str(lead_id)))
    assert state.drawer_is_open
    lead = state.drawn
    assert (lead.name, lead.contact) == ("Ada", "ada@example.com")
    assert (lead.score, lead.stage) == ("65", "qualified")
    assert lead.href == f"/leads/{lead_id}"
    assert [(event.type, event.page) for event in lead.events] == [
        ("demo_request", "/demo")
    ]
    await tab.call(state, "toggle_drawer", False)
    assert not state.drawer_is_open


async def test_a_link_to_an_opened_lead_opens_it() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(name="Ada")
    tab = Tab(tenant.actor, f"/leads?lead={lead_id}")
    state = await tab.open(LeadsState)
    assert (state.drawer_is_open, state.drawn.name) == (True, "Ada")
    tab.go("/leads")
    await tab.open(LeadsState)
    assert not state.drawer_is_open


async def test_an_open_drawer_is_read_with_the_list_until_its_lead_is_gone() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(name="Ada")
    tab = Tab(tenant.actor, "/leads")
    state = await tab.open(LeadsState)
    await tab.call(state, "open_drawer", str(lead_id))
    await tenant.add_event(lead_id, type="signup")
    state._show(await state._read(tenant.actor, datetime.now(UTC)))
    assert [event.type for event in state.drawn.events] == ["signup"]
    async with transaction(tenant.actor.project_id) as session:
        await erase_leads(session, tenant.actor, [lead_id])
    state._show(await state._read(tenant.actor, datetime.now(UTC)))
    assert not state.drawer_is_open


async def test_what_was_read_for_a_drawer_that_was_closed_meanwhile_opens_nothing() -> (
    None
):
    tenant = await make_tenant()
    ada, bob = await tenant.add_lead(name="Ada"), await tenant.add_lead(name="Bob")
    tab = Tab(tenant.actor, f"/leads?lead={ada}")
    state = await tab.open(LeadsState)
    content = await state._read(tenant.actor, datetime.now(UTC))
    await tab.call(state, "open_drawer", str(bob))
    state._show(content)
    assert (state.drawer_is_open, state.drawn.name) == (True, "Bob")
    await tab.call(state, "toggle_drawer", False)
    state._show(content)
    assert not state.drawer_is_open


async def test_another_projects_lead_is_not_shown() -> None:
    mine, theirs = await make_tenant(), await make_tenant()
    lead_id = await theirs.add_lead(name="Theirs")
    tab = Tab(mine.actor, f"/leads?lead={lead_id}")
    state = await tab.open(LeadsState)
    await tab.call(state, "open_drawer", str(lead_id))
    assert (state.drawer_is_open, state.drawn.name) == (False, "")


@pytest.mark.parametrize(
    "lead_id", [None, "", 7, "x" * 36, ["a"], NOBODYS_ID, "'); x("]
)
async def test_what_is_no_lead_opens_nothing(lead_id: object) -> None:
    tab = Tab((await make_tenant()).actor, "/leads")
    state = await tab.open(LeadsState)
    await tab.call(state, "open_drawer", lead_id)
    await tab.call(state, "toggle_drawer", True)
    assert not state.drawer_is_open
