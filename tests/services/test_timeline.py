"""A lead's timeline tells every event once, session by session, whoever asks."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from leadpulse_app.database import run_scoped, transaction
from leadpulse_app.domain.errors import InvalidInputError, NotFoundError
from leadpulse_app.models import Event, QuarantinedEvent
from leadpulse_app.services import timeline
from leadpulse_app.services.identity.merging import merge
from leadpulse_app.services.timeline import Session, TimelinePage, list_timeline
from tests.tenants import Tenant, make_tenant

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def happen(
    tenant: Tenant,
    lead_id: UUID,
    minute: int,
    session_id: str | None = None,
    **more: object,
) -> Event:
    return await tenant.add_event(
        lead_id,
        occurred_at=NOON + timedelta(minutes=minute),
        session_id=session_id,
        **more,  # type: ignore[arg-type]
    )


async def page(
    tenant: Tenant, lead_id: UUID, *, limit: int = 20, cursor: str | None = None
) -> TimelinePage:
    async with transaction(tenant.actor.project_id) as session:
        return await list_timeline(
            session, tenant.actor, lead_id, limit=limit, cursor=cursor
        )


async def all_sessions(tenant: Tenant, lead_id: UUID, limit: int) -> list[Session]:
    sessions: list[Session] = []
    cursor = None
    while True:
        told = await page(tenant, lead_id, limit=limit, cursor=cursor)
        sessions += told.sessions
        cursor = told.next_cursor
        if cursor is None:
            return sessions


async def test_a_session_tells_when_it_was_where_it_led_and_what_it_gave() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    first = await happen(
        tenant, lead_id, 0, "s", type="page_view", properties={"path": "/pricing"}
    )
    await tenant.add_entry(first, sequence=1, delta=5, rule_id=UUID(int=1))
    await tenant.add_entry(first, sequence=2, delta=3, rule_id=UUID(int=2), old_score=5)
    await happen(tenant, lead_id, 6, "s", type="demo", properties={"path": "/demo"})
    (session,) = (await page(tenant, lead_id)).sessions
    assert session.session_id == "s"
    assert (session.started_at, session.duration) == (NOON, timedelta(minutes=6))
    assert (session.first_page, session.last_page) == ("/pricing", "/demo")
    assert session.points == 8
    unscored, scored = session.events
    assert (unscored.type, unscored.points, unscored.new_score) == ("demo", None, None)
    assert (scored.points, scored.old_score, scored.new_score) == (8, 0, 8)


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_however_it_is_cut_into_pages_its_sessions_are_the_same(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    for minute in (0, 10, 50, 55, 200, 201, 202, 400):
        await happen(tenant, lead_id, minute)
    monkeypatch.setattr(timeline, "MAXIMUM_EVENTS", 4)
    sessions = await all_sessions(tenant, lead_id, limit)
    assert [
        [int((event.occurred_at - NOON).total_seconds() // 60) for event in each.events]
        for each in sessions
    ] == [[400], [202, 201, 200], [55, 50], [10, 0]]


async def test_a_session_of_more_events_than_a_page_reads_loses_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    sent = [(await happen(tenant, lead_id, 0, "s")).message_id for _ in range(7)]
    monkeypatch.setattr(timeline, "MAXIMUM_EVENTS", 2)
    told = [
        event.message_id
        for each in await all_sessions(tenant, lead_id, 1)
        for event in each.events
    ]
    assert told == sorted(sent, reverse=True)


async def test_it_tells_of_all_who_turned_out_to_be_the_same_person() -> None:
    tenant = await make_tenant()
    ada, visitor = await tenant.add_lead(name="Ada"), await tenant.add_lead()
    await happen(tenant, ada, 5)
    await happen(tenant, visitor, 0)
    await run_scoped(
        tenant.actor.project_id,
        lambda connection: merge(
            connection,
            tenant.actor.project_id,
            (ada, visitor),
            lead_id=ada,
            other_id=visitor,
            event_id=None,
        ),
    )
    for asked in (ada, visitor):
        (session,) = (await page(tenant, asked)).sessions
        assert len(session.events) == 2


async def test_what_people_wrote_is_left_out_and_what_is_held_says_so() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    await happen(tenant, lead_id, 0, type="$adjust")
    await happen(tenant, lead_id, 0, type="$fields")
    event = await happen(tenant, lead_id, 0)
    async with transaction(tenant.actor.project_id) as session:
        session.add(
            QuarantinedEvent(
                project_id=event.project_id,
                event_id=event.id,
                lead_id=lead_id,
                reason="Crawler",
            )
        )
    ((told,),) = [each.events for each in (await page(tenant, lead_id)).sessions]
    assert (told.message_id, told.held) == (event.message_id, "Crawler")


async def test_a_lead_that_did_nothing_has_an_empty_timeline() -> None:
    tenant = await make_tenant()
    assert await page(tenant, await tenant.add_lead()) == TimelinePage((), None)


async def test_another_projects_timeline_is_not_found() -> None:
    theirs, tenant = await make_tenant(), await make_tenant()
    lead_id = await theirs.add_lead()
    await happen(theirs, lead_id, 0)
    with pytest.raises(NotFoundError):
        await page(tenant, lead_id)
    async with transaction(theirs.actor.project_id) as session:
        # Not by its policy alone: the code names the project too.
        with pytest.raises(NotFoundError):
            await list_timeline(session, tenant.actor, lead_id)


@pytest.mark.parametrize(
    ("limit", "cursor"), [(0, None), (101, None), (1, "nonsense"), (1, "NDI"), (1, "")]
)
async def test_what_is_no_page_is_refused(limit: int, cursor: str | None) -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    with pytest.raises(InvalidInputError):
        await page(tenant, lead_id, limit=limit, cursor=cursor)


async def test_a_timeline_of_many_pages_tells_every_event() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    async with transaction(tenant.actor.project_id) as session:
        await session.execute(
            text("""
                INSERT INTO event (project_id, lead_id, message_id, type, properties,
                    received_at, occurred_at)
                SELECT :project_id, :lead_id, 'm' || n, 'visit', '{}', now(),
                    now() - n * interval '1 hour'
                FROM generate_series(1, 2000) AS n
            """),
            {"project_id": tenant.actor.project_id, "lead_id": lead_id},
        )
    told = await all_sessions(tenant, lead_id, 100)
    assert len(told) == 2_000
