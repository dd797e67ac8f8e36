"""The list of leads shows what its address asks for, and what changed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from leadpulse_app.database import transaction
from leadpulse_app.models import Lead
from leadpulse_app.services.tagging import add_tag
from leadpulse_app.state.leads import PAGE_SIZE, LeadsState
from tests.state.rows import rows_of
from tests.state.tab import Tab, sent
from tests.tenants import Tenant, make_tenant


async def set_score(tenant: Tenant, lead_id: UUID, score: int) -> None:
    async with transaction(tenant.actor.project_id) as session:
        await session.execute(
            update(Lead).where(col(Lead.id) == lead_id).values(score=score)
        )


async def names_at(tenant: Tenant, address: str) -> list[str]:
    state = await Tab(tenant.actor, address).open(LeadsState)
    return [row.name for row in rows_of(state)]


async def test_the_best_lead_comes_first_and_the_tabs_count_every_stage() -> None:
    tenant = await make_tenant()
    await tenant.add_lead(name="Ada", score=65)
    await tenant.add_lead(anonymous_id="anon_1", score=5)
    state = await Tab(tenant.actor, "/leads").open(LeadsState)
    assert [(row.name, row.stage, row.score) for row in rows_of(state)] == [
        ("Ada", "qualified", "65"),
        ("anon_1", "cold", "5"),
    ]
    assert [tab.count for tab in state.tabs] == ["2", "1", "0", "0", "1"]
    assert state.range_text == "1 to 2 of 2"
    assert state.score_head.order == "descending"


async def test_the_address_filters_the_list_and_its_export() -> None:
    tenant = await make_tenant()
    await tenant.add_lead(name="Ada", score=65)
    await tenant.add_lead(name="Grace", score=40)
    tab = Tab(tenant.actor, "/leads?stage=hot&q=gra&minScore=30")
    state = await tab.open(LeadsState)
    assert [row.name for row in rows_of(state)] == ["Grace"]
    assert state.export_href == "/api/leads/export?stage=hot&q=gra&minScore=30"
    assert state.filters.score == "30 or more"
    assert state.filters.count == "1"
    assert state.clear_href == "/leads"


async def test_each_filter_leaves_out_the_leads_that_it_does_not_hold_for() -> None:
    tenant = await make_tenant()
    now = datetime.now(UTC)
    ada = await tenant.add_lead(name="Ada", score=65, last_event_at=now)
    long_ago = now - timedelta(days=40)
    await tenant.add_lead(
        name="Bob",
        score=5,
        last_event_at=long_ago,
        created_at=long_ago,
        owner_id=tenant.actor.user_id,
    )
    await tenant.add_event(ada, type="demo_request")
    async with transaction(tenant.actor.project_id) as session:
        await add_tag(session, tenant.actor, [ada], "vip")
    for filters, names in {
        "minScore=60": ["Ada"],
        "maxScore=60": ["Bob"],
        "seenWithinDays=7": ["Ada"],
        "risk=high": ["Bob"],
        f"owner={tenant.actor.user_id}": ["Bob"],
        "owner=none": ["Ada"],
        "tag=vip": ["Ada"],
        "event=demo_request": ["Ada"],
        "tag=nothing": [],
        "sort=last_seen": ["Ada", "Bob"],
        "risk=hostile&minScore=x": ["Ada", "Bob"],
    }.items():
        assert await names_at(tenant, f"/leads?{filters}") == names, filters


async def test_a_row_says_who_owns_its_lead_and_how_it_is_tagged() -> None:
    tenant = await make_tenant(name="Grace")
    lead_id = await tenant.add_lead(name="Ada", owner_id=tenant.actor.user_id)
    async with transaction(tenant.actor.project_id) as session:
        for tag in ("a", "b", "c"):
            await add_tag(session, tenant.actor, [lead_id], tag)
    (row,) = rows_of(await Tab(tenant.actor, "/leads").open(LeadsState))
    assert (row.owner, row.tags, row.more_tags) == ("Grace", ("a", "b"), "+1")


async def test_pages_lead_to_each_other() -> None:
    tenant = await make_tenant()
    for score in range(2 * PAGE_SIZE + 1):
        await tenant.add_lead(score=score)
    tab = Tab(tenant.actor, "/leads")
    state = await tab.open(LeadsState)
    assert state.previous_href == ""
    second = state.next_href
    tab.go(second)
    state = await tab.open(LeadsState)
    assert state.range_text == "51 to 100 of 101"
    assert state.previous_href == "/leads"
    tab.go(state.next_href)
    state = await tab.open(LeadsState)
    assert [row.score for row in rows_of(state)] == ["0"]
    assert (state.previous_href, state.next_href) == (second, "")


@pytest.mark.parametrize("cursor", ["nonsense", "%00", "e30", "x" * 600])
async def test_a_cursor_that_somebody_made_up_shows_no_other_list(cursor: str) -> None:
    tenant = await make_tenant()
    await tenant.add_lead(name="Ada")
    state = await Tab(tenant.actor, f"/leads?cursor={cursor}").open(LeadsState)
    assert state.status != "error"
    assert {row.name for row in rows_of(state)} <= {"Ada"}


async def test_another_projects_leads_tags_and_members_are_not_shown() -> None:
    mine, theirs = await make_tenant(), await make_tenant(name="Mallory")
    lead_id = await theirs.add_lead(name="Theirs", owner_id=theirs.actor.user_id)
    async with transaction(theirs.actor.project_id) as session:
        await add_tag(session, theirs.actor, [lead_id], "secret")
    for address in (
        "/leads",
        "/leads?tag=secret",
        f"/leads?owner={theirs.actor.user_id}",
    ):
        state = await Tab(mine.actor, address).open(LeadsState)
        assert rows_of(state) == []
        assert [member.value for member in state.members] == [str(mine.actor.user_id)]
    assert "secret" not in (await Tab(mine.actor, "/leads").open(LeadsState)).tags


async def test_lines_are_written_once_for_all_and_anew_when_something_changed() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(score=5)
    tab = Tab(tenant.actor, "/leads")
    before = (await tab.open(LeadsState)).rows
    assert (await tab.open(LeadsState)).rows == before
    await set_score(tenant, lead_id, 10)
    (row,) = rows_of(await tab.open(LeadsState))
    assert (row.score, row.changed) == ("10", "")


@pytest.mark.parametrize(
    "query", ["ada", "", None, 7, {"q": "x"}, "\x00ada", "a" * 999]
)
async def test_a_search_takes_any_argument_and_keeps_the_stage(query: object) -> None:
    tab = Tab((await make_tenant()).actor, "/leads?stage=hot&cursor=abc")
    event = await tab.call(tab.state(LeadsState), "search", query)
    assert "stage=hot" in sent(event)
    assert "cursor" not in sent(event)


@pytest.mark.parametrize(
    ("name", "value"),
    [("cursor", "x"), ("lead", "x"), (None, "x"), (["risk"], "x"), ("risk", None)],
)
async def test_a_filter_with_an_odd_name_or_value_changes_nothing(
    name: object, value: object
) -> None:
    tab = Tab((await make_tenant()).actor, "/leads")
    assert await tab.call(tab.state(LeadsState), "narrow", name, value) is None


async def test_a_filter_leads_to_its_address() -> None:
    tab = Tab((await make_tenant()).actor, "/leads?stage=hot")
    state = tab.state(LeadsState)
    assert "risk=high" in sent(await tab.call(state, "narrow", "risk", "high"))
    form = {"minScore": "20", "maxScore": ""}
    assert "minScore=20" in sent(await tab.call(state, "narrow_score", form))
    assert "Score" not in sent(await tab.call(state, "narrow_score", None))


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
