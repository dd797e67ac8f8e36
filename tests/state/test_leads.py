"""The list of leads shows what its address asks for, and what changed."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import col

from leadpulse_app.database import transaction
from leadpulse_app.domain.stage import Stage
from leadpulse_app.models import Lead
from leadpulse_app.state.leads import (
    MAXIMUM_PAGE_NUMBER,
    PAGE_SIZE,
    LeadFilter,
    LeadsState,
)
from tests.state.tab import Tab, sent
from tests.tenants import Tenant, make_tenant


async def set_score(tenant: Tenant, lead_id: UUID, score: int) -> None:
    async with transaction(tenant.actor.project_id) as session:
        await session.execute(
            update(Lead).where(col(Lead.id) == lead_id).values(score=score)
        )


@given(
    st.dictionaries(st.sampled_from(["stage", "q", "page"]), st.text(max_size=300)),
)
def test_no_address_is_refused(parameters: dict[str, str]) -> None:
    wanted = LeadFilter.of_address(parameters)
    assert 1 <= wanted.page <= MAXIMUM_PAGE_NUMBER
    assert wanted.query.isprintable()


@pytest.mark.parametrize(
    ("wanted", "address"),
    [
        (LeadFilter(), "/leads"),
        (LeadFilter(stage=Stage.HOT), "/leads?stage=hot"),
        (LeadFilter(query="a&b", page=3), "/leads?q=a%26b&page=3"),
    ],
)
def test_a_filter_has_one_address(wanted: LeadFilter, address: str) -> None:
    assert wanted.address() == address


async def test_the_best_lead_comes_first_and_the_tabs_count_every_stage() -> None:
    tenant = await make_tenant()
    await tenant.add_lead(name="Ada", score=65)
    await tenant.add_lead(anonymous_id="anon_1", score=5)
    state = await Tab(tenant.actor, "/leads").open(LeadsState)
    assert [(row.name, row.stage, row.score) for row in state.rows] == [
        ("Ada", "qualified", "65"),
        ("anon_1", "cold", "5"),
    ]
    assert [tab.count for tab in state.tabs] == ["2", "1", "0", "0", "1"]
    assert state.range_text == "1 to 2 of 2"


async def test_the_address_filters_the_list_and_its_export() -> None:
    tenant = await make_tenant()
    await tenant.add_lead(name="Ada", score=65)
    await tenant.add_lead(name="Grace", score=40)
    state = await Tab(tenant.actor, "/leads?stage=hot&q=gra").open(LeadsState)
    assert [row.name for row in state.rows] == ["Grace"]
    assert state.export_href == "/api/leads/export?stage=hot&q=gra"


async def test_pages_lead_to_each_other() -> None:
    tenant = await make_tenant()
    for score in range(PAGE_SIZE + 1):
        await tenant.add_lead(score=score)
    tab = Tab(tenant.actor, "/leads")
    first = await tab.open(LeadsState)
    assert (first.previous_href, first.next_href) == ("", "/leads?page=2")
    tab.go(first.next_href)
    second = await tab.open(LeadsState)
    assert (second.previous_href, second.next_href) == ("/leads", "")
    assert [row.score for row in second.rows] == ["0"]


async def test_a_row_is_marked_anew_each_time_its_score_changed() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(score=5)
    tab = Tab(tenant.actor, "/leads")
    seen = [(await tab.open(LeadsState)).rows[0].changed]
    for score in (10, 10, 15):
        await set_score(tenant, lead_id, score)
        seen.append((await tab.open(LeadsState)).rows[0].changed)
    assert seen == ["", "odd", "odd", "even"]


@pytest.mark.parametrize("query", ["ada", "", None, 7, {"q": "x"}, "\x00ada"])
async def test_a_search_takes_any_argument_and_keeps_the_stage(query: object) -> None:
    tab = Tab((await make_tenant()).actor, "/leads?stage=hot&page=4")
    event = await tab.call(tab.state(LeadsState), "search", query)
    assert "stage=hot" in sent(event)
    assert "page" not in sent(event)


async def test_a_link_that_changes_the_search_fills_the_box_anew() -> None:
    tab = Tab((await make_tenant()).actor, "/leads")
    state = await tab.open(LeadsState)
    form = state.search_form
    for typed in ("h", "ho"):
        await tab.call(state, "search", typed)
    for arrived in ("/leads?q=h", "/leads?q=ho"):
        tab.go(arrived)
        await tab.open(LeadsState)
    assert (state.query, state.search_form) == ("ho", form)
    tab.go("/leads")
    await tab.open(LeadsState)
    assert (state.query, state.search_form) == ("", form + 1)
