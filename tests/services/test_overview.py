"""The overview's figures are what counting by hand gives, of one project alone."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.period import Period, Range, period_of
from leadpulse_app.domain.reason import Reason
from leadpulse_app.domain.stage import DEFAULT_THRESHOLDS, Stage
from leadpulse_app.models import StageChange
from leadpulse_app.services.overview import (
    Distribution,
    Figures,
    Movers,
    figures,
    read_distribution,
    read_figures,
    read_movers,
)
from tests.tenants import Tenant, make_tenant

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
TYPES = ("page_view", "email_open", "download", "signup", "demo", "visit", "login")


async def change_stage(
    tenant: Tenant,
    lead_id: UUID,
    new_stage: Stage,
    at: datetime,
    *,
    old_stage: Stage = Stage.COLD,
) -> None:
    async with transaction(tenant.actor.project_id) as session:
        session.add(
            StageChange(
                project_id=tenant.actor.project_id,
                lead_id=lead_id,
                old_stage=old_stage,
                new_stage=new_stage,
                score=60,
                reason=Reason.SCORED,
                changed_at=at,
            )
        )


async def read(tenant: Tenant, period: Period) -> Figures:
    async with transaction(tenant.actor.project_id) as session:
        return await read_figures(session, tenant.actor, period=period)


async def spread(tenant: Tenant) -> Distribution:
    async with transaction(tenant.actor.project_id) as session:
        return await read_distribution(session, tenant.actor)


async def moved(tenant: Tenant, now: datetime = NOW) -> Movers:
    async with transaction(tenant.actor.project_id) as session:
        return await read_movers(session, tenant.actor, now=now)


def within(moments: Sequence[datetime], begin: datetime, end: datetime) -> int:
    return sum(begin <= moment < end for moment in moments)


@pytest.mark.parametrize("wanted", Range)
async def test_figures_are_what_counting_by_hand_gives(wanted: Range) -> None:
    chance = random.Random(wanted)
    tenant = await make_tenant()
    period = period_of(wanted, now=NOW, zone=BERLIN)
    span = 2.4 * (NOW - period.begins_at)
    created, events, qualified = [], [], {}
    for _ in range(25):
        first = NOW - chance.random() * span
        lead_id = await tenant.add_lead(created_at=first)
        created.append(first)
        for _ in range(chance.randrange(4)):
            at = first + chance.random() * (NOW - first)
            kind = chance.choice((*TYPES, "$fields"))
            await tenant.add_event(lead_id, type=kind, occurred_at=at)
            events.append((kind, at))
        if chance.random() < 0.5:
            at = first + chance.random() * (NOW - first)
            await change_stage(tenant, lead_id, Stage.QUALIFIED, at)
            qualified[lead_id] = (first, at)
    shown = await read(tenant, period)

    behaviour = [at for kind, at in events if kind != "$fields"]
    before = period.previous_begins_at, period.previous_ends_at
    for figure, moments in (
        (shown.new_leads, created),
        (shown.events, behaviour),
        (shown.qualified, [at for _, at in qualified.values()]),
    ):
        assert figure.value == within(moments, period.begins_at, NOW)
        assert figure.previous == within(moments, *before)
        assert sum(figure.points) == figure.value

    times = [at - first for first, at in qualified.values() if at >= period.begins_at]
    assert shown.median_time.value == (
        pytest.approx(median(times), abs=timedelta(milliseconds=1)) if times else None
    )

    counted = Counter(
        kind for kind, at in events if kind != "$fields" and at >= period.begins_at
    )
    told = {each.type: sum(each.counts) for each in shown.by_type}
    others = told.pop(None, 0)
    assert all(counted[str(kind)] == count for kind, count in told.items())
    assert others + sum(told.values()) == counted.total()
    assert min(told.values(), default=0) >= max(
        (count for kind, count in counted.items() if kind not in told), default=0
    )
    for number, (begin, end) in enumerate(
        zip(period.bars, (*period.bars[1:], NOW), strict=True)
    ):
        bar = sum(each.counts[number] for each in shown.by_type)
        assert bar == within(behaviour, begin, end)


async def test_an_event_belongs_to_the_day_that_it_is_in_the_projects_zone() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    midnight = datetime(2026, 3, 4, tzinfo=BERLIN)
    for at in (midnight - timedelta(seconds=1), midnight):
        await tenant.add_event(lead_id, occurred_at=at)
    berlin = await read(tenant, period_of(Range.WEEK, now=NOW, zone=BERLIN))
    assert berlin.by_type[0].counts[-2:] == (1, 1)
    utc = await read(tenant, period_of(Range.WEEK, now=NOW, zone=UTC))
    assert utc.by_type[0].counts[-2:] == (2, 0)


async def test_a_lead_counts_as_qualified_once_and_where_it_was_merged_to() -> None:
    tenant = await make_tenant()
    root = await tenant.add_lead(created_at=NOW - timedelta(days=3))
    merged = await tenant.add_lead(root_id=root, created_at=NOW - timedelta(days=2))
    for lead_id, hours in ((root, 9), (merged, 30), (root, 2)):
        at = NOW - timedelta(hours=hours)
        await change_stage(tenant, lead_id, Stage.QUALIFIED, at)
    shown = await read(tenant, period_of(Range.WEEK, now=NOW, zone=UTC))
    assert (shown.qualified.value, shown.new_leads.value) == (1, 1)
    assert shown.median_time.value == timedelta(days=3) - timedelta(hours=30)


async def test_a_lead_was_first_seen_by_its_first_event() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(created_at=NOW - timedelta(hours=1))
    await tenant.add_event(lead_id, occurred_at=NOW - timedelta(days=2))
    await change_stage(tenant, lead_id, Stage.QUALIFIED, NOW - timedelta(hours=2))
    shown = await read(tenant, period_of(Range.WEEK, now=NOW, zone=UTC))
    assert shown.median_time.value == timedelta(days=2) - timedelta(hours=2)


async def test_no_more_types_are_counted_than_there_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figures, "MAXIMUM_TYPES", 2)
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    for kind in TYPES:
        await tenant.add_event(
            lead_id, type=kind, occurred_at=NOW - timedelta(minutes=1)
        )
    shown = await read(tenant, period_of(Range.DAY, now=NOW, zone=UTC))
    assert [each.type for each in shown.by_type] == ["demo", "download"]


async def test_leads_are_spread_over_stages_and_scores() -> None:
    tenant = await make_tenant()
    scores = [0, 0, 4, 5, 31, 60, 64, 4_000]
    root, *_ = [await tenant.add_lead(score=score) for score in scores]
    await tenant.add_lead(score=50, root_id=root)
    shown = await spread(tenant)
    counted = Counter(map(DEFAULT_THRESHOLDS.stage_of, scores))
    assert shown.stages == {stage: counted[stage] for stage in Stage}
    assert [shown.reached(stage) for stage in Stage] == [8, 4, 4, 3]
    assert sum(each.leads for each in shown.bins) == len(scores)
    assert shown.bins[-1].leads == 1
    by_stage: Counter[Stage] = Counter()
    for each in shown.bins:
        by_stage.update(each.stages)
    assert by_stage == counted


async def test_a_few_high_scores_do_not_make_the_bins_wide() -> None:
    tenant = await make_tenant()
    for score in [5] * 60 + [9_000]:
        await tenant.add_lead(score=score)
    shown = await spread(tenant)
    assert (shown.width, shown.bins[-1].leads) == (5, 1)


async def test_who_gained_most_by_events_of_the_last_day_heats_up() -> None:
    tenant = await make_tenant()
    ada, grace, idle = [await tenant.add_lead(name=name) for name in ("A", "G", "I")]
    merged = await tenant.add_lead(root_id=ada)
    for lead_id, delta, hours in (
        (ada, 5, 1),
        (merged, 20, 2),
        (grace, 15, 3),
        (grace, 50, 30),
        (idle, -5, 1),
    ):
        event = await tenant.add_event(
            lead_id, occurred_at=NOW - timedelta(hours=hours)
        )
        await tenant.add_entry(
            event, sequence=hours, delta=delta, rule_id=None, old_score=100
        )
    shown = await moved(tenant)
    assert [(each.lead.label, each.points) for each in shown.heating] == [
        ("A", 25),
        ("G", 15),
    ]


async def test_what_a_person_gives_does_not_heat_a_lead_up() -> None:
    tenant = await make_tenant()
    event = await tenant.add_event(
        await tenant.add_lead(), type="$adjust", occurred_at=NOW - timedelta(hours=1)
    )
    await tenant.add_entry(event, sequence=1, delta=50, rule_id=None)
    assert (await moved(tenant)).heating == ()


async def test_newly_qualified_are_those_that_still_are() -> None:
    tenant = await make_tenant()
    still = await tenant.add_lead(name="Still", score=60)
    fell = await tenant.add_lead(name="Fell", score=40)
    for lead_id in (still, fell):
        for hours in (5, 2):
            at = NOW - timedelta(hours=hours)
            await change_stage(tenant, lead_id, Stage.QUALIFIED, at)
    [shown] = (await moved(tenant)).qualified
    assert (shown.lead.label, shown.qualified_at) == ("Still", NOW - timedelta(hours=2))


async def test_going_cold_are_the_fallen_and_the_silent() -> None:
    tenant = await make_tenant()

    async def add(name: str, score: int, days_ago: int) -> UUID:
        seen = NOW - timedelta(days=days_ago)
        lead_id = await tenant.add_lead(name=name, score=score, last_event_at=seen)
        await tenant.add_event(lead_id, occurred_at=seen)
        return lead_id

    fell = await add("Fell", 20, 1)
    await change_stage(
        tenant, fell, Stage.WARM, NOW - timedelta(hours=9), old_stage=Stage.HOT
    )
    recovered = await add("Recovered", 61, 1)
    await change_stage(
        tenant,
        recovered,
        Stage.HOT,
        NOW - timedelta(hours=8),
        old_stage=Stage.QUALIFIED,
    )
    rose = await add("Rose", 40, 1)
    await change_stage(tenant, rose, Stage.HOT, NOW - timedelta(hours=7))
    await add("Silent", 40, 8)
    await add("Silent longer", 70, 20)
    await add("Cold and silent", 3, 9)
    await add("Active", 40, 6)
    edited = await add("Edited", 70, 30)
    await tenant.add_event(edited, type="$fields", occurred_at=NOW - timedelta(days=29))
    shown = (await moved(tenant)).cooling
    assert [(each.lead.label, each.dropped_from) for each in shown] == [
        ("Fell", Stage.HOT),
        ("Silent", None),
        ("Silent longer", None),
        ("Edited", None),
    ]
    assert shown[-1].at == NOW - timedelta(days=30)


async def test_another_projects_rows_are_in_no_figure() -> None:
    theirs = await make_tenant()
    lead_id = await theirs.add_lead(score=70, created_at=NOW - timedelta(hours=1))
    event = await theirs.add_event(lead_id, occurred_at=NOW - timedelta(hours=1))
    await theirs.add_entry(event, sequence=1, delta=70, rule_id=None)
    await change_stage(theirs, lead_id, Stage.QUALIFIED, NOW - timedelta(minutes=5))
    mine = await make_tenant()
    period = period_of(Range.WEEK, now=NOW, zone=UTC)
    # In both projects' scope the queries alone keep them apart.
    async with transaction(mine.actor.project_id, theirs.actor.project_id) as session:
        shown = await read_figures(session, mine.actor, period=period)
        figures_shown = (shown.new_leads, shown.qualified, shown.events)
        assert [each.value for each in figures_shown] == [0, 0, 0]
        assert (await read_distribution(session, mine.actor)).leads == 0
        movers = await read_movers(session, mine.actor, now=NOW)
        assert (movers.heating, movers.qualified, movers.cooling) == ((), (), ())
