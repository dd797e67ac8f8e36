"""The page of a lead explains its score, and knows no other project's leads."""

import pytest

from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.state.lead import LeadState
from tests.state.tab import Tab
from tests.tenants import make_tenant


async def test_every_line_says_what_happened_and_what_the_score_became() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(name="Ada", email="ada@example.com", score=5)
    event = await tenant.add_event(lead_id, type="page_view")
    await tenant.add_entry(event, sequence=1, delta=5, rule_id=None)
    state = await Tab(tenant.actor, f"/leads/{lead_id}").open(LeadState)
    assert (state.name, state.contact, state.score) == ("Ada", "ada@example.com", "5")
    [line] = state.ledger
    assert (line.event_type, line.delta) == ("page_view", "+5")
    assert (line.old_score, line.new_score) == ("0", "5")


@pytest.mark.parametrize("address", ["/leads/nobody", "/leads/{}?before=nonsense"])
async def test_an_address_that_leads_nowhere_is_not_found(address: str) -> None:
    tenant = await make_tenant()
    tab = Tab(tenant.actor, address.format(await tenant.add_lead()))
    with pytest.raises(NotFoundError):
        await tab.open(LeadState)


async def test_another_projects_lead_is_not_found() -> None:
    theirs = await make_tenant()
    lead_id = await theirs.add_lead(name="Theirs")
    tab = Tab((await make_tenant()).actor, f"/leads/{lead_id}")
    with pytest.raises(NotFoundError):
        await tab.open(LeadState)


async def test_going_to_another_lead_leaves_nothing_of_the_one_before() -> None:
    tenant = await make_tenant()
    tab = Tab(tenant.actor, f"/leads/{await tenant.add_lead(name='Ada')}")
    state = await tab.open(LeadState)
    tab.go(f"/leads/{await tenant.add_lead(name='Grace')}")
    state._open()
    assert state.name == ""
    assert state.status == "loading"
