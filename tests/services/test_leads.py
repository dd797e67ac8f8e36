from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.database import transaction
from leadpulse_app.domain.csv import spreadsheet_safe
from leadpulse_app.domain.errors import InvalidInputError, NotFoundError
from leadpulse_app.domain.intelligence import NextAction, Risk
from leadpulse_app.domain.rule_edits import change_rule
from leadpulse_app.domain.ruleset import RuleContent
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.history import list_history
from leadpulse_app.services.leads import (
    LeadFilter,
    LeadPage,
    LeadSort,
    count_by_stage,
    get_lead,
    list_leads,
    stream_leads,
)
from leadpulse_app.services.rulesets import active_ruleset, publish_edit
from tests.tenants import Tenant, make_tenant

NOW = datetime.now(UTC)


async def _list(tenant: Tenant, **options: object) -> LeadPage:
    async with transaction(tenant.actor.project_id) as session:
        return await list_leads(session, tenant.actor, now=NOW, **options)  # type: ignore[arg-type]


async def _count(tenant: Tenant, wanted: LeadFilter) -> int:
    """How many leads a filter leaves: in the list, its total and the export alike."""
    page = await _list(tenant, wanted=wanted)
    async with transaction(tenant.actor.project_id) as session:
        chunks = stream_leads(session, tenant.actor, now=NOW, wanted=wanted, chunk=1)
        exported = sum([len(chunk) async for chunk in chunks])
    assert (page.total, page.total_is_exact, exported) == (
        len(page.leads),
        True,
        len(page.leads),
    )
    return page.total


@pytest.mark.parametrize("sort", LeadSort)
async def test_pages_by_cursor_make_up_the_list_that_skipping_gives(
    sort: LeadSort,
) -> None:
    tenant = await make_tenant()
    for score in (5, 60, 5, 5, 31, 0, 60):
        await tenant.add_lead(score=score)
    whole = await _list(tenant, sort=sort)
    assert whole.total == len(whole.leads) == 7
    assert whole.next_cursor is None
    paged, cursor = [], None
    for skip in (0, 3, 6):
        page = await _list(tenant, sort=sort, limit=3, cursor=cursor)
        assert page.leads == (await _list(tenant, sort=sort, limit=3, skip=skip)).leads
        paged += page.leads
        cursor = page.next_cursor
    assert cursor is None
    assert tuple(paged) == whole.leads
    if sort is LeadSort.SCORE:
        assert [lead.score for lead in paged] == [60, 60, 31, 5, 5, 5, 0]


async def test_filters_narrow_the_list_the_total_and_the_export() -> None:
    tenant = await make_tenant()
    await tenant.add_lead(score=70, name="Grace Hopper", company="Navy_1")
    await tenant.add_lead(score=70, email="ada@example.com")
    await tenant.add_lead(score=3, name="GRACE")
    for options, found in (
        ({"query": "grace"}, 2),
        ({"query": " grac ", "stage": Stage.QUALIFIED}, 1),
        ({"query": "navy_1"}, 1),
        ({"query": "hop gra"}, 1),
        ({"query": "race"}, 0),
        ({"query": "%"}, 0),
        ({"query": ""}, 3),
        ({"stage": Stage.COLD}, 1),
    ):
        assert await _count(tenant, LeadFilter(**options)) == found, options  # type: ignore[arg-type]


async def test_a_lead_is_judged_by_its_last_day() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(score=60, last_event_at=NOW - timedelta(hours=1))
    for hours in (1, 23, 25):
        await tenant.add_event(lead_id, occurred_at=NOW - timedelta(hours=hours))
    async with transaction(tenant.actor.project_id) as session:
        lead = await get_lead(session, tenant.actor, lead_id, now=NOW)
    assert (lead.events_last_24h, lead.velocity, lead.risk, lead.next_action) == (
        2,
        6,
        Risk.LOW,
        NextAction.IMMEDIATE_SALES_CONTACT,
    )
    assert (await _list(tenant)).leads == (lead,)


async def test_stages_are_counted_and_empty_ones_too() -> None:
    tenant = await make_tenant()
    for score in (0, 10, 11, 60):
        await tenant.add_lead(score=score)
    async with transaction(tenant.actor.project_id) as session:
        counts = await count_by_stage(session, tenant.actor)
    assert list(counts.items()) == [
        (Stage.COLD, 2),
        (Stage.WARM, 1),
        (Stage.HOT, 0),
        (Stage.QUALIFIED, 1),
    ]


async def test_history_names_the_event_and_the_rule_as_it_was() -> None:
    tenant = await make_tenant()
    async with transaction(tenant.actor.project_id) as session:
        rule, *_ = (await active_ruleset(session, tenant.actor)).rules
        more = RuleContent.model_validate({**rule.model_dump(), "points": 9})
        await publish_edit(session, tenant.actor, change_rule(rule.id, more), now=NOW)
    lead_id = await tenant.add_lead(score=14)
    first, second, third = [await tenant.add_event(lead_id) for _ in range(3)]
    await tenant.add_entry(first, sequence=1, delta=5, rule_id=rule.id)
    await tenant.add_entry(
        second, sequence=2, delta=9, rule_id=rule.id, ruleset_version=2, old_score=5
    )
    await tenant.add_entry(third, sequence=3, delta=0, rule_id=None, old_score=14)
    async with transaction(tenant.actor.project_id) as session:
        newest = await list_history(session, tenant.actor, lead_id, limit=2)
        rest = await list_history(
            session, tenant.actor, lead_id, limit=2, cursor=newest.next_cursor
        )
    assert rest.next_cursor is None
    entries = newest.entries + rest.entries
    assert [entry.event_id for entry in entries] == [
        third.message_id,
        second.message_id,
        first.message_id,
    ]
    assert [entry.rule_name for entry in entries] == [None, "Page view", "Page view"]
    assert [entry.new_score for entry in entries] == [14, 14, 5]


async def test_another_projects_lead_is_not_found() -> None:
    tenant, other = await make_tenant(), await make_tenant()
    lead_id = await other.add_lead()
    async with transaction(tenant.actor.project_id) as session:
        with pytest.raises(NotFoundError):
            await get_lead(session, tenant.actor, lead_id, now=NOW)
        with pytest.raises(NotFoundError):
            await list_history(session, tenant.actor, lead_id)
    assert (await _list(tenant)).total == 0


@pytest.mark.parametrize(
    "options",
    [
        {"limit": 0},
        {"limit": 501},
        {"skip": -1},
        {"skip": 10**30},
        {"cursor": "nonsense"},
        {"cursor": "é"},
        {"cursor": "W10"},
        {"cursor": "WyJzY29yZSIsIDksICJ4Il0"},
    ],
    ids=str,
)
async def test_what_no_list_has_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        await _list(await make_tenant(), **options)


@given(st.text())
def test_no_cell_begins_like_a_formula(cell: str) -> None:
    safe = spreadsheet_safe(cell)
    assert safe.endswith(cell)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r"))
