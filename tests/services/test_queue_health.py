"""What waits and how fast it goes are counted for one project, from its own rows."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.services import queue_health
from leadpulse_app.services.queue_health import (
    QueueHealth,
    Throughput,
    read_arrivals,
    read_queue_health,
    read_throughput,
)
from tests.services.scoring_project import ScoringProject, score_all, score_once
from tests.services.test_failed_jobs import admin, break_rules

POINTS = {"visit": 5}


async def queue_of(project: ScoringProject) -> QueueHealth:
    async with transaction(project.id) as session:
        return await read_queue_health(session, admin(project))


async def throughput_of(project: ScoringProject, now: datetime) -> Throughput:
    async with transaction(project.id) as session:
        return await read_throughput(session, admin(project), now=now)


async def test_a_project_without_events_has_nothing_to_do() -> None:
    project = ScoringProject.create(POINTS)
    assert await queue_of(project) == QueueHealth(0, None, 0, 0)
    found = await throughput_of(project, datetime.now(UTC))
    assert (found.events, found.per_minute, len(found.minutes)) == (0, 0, 61)


async def test_what_waits_for_its_turn_is_told_from_what_failed() -> None:
    project, other = ScoringProject.create(POINTS), ScoringProject.create(POINTS)
    failing = project.add_lead()
    break_rules(project)
    for _ in range(2):
        project.add_event(failing, "visit")
    await asyncio.to_thread(score_once)
    before = datetime.now(UTC)
    project.add_event(project.add_lead(), "visit")
    other.add_event(other.add_lead(), "visit")
    queue = await queue_of(project)
    assert (queue.pending, queue.failed_leads, queue.failed_events) == (1, 1, 2)
    assert queue.oldest_pending_at is not None
    assert queue.oldest_pending_at >= before - timedelta(seconds=1)
    project.forget_pending()
    other.forget_pending()


async def test_an_event_is_counted_once_in_the_minute_it_was_scored() -> None:
    project, other = ScoringProject.create(POINTS), ScoringProject.create(POINTS)
    for each, events in ((project, 3), (other, 1)):
        lead_id = each.add_lead()
        for _ in range(events):
            each.add_event(lead_id, "visit")
    await asyncio.to_thread(score_all)
    now = datetime.now(UTC)
    found = await throughput_of(project, now)
    assert found.events == sum(minute.events for minute in found.minutes[-2:]) == 3
    assert found.per_minute == pytest.approx(3 / 60)
    later = await throughput_of(project, now + timedelta(hours=2))
    assert later.events == 0


async def test_an_event_is_counted_in_the_minute_it_came_scored_or_not() -> None:
    project, other = ScoringProject.create(POINTS), ScoringProject.create(POINTS)
    for each, events in ((project, 3), (other, 1)):
        lead_id = each.add_lead()
        for _ in range(events):
            each.add_event(lead_id, "visit")
    project.add_event(lead_id, "$fields")
    now = datetime.now(UTC)
    async with transaction(project.id) as session:
        found = await read_arrivals(session, admin(project), now=now)
        later = await read_arrivals(
            session, admin(project), now=now + timedelta(hours=2)
        )
    assert found.events == sum(minute.events for minute in found.minutes[-2:]) == 3
    assert later.events == 0
    for each in (project, other):
        each.forget_pending()


async def test_where_much_was_scored_it_looks_back_less_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = ScoringProject.create(POINTS)
    lead_id = project.add_lead()
    for _ in range(4):
        project.add_event(lead_id, "visit")
    await asyncio.to_thread(score_all)
    monkeypatch.setattr(queue_health, "ENTRIES_COUNTED", 4)
    now = datetime.now(UTC)
    found = await throughput_of(project, now)
    assert found.since > now - timedelta(minutes=1)
    assert (found.events, found.per_minute) == (4, 4)
    assert len(found.minutes) <= 2
