"""The overview counts leads by stage and marks what arrived while it was open."""

from datetime import UTC, datetime

from leadpulse_app.state.overview import OverviewState
from tests.state.tab import Tab
from tests.tenants import make_tenant


async def test_each_stage_has_its_count_and_share() -> None:
    tenant = await make_tenant()
    for score in (65, 40, 5, 5):
        await tenant.add_lead(score=score)
    state = await Tab(tenant.actor, "/overview").open(OverviewState)
    assert (state.everyone.count, state.qualified.percent) == ("4", 25)
    assert (state.cold.count, state.cold.share) == ("2", "50 % of leads")


async def test_only_what_arrived_since_it_was_opened_is_fresh() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(name="Ada")
    await tenant.add_event(lead_id, type="signup", properties={"path": "/pricing"})
    tab = Tab(tenant.actor, "/overview")
    state = await tab.open(OverviewState)
    [first] = state.feed
    assert (first.lead, first.detail, first.fresh) == ("Ada", "/pricing", False)
    await tenant.add_event(lead_id, type="download")
    state._show(await state._read(tenant.actor, datetime.now(UTC)))
    assert [(row.type, row.fresh) for row in state.feed] == [
        ("download", True),
        ("signup", False),
    ]


async def test_another_projects_events_are_not_in_the_feed() -> None:
    theirs = await make_tenant()
    await theirs.add_event(await theirs.add_lead(name="Theirs"))
    state = await Tab((await make_tenant()).actor, "/overview").open(OverviewState)
    assert state.feed == []
