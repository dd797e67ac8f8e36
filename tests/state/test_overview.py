"""The overview shows a range's figures, who moved, and what happens now."""

from datetime import UTC, datetime, timedelta

import pytest

from leadpulse_app.domain.period import Range
from leadpulse_app.services.overview import Figure, MedianTime
from leadpulse_app.state.overview import OverviewState
from leadpulse_app.state.overview_figures import sparkline, stat_of, stat_of_time
from tests.state.tab import Tab
from tests.tenants import Tenant, make_tenant


async def again(state: OverviewState, tenant: Tenant) -> OverviewState:
    state._show(await state._read(tenant.actor, datetime.now(UTC)))
    return state


async def test_a_project_without_anything_is_new() -> None:
    tenant = await make_tenant()
    tab = Tab(tenant.actor, "/overview")
    assert (await tab.open(OverviewState)).is_new
    await tenant.add_lead()
    other = await make_tenant()
    await other.add_lead()
    assert not (await Tab(other.actor, "/overview").open(OverviewState)).is_new


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("/overview", Range.WEEK),
        ("/overview?range=24h", Range.DAY),
        ("/overview?range=90d", Range.QUARTER),
        ("/overview?range=1000y", Range.WEEK),
    ],
)
async def test_the_range_is_in_the_address(address: str, wanted: Range) -> None:
    tenant = await make_tenant()
    state = await Tab(tenant.actor, address).open(OverviewState)
    assert state.range == wanted


async def test_stages_are_a_funnel_and_scores_a_histogram() -> None:
    tenant = await make_tenant()
    for score in (65, 40, 5, 5):
        await tenant.add_lead(score=score)
    state = await Tab(tenant.actor, "/overview").open(OverviewState)
    assert [(step.label, step.count, step.conversion) for step in state.funnel] == [
        ("All leads", "4", ""),
        ("Warm or hotter", "2", "50 % go on"),
        ("Hot or hotter", "2", "100 % go on"),
        ("Qualified", "1", "50 % go on"),
    ]
    assert state.histogram[1] == {"label": "5\N{EN DASH}9", "cold": 2}
    assert state.new_leads.figure == "4"
    assert state.new_leads.change == "new"


async def test_events_are_told_apart_by_type() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    for kind in ("visit", "visit", "signup"):
        await tenant.add_event(lead_id, type=kind)
    state = await Tab(tenant.actor, "/overview").open(OverviewState)
    assert [(each.name, each.total) for each in state.series] == [
        ("visit", "2"),
        ("signup", "1"),
    ]
    assert state.bars[-1]["s0"] == 2
    assert len(state.bars) == 7
    assert "visit 2, signup 1" in state.bars_summary


async def test_only_what_arrived_since_it_was_opened_is_fresh() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(name="Ada")
    await tenant.add_event(lead_id, type="signup", properties={"path": "/pricing"})
    state = await Tab(tenant.actor, "/overview").open(OverviewState)
    [first] = state.feed
    assert (first.lead, first.detail, first.fresh) == ("Ada", "/pricing", False)
    await tenant.add_event(lead_id, type="download")
    await again(state, tenant)
    assert [(row.type, row.fresh) for row in state.feed] == [
        ("download", True),
        ("signup", False),
    ]


async def test_what_did_not_change_is_not_sent_again() -> None:
    tenant = await make_tenant()
    await tenant.add_lead(score=20)
    state = await Tab(tenant.actor, "/overview").open(OverviewState)
    state._clean()
    await again(state, tenant)
    assert not state.dirty_vars & {"bars", "histogram", "funnel", "series", "heating"}


async def test_another_projects_rows_are_not_shown() -> None:
    theirs = await make_tenant()
    await theirs.add_event(await theirs.add_lead(name="Theirs", score=70))
    await Tab(theirs.actor, "/overview").open(OverviewState)
    state = await Tab((await make_tenant()).actor, "/overview").open(OverviewState)
    assert state.feed == state.heating == state.cooling == state.newly_qualified == []
    assert state.new_leads.figure == state.events.figure == "0"


def test_a_change_says_whether_it_is_good() -> None:
    assert (stat_of(Figure(12, 10, ())).change, stat_of(Figure(12, 10, ())).tone) == (
        "+20 %",
        "good",
    )
    slower = MedianTime(timedelta(days=3), timedelta(days=2), ())
    assert (stat_of_time(slower).figure, stat_of_time(slower).tone) == ("3.0 d", "bad")
    assert stat_of(Figure(0, 0, ())).change == "none yet"


def test_leads_that_qualified_at_once_took_no_time() -> None:
    at_once = MedianTime(timedelta(0), None, (None, timedelta(0), timedelta(hours=1)))
    assert stat_of_time(at_once).points == "50.0,22.0 100.0,2.0"


def test_a_sparkline_leaves_out_what_is_unknown() -> None:
    assert sparkline([0, 5, 10]) == "0.0,22.0 50.0,12.0 100.0,2.0"
    assert sparkline([None, 1.0]) == "100.0,2.0"
    assert sparkline([]) == ""
