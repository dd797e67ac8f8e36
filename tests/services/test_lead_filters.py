"""Every filter, alone and with others, against the same asked of plain values."""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.intelligence import Risk
from leadpulse_app.models import LeadTag
from leadpulse_app.services.leads import (
    LeadFilter,
    LeadPage,
    LeadSort,
    finding,
    list_leads,
    listing,
    stream_leads,
)
from tests.tenants import Tenant, make_tenant

NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Crowd:
    """A tenant with leads of every kind, and what each is."""

    tenant: Tenant
    leads: dict[UUID, "Known"]

    async def list(self, **options: Any) -> LeadPage:
        async with transaction(self.tenant.actor.project_id) as session:
            return await list_leads(session, self.tenant.actor, now=NOW, **options)


@dataclass(frozen=True)
class Known:
    name: str
    score: int
    silent_days: float | None
    created_days: int
    is_owned: bool
    tags: frozenset[str]
    types: frozenset[str]

    @property
    def last_event_at(self) -> datetime | None:
        if self.silent_days is None:
            return None
        return NOW - timedelta(days=self.silent_days)

    @property
    def risk(self) -> Risk:
        days = self.created_days if self.silent_days is None else self.silent_days
        return Risk.HIGH if days >= 15 else Risk.MEDIUM if days >= 8 else Risk.LOW


@pytest.fixture(scope="module")
async def crowd() -> Crowd:
    """Forty-eight leads; some of what they did and wear came to leads merged since."""
    tenant = await make_tenant()
    pick = random.Random(7)
    leads = {}
    for number in range(48):
        known = Known(
            name=f"{pick.choice(['Ada', 'Adam', 'Grace'])} L{number % 5}",
            score=pick.choice([0, 5, 11, 31, 60, 60, 200]),
            silent_days=pick.choice([None, 0.5, 3, 7.99, 8, 14.9, 15, 40]),
            created_days=pick.choice([1, 9, 50]),
            is_owned=pick.random() < 0.3,
            tags=frozenset(pick.sample(["vip", "event", "new"], pick.randrange(3))),
            types=frozenset(pick.sample(["visit", "buy"], pick.randrange(3))),
        )
        lead_id = await tenant.add_lead(
            score=known.score,
            name=known.name,
            last_event_at=known.last_event_at,
            created_at=NOW - timedelta(days=known.created_days),
            owner_id=tenant.actor.user_id if known.is_owned else None,
        )
        holder = lead_id
        if number % 4 == 0:
            holder = await tenant.add_lead(root_id=lead_id)
        for type_ in known.types:
            for _ in range(2):
                await tenant.add_event(holder, type=type_)
        async with transaction(tenant.actor.project_id) as session:
            session.add_all(
                LeadTag(project_id=tenant.actor.project_id, tag=tag, lead_id=holder)
                for tag in known.tags
            )
        leads[lead_id] = known
    return Crowd(tenant, leads)


PARTS: dict[str, tuple[dict[str, object], Callable[[Known], bool]]] = {
    "word": ({"query": "ada"}, lambda lead: lead.name.startswith("Ada")),
    "words": ({"query": "L3 GRA"}, lambda lead: lead.name == "Grace L3"),
    "no words": ({"query": "@"}, lambda _lead: False),
    "stage": ({"stage": "qualified"}, lambda lead: lead.score >= 60),
    "scores": (
        {"minimum_score": 5, "maximum_score": 31},
        lambda lead: 5 <= lead.score <= 31,
    ),
    "seen": (
        {"seen_within_days": 8},
        lambda lead: lead.silent_days is not None and lead.silent_days <= 8,
    ),
    "low risk": ({"risk": Risk.LOW}, lambda lead: lead.risk is Risk.LOW),
    "medium risk": ({"risk": Risk.MEDIUM}, lambda lead: lead.risk is Risk.MEDIUM),
    "high risk": ({"risk": Risk.HIGH}, lambda lead: lead.risk is Risk.HIGH),
    "owned": ({"owner_id": None}, lambda lead: lead.is_owned),
    "unowned": ({"unowned": True}, lambda lead: not lead.is_owned),
    "tag": ({"tag": "VIP"}, lambda lead: "vip" in lead.tags),
    "event": ({"event_type": "buy"}, lambda lead: "buy" in lead.types),
}

COMBINED = [
    (one, other)
    for one, other in itertools.combinations(PARTS, 2)
    if not set(PARTS[one][0]) & set(PARTS[other][0])
    and {one, other} != {"owned", "unowned"}
]


async def _agrees(crowd: Crowd, *parts: str) -> None:
    given: dict[str, Any] = {}
    for part in parts:
        given |= PARTS[part][0]
    if "owner_id" in given:
        given["owner_id"] = crowd.tenant.actor.user_id
    wanted = LeadFilter(**given)
    expected = {
        lead_id
        for lead_id, lead in crowd.leads.items()
        if all(PARTS[part][1](lead) for part in parts)
    }
    page = await crowd.list(wanted=wanted)
    assert {lead.id for lead in page.leads} == expected, parts
    assert page.total == len(expected) or not page.total_is_exact, parts
    async with transaction(crowd.tenant.actor.project_id) as session:
        chunks = stream_leads(session, crowd.tenant.actor, now=NOW, wanted=wanted)
        exported = [record async for chunk in chunks for record in chunk]
    assert [record.name for record in exported] == [lead.name for lead in page.leads]


@pytest.mark.parametrize("narrow", [20_000, 0], ids=["gathered", "walked"])
@pytest.mark.parametrize("part", PARTS)
async def test_a_filter_leaves_what_it_says(
    crowd: Crowd, part: str, narrow: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "NARROW", narrow)
    await _agrees(crowd, part)


@pytest.mark.parametrize("narrow", [20_000, 0], ids=["gathered", "walked"])
async def test_filters_together_leave_what_each_leaves(
    crowd: Crowd, narrow: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "NARROW", narrow)
    for parts in COMBINED:
        await _agrees(crowd, *parts)


@pytest.mark.parametrize("narrow", [20_000, 0], ids=["gathered", "walked"])
@pytest.mark.parametrize("wanted", [LeadFilter(), LeadFilter(query="ad")], ids=str)
@pytest.mark.parametrize("sort", LeadSort)
async def test_paging_over_equal_values_shows_each_lead_once_and_in_order(
    crowd: Crowd,
    sort: LeadSort,
    wanted: LeadFilter,
    narrow: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(finding, "NARROW", narrow)
    whole = await crowd.list(wanted=wanted, sort=sort, limit=100)
    paged, cursor = [], None
    while True:
        page = await crowd.list(wanted=wanted, sort=sort, limit=3, cursor=cursor)
        assert page.total == whole.total
        paged += page.leads
        if (cursor := page.next_cursor) is None:
            break
    assert tuple(paged) == whole.leads
    assert len({lead.id for lead in paged}) == whole.total


async def test_leads_that_were_never_seen_come_last_of_the_last_seen(
    crowd: Crowd,
) -> None:
    page = await crowd.list(sort=LeadSort.LAST_SEEN)
    seen = [lead.last_event_at for lead in page.leads]
    known = [moment for moment in seen if moment is not None]
    assert known == sorted(known, reverse=True)
    assert seen == known + [None] * (len(seen) - len(known))


async def test_more_leads_than_are_counted_are_told_as_more(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "NARROW", 2)
    for module in (finding, listing):
        monkeypatch.setattr(module, "MAXIMUM_COUNTED", 4)
    page = await crowd.list(wanted=LeadFilter(query="ada"), limit=3)
    assert (page.total, page.total_is_exact) == (4, False)
    assert len(page.leads) == 3


async def test_a_lead_tells_its_owner_and_the_tags_of_those_merged_into_it(
    crowd: Crowd,
) -> None:
    for lead in (await crowd.list()).leads:
        known = crowd.leads[lead.id]
        assert lead.tags == tuple(sorted(known.tags))
        assert (lead.owner_name == "Ada") is known.is_owned


@pytest.mark.parametrize(
    "wanted",
    [
        LeadFilter(query="ada"),
        LeadFilter(tag="vip"),
        LeadFilter(event_type="buy"),
        LeadFilter(risk=Risk.HIGH),
        LeadFilter(minimum_score=1),
    ],
    ids=str,
)
async def test_no_filter_finds_another_projects_leads(
    crowd: Crowd, wanted: LeadFilter
) -> None:
    assert (await crowd.list(wanted=wanted)).leads
    other = Crowd(await make_tenant(), {})
    assert await other.list(wanted=wanted) == LeadPage((), 0, None)
    owned = LeadFilter(owner_id=crowd.tenant.actor.user_id)
    assert await other.list(wanted=owned) == LeadPage((), 0, None)


@pytest.mark.parametrize(
    "query",
    [
        "ada@analytical.example",
        "ANALYTICAL",
        "anon_7f3a-99",
        "user-42",
        "engines ltd",
        "lövelace",
        "Lovelac",
    ],
)
async def test_a_lead_is_found_by_each_of_its_names_and_ids(query: str) -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(
        name="Ada Lövelace",
        email="ada@analytical.example",
        company="Engines Ltd.",
        anonymous_id="anon_7f3a-99",
        user_id="user-42",
    )
    await tenant.add_lead(name="Somebody Else", email="ada@other.example")
    async with transaction(tenant.actor.project_id) as session:
        page = await list_leads(
            session, tenant.actor, now=NOW, wanted=LeadFilter(query=query)
        )
    assert [lead.id for lead in page.leads] == [lead_id]
