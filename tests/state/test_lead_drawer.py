"""The drawer shows one lead of the project in short, and no other."""

import pytest

from leadpulse_app.state.lead_drawer import LeadDrawerState
from tests.state.tab import Tab, sent
from tests.tenants import NOBODYS_ID, make_tenant


async def test_a_row_opens_the_drawer_and_the_address_keeps_the_lead() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(name="Ada", email="ada@example.com", score=65)
    await tenant.add_event(lead_id, type="demo_request", properties={"path": "/demo"})
    tab = Tab(tenant.actor, "/leads")
    state = tab.state(LeadDrawerState)
    assert str(lead_id) in sent(await tab.call(state, "open", str(lead_id)))
    assert state.is_open
    lead = state.lead
    assert (lead.name, lead.contact) == ("Ada", "ada@example.com")
    assert (lead.score, lead.stage) == ("65", "qualified")
    assert lead.href == f"/leads/{lead_id}"
    assert [(event.type, event.page) for event in lead.events] == [
        ("demo_request", "/demo")
    ]
    await tab.call(state, "toggle", False)
    assert not state.is_open


async def test_a_link_to_an_opened_lead_opens_it() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(name="Ada")
    tab = Tab(tenant.actor, f"/leads?lead={lead_id}")
    state = tab.state(LeadDrawerState)
    await tab.call(state, "load")
    assert (state.is_open, state.lead.name) == (True, "Ada")
    tab.go("/leads")
    await tab.call(state, "load")
    assert not state.is_open


async def test_an_open_drawer_follows_its_lead() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(name="Ada")
    tab = Tab(tenant.actor, "/leads")
    state = tab.state(LeadDrawerState)
    await tab.call(state, "open", str(lead_id))
    await tenant.add_event(lead_id, type="signup")
    await tab.call(state, "refresh")
    assert [event.type for event in state.lead.events] == ["signup"]


async def test_another_projects_lead_is_not_shown() -> None:
    mine, theirs = await make_tenant(), await make_tenant()
    lead_id = await theirs.add_lead(name="Theirs")
    tab = Tab(mine.actor, f"/leads?lead={lead_id}")
    state = tab.state(LeadDrawerState)
    await tab.call(state, "open", str(lead_id))
    await tab.call(state, "load")
    assert (state.is_open, state.lead.name) == (False, "")


@pytest.mark.parametrize(
    "lead_id", [None, "", 7, "x" * 36, ["a"], NOBODYS_ID, "'); x("]
)
async def test_what_is_no_lead_opens_nothing(lead_id: object) -> None:
    tab = Tab((await make_tenant()).actor, "/leads")
    state = tab.state(LeadDrawerState)
    await tab.call(state, "open", lead_id)
    await tab.call(state, "toggle", True)
    assert not state.is_open
