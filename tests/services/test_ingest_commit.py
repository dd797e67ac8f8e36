"""An acknowledged event is stored, once, whatever happens around it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from leadpulse_app import database
from leadpulse_app.domain.errors import InvalidInputError, UnavailableError
from leadpulse_app.domain.event import IngestedEvent, parse_native_event
from leadpulse_app.models import (
    Event,
    Lead,
    LeadAlias,
    Pending,
    Project,
    QuarantinedEvent,
)
from leadpulse_app.services.ingest import GroupCommit, IngestStatus
from leadpulse_app.services.ingest.commit import (
    _ALIASES,
    _EVENTS,
    _EVENTS_SOME_HELD,
    _LEADS,
    MAX_BATCH,
    MAX_WAITING,
)
from tests.tenants import make_tenant


def make_event(anonymous_id: str | None = "visitor", **fields: Any) -> IngestedEvent:
    payload = {"event": "page_view", "anonymousId": anonymous_id, **fields}
    return parse_native_event(payload, received_at=datetime.now(UTC))


@asynccontextmanager
async def group_commit(
    enqueue_hint: Callable[[], None] = lambda: None,
) -> AsyncIterator[GroupCommit]:
    commit = GroupCommit(enqueue_hint=enqueue_hint)
    commit.start()
    try:
        yield commit
    finally:
        await commit.stop()


@pytest.fixture
async def project_id() -> UUID:
    return (await make_tenant()).actor.project_id


async def count(
    project_id: UUID,
    table: type[Event | Lead | LeadAlias | Pending | QuarantinedEvent],
) -> int:
    async with database.transaction(project_id) as session:
        found = await session.execute(
            select(func.count())
            .select_from(table)
            .where(col(table.project_id) == project_id)
        )
        return found.scalar_one()


async def stored_events(project_id: UUID) -> dict[str, Event]:
    async with database.transaction(project_id) as session:
        found = await session.scalars(
            select(Event).where(col(Event.project_id) == project_id)
        )
        return {event.message_id: event for event in found}


@contextmanager
def held_alias(project_id: UUID, value: str) -> Iterator[psycopg.Connection]:
    """Keep every transaction that makes this alias waiting, until the block ends."""
    with psycopg.connect(database.connection_info()) as connection:
        connection.execute(
            database.SCOPE_STATEMENT, (database.scope_value([project_id]),)
        )
        connection.execute(
            "INSERT INTO lead_alias (project_id, kind, value, lead_id) "
            "VALUES (%s, 'anonymous', %s, %s)",
            (project_id, value, uuid4()),
        )
        yield connection
        connection.rollback()


async def blocked_backend(blocker: psycopg.Connection) -> int:
    """Return the server process that waits for this connection, once one does."""
    with psycopg.connect(database.database_url(), autocommit=True) as observer:
        async with asyncio.timeout(10):
            while True:
                row = observer.execute(
                    "SELECT pid FROM pg_stat_activity "
                    "WHERE %s = ANY (pg_blocking_pids(pid))",
                    (blocker.info.backend_pid,),
                ).fetchone()
                if row is not None:
                    pid: int = row[0]
                    return pid
                await asyncio.sleep(0.01)


async def test_a_duplicate_under_another_name_makes_no_lead(project_id: UUID) -> None:
    async with group_commit() as commit:
        names = [f"visitor-{n}" for n in range(5)]
        statuses = [
            await commit.submit(project_id, make_event(name, messageId="same"))
            for name in names
        ]
        assert statuses == [IngestStatus.QUEUED] + [IngestStatus.DUPLICATE] * 4
        assert await count(project_id, Lead) == 1
        assert await count(project_id, LeadAlias) == 1
        later = make_event(names[-1], messageId="another")
        assert await commit.submit(project_id, later) is IngestStatus.QUEUED
        assert await count(project_id, Lead) == 2


async def test_an_acknowledged_event_is_stored_whole_with_its_lead_and_its_work(
    project_id: UUID,
) -> None:
    event = make_event(
        messageId="m1",
        userId="u1",
        sessionId="s1",
        timestamp="2026-01-31T09:30:00Z",
        sentAt="2026-01-31T09:30:05Z",
        properties={"path": "/pricing", "nested": {"list": 1.5}, "no": None},
    )
    async with group_commit() as commit:
        assert await commit.submit(project_id, event) is IngestStatus.QUEUED
        async with database.transaction(project_id) as session:
            stored = await session.scalar(
                select(Event).where(col(Event.project_id) == project_id)
            )
            lead = await session.scalar(
                select(Lead).where(col(Lead.project_id) == project_id)
            )
            pending = await session.scalar(
                select(Pending).where(col(Pending.project_id) == project_id)
            )
    assert stored is not None
    assert lead is not None
    assert pending is not None
    for field in set(IngestedEvent._fields) - {"quarantine"}:
        assert getattr(stored, field) == getattr(event, field)
    assert (lead.user_id, lead.anonymous_id, lead.score) == ("u1", "visitor", 0)
    assert (pending.lead_id, pending.event_id) == (lead.id, stored.id)
    assert stored.lead_id == lead.id


async def test_an_event_in_quarantine_is_stored_with_its_lead_and_waits_for_no_score(
    project_id: UUID,
) -> None:
    held = make_event("crawler", messageId="held")._replace(quarantine="Somebot")
    async with group_commit() as commit:
        answers = await commit.submit_many(project_id, [make_event(), held])
    assert answers == [IngestStatus.QUEUED] * 2
    stored = (await stored_events(project_id))["held"]
    assert await count(project_id, Lead) == 2
    async with database.transaction(project_id) as session:
        pending = await session.scalars(
            select(col(Pending.event_id)).where(col(Pending.project_id) == project_id)
        )
        assert stored.id not in list(pending)
        kept = await session.scalar(
            select(QuarantinedEvent).where(
                col(QuarantinedEvent.project_id) == project_id
            )
        )
    assert kept is not None
    assert (kept.event_id, kept.lead_id) == (stored.id, stored.lead_id)
    assert kept.reason == "Somebot"


async def test_a_duplicate_changes_nothing_whether_one_of_the_two_is_held_or_not(
    project_id: UUID,
) -> None:
    held, free = (make_event(messageId=message_id) for message_id in ("held", "free"))
    held = held._replace(quarantine="Somebot")
    async with group_commit() as commit:
        await commit.submit_many(project_id, [held, free])
        again = await commit.submit_many(
            project_id,
            [held._replace(quarantine=None), free._replace(quarantine="Somebot")],
        )
    assert again == [IngestStatus.DUPLICATE] * 2
    assert await count(project_id, QuarantinedEvent) == 1
    assert await count(project_id, Pending) == 1


async def test_each_event_of_a_request_is_answered_in_its_place(
    project_id: UUID,
) -> None:
    bad = make_event(messageId="bad")._replace(type="a\0b")
    messages = [make_event(f"v{n % 3}", messageId=f"m{n}") for n in range(9)]
    async with group_commit() as commit:
        await commit.submit(project_id, messages[4])
        answers = await commit.submit_many(
            project_id, [*messages, bad, messages[0], bad]
        )
        assert await commit.submit_many(project_id, []) == []
    assert isinstance(answers[9], InvalidInputError)
    assert isinstance(answers[11], InvalidInputError)
    stored, before = IngestStatus.QUEUED, IngestStatus.DUPLICATE
    assert [*answers[:9], answers[10]] == [stored] * 4 + [before] + [stored] * 4 + [
        before
    ]
    assert set(await stored_events(project_id)) == {f"m{n}" for n in range(9)}


async def test_a_request_larger_than_a_transaction_is_stored_whole(
    project_id: UUID,
) -> None:
    events = [make_event(messageId=f"m{n}") for n in range(2 * MAX_BATCH + 1)]
    async with group_commit() as commit:
        answers = await commit.submit_many(project_id, [*events, events[0]])
    assert answers == [IngestStatus.QUEUED] * len(events) + [IngestStatus.DUPLICATE]
    assert await count(project_id, Event) == await count(project_id, Pending)


async def test_a_name_that_now_means_another_lead_does_so_for_the_next_event(
    project_id: UUID,
) -> None:
    async with group_commit() as commit:
        await commit.submit_many(project_id, [make_event("a"), make_event("b")])
        async with database.transaction(project_id) as session:
            (of_b,) = await session.scalars(
                select(col(LeadAlias.lead_id)).where(
                    col(LeadAlias.project_id) == project_id,
                    col(LeadAlias.value) == "b",
                )
            )
            await session.execute(
                update(LeadAlias)
                .where(
                    col(LeadAlias.project_id) == project_id,
                    col(LeadAlias.value) == "a",
                )
                .values(lead_id=of_b)
            )
            await session.execute(
                update(Project)
                .where(col(Project.id) == project_id)
                .values(identity_version=Project.identity_version + 1)
            )
        await commit.submit(project_id, make_event("a", messageId="next"))
        await commit.submit(project_id, make_event("a", messageId="later"))
    stored = await stored_events(project_id)
    assert stored["next"].lead_id == stored["later"].lead_id == of_b


@pytest.mark.parametrize("statement", [_ALIASES, _LEADS, _EVENTS, _EVENTS_SOME_HELD])
async def test_nothing_is_looked_up_by_less_than_its_key_however_new_the_tables_are(
    project_id: UUID, statement: bytes
) -> None:
    with psycopg.connect(database.connection_info()) as connection:
        explained = connection.execute(
            b"EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + statement
        ).fetchone()
    assert explained is not None
    for scan in scans_of(explained[0][0]["Plan"]):
        condition = scan.get("Index Cond", "")
        match scan["Relation Name"]:
            case "event":
                assert "message_id = " in condition
            case "lead_alias":
                assert "kind = " in condition
                assert "value = " in condition


def scans_of(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the nodes of a plan that read rows of a table."""
    for below in plan.get("Plans", ()):
        yield from scans_of(below)
    if "Relation Name" in plan and plan["Node Type"] != "ModifyTable":
        yield plan


async def test_a_message_id_is_queued_once_within_a_batch_and_between_batches(
    project_id: UUID,
) -> None:
    async with group_commit() as commit:
        together = await asyncio.gather(
            *(commit.submit(project_id, make_event(messageId="m")) for _ in range(20))
        )
        later = await commit.submit(project_id, make_event(messageId="m"))
    assert sorted(together) == ["duplicate"] * 19 + ["queued"]
    assert later is IngestStatus.DUPLICATE
    assert await count(project_id, Event) == 1


async def test_processes_that_race_for_the_same_ids_make_one_lead_and_one_event_each(
    project_id: UUID,
) -> None:
    async with group_commit() as one, group_commit() as other:
        statuses = await asyncio.gather(
            *(
                commit.submit(project_id, make_event(f"v{n % 7}", messageId=f"m{n}"))
                for n in range(200)
                for commit in (one, other)
            )
        )
    assert statuses.count(IngestStatus.QUEUED) == 200
    assert await count(project_id, Event) == 200
    assert await count(project_id, LeadAlias) == await count(project_id, Lead) == 7
    leads_by_visitor: dict[str | None, set[UUID]] = {}
    for event in (await stored_events(project_id)).values():
        leads_by_visitor.setdefault(event.anonymous_id, set()).add(event.lead_id)
    assert {len(leads) for leads in leads_by_visitor.values()} == {1}


async def test_tenants_with_the_same_ids_stay_apart() -> None:
    mine = (await make_tenant()).actor.project_id
    theirs = (await make_tenant()).actor.project_id
    async with group_commit() as commit:
        statuses = await asyncio.gather(
            *(
                commit.submit(tenant, make_event(messageId="m"))
                for tenant in (mine, theirs)
            )
        )
    assert statuses == [IngestStatus.QUEUED, IngestStatus.QUEUED]
    my_event = (await stored_events(mine))["m"]
    their_event = (await stored_events(theirs))["m"]
    assert my_event.lead_id != their_event.lead_id


async def test_only_the_event_that_postgres_refuses_is_refused(
    project_id: UUID,
) -> None:
    good = [make_event(messageId=f"m{n}") for n in range(40)]
    unstorable = make_event(messageId="bad")._replace(type="a\0b")
    async with group_commit() as commit:
        answers = await asyncio.gather(
            *(commit.submit(project_id, event) for event in good[:20]),
            commit.submit(project_id, unstorable),
            commit.submit(uuid4(), make_event()),  # no such project
            *(commit.submit(project_id, event) for event in good[20:]),
            return_exceptions=True,
        )
    refused = answers[20:22]
    assert [type(answer) for answer in refused] == [InvalidInputError] * 2
    assert answers[:20] + answers[22:] == [IngestStatus.QUEUED] * 40
    assert await count(project_id, Event) == 40


async def test_what_is_logged_of_a_refused_event_quotes_nothing_of_it(
    project_id: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    unstorable = make_event("ada", properties={"note": "secret"})._replace(type="a\0b")
    async with group_commit() as commit:
        with pytest.raises(InvalidInputError):
            await commit.submit(project_id, unstorable)
    (told,) = caplog.messages
    assert told == "Postgres refuses an event: unsupported Unicode escape sequence"


async def test_a_refused_event_leaves_nothing_of_its_visitor_behind(
    project_id: UUID,
) -> None:
    unstorable = make_event("nobody")._replace(type="a\0b")
    async with group_commit() as commit:
        with pytest.raises(InvalidInputError):
            await commit.submit(project_id, unstorable)
        await commit.submit(project_id, make_event("somebody"))
    assert await count(project_id, Lead) == await count(project_id, LeadAlias) == 1


async def test_a_remembered_name_that_is_gone_is_made_anew(
    project_id: UUID,
) -> None:
    async with group_commit() as commit:
        await commit.submit(project_id, make_event(messageId="first"))
        with psycopg.connect(database.database_url()) as owner:
            owner.execute(
                database.SCOPE_STATEMENT, (database.scope_value([project_id]),)
            )
            owner.execute(
                "UPDATE project SET identity_version = identity_version + 1 "
                "WHERE id = %s",
                (project_id,),
            )
            for table in ("pending", "event", "lead_alias", "lead"):
                owner.execute(
                    f"DELETE FROM {table} WHERE project_id = %s",
                    (project_id,),
                )
        again = await commit.submit(project_id, make_event(messageId="second"))
    assert again is IngestStatus.QUEUED
    assert await count(project_id, Lead) == 1


async def test_a_connection_lost_midway_answers_unavailable_and_the_next_try_succeeds(
    project_id: UUID,
) -> None:
    async with group_commit() as commit:
        with held_alias(project_id, "visitor") as blocker:
            waiting = asyncio.create_task(
                commit.submit(project_id, make_event(messageId="m"))
            )
            pid = await blocked_backend(blocker)
            with psycopg.connect(database.database_url()) as owner:
                owner.execute("SELECT pg_terminate_backend(%s)", (pid,))
            with pytest.raises(UnavailableError) as refused:
                await waiting
            assert refused.value.retry_after is not None
        retried = await commit.submit(project_id, make_event(messageId="m"))
    assert retried is IngestStatus.QUEUED
    assert await count(project_id, Event) == 1


async def test_a_client_that_went_away_does_not_disturb_its_neighbours(
    project_id: UUID,
) -> None:
    async with group_commit() as commit:
        with held_alias(project_id, "visitor") as blocker:
            leaving, staying = (
                asyncio.create_task(commit.submit(project_id, make_event(messageId=m)))
                for m in ("leaving", "staying")
            )
            await blocked_backend(blocker)
            leaving.cancel()
        assert await staying is IngestStatus.QUEUED
        assert leaving.cancelled()
    assert set(await stored_events(project_id)) == {"leaving", "staying"}


async def test_stopping_stores_and_answers_what_was_accepted_and_takes_no_more(
    project_id: UUID,
) -> None:
    commit = GroupCommit(enqueue_hint=lambda: None)
    commit.start()
    with held_alias(project_id, "visitor") as blocker:
        waiting = [
            asyncio.create_task(
                commit.submit(project_id, make_event(messageId=f"m{n}"))
            )
            for n in range(50)
        ]
        await blocked_backend(blocker)
        stopping = asyncio.create_task(commit.stop())
        await asyncio.sleep(0)  # let it begin
        with pytest.raises(UnavailableError):
            await commit.submit(project_id, make_event())
    assert await asyncio.gather(*waiting) == [IngestStatus.QUEUED] * 50
    await stopping
    assert await count(project_id, Event) == 50


async def test_a_full_queue_refuses_the_next_event_with_a_time_to_retry(
    project_id: UUID,
) -> None:
    commit = GroupCommit(enqueue_hint=lambda: None)  # nothing empties its queue
    event = make_event()
    one = asyncio.create_task(commit.submit(project_id, event))
    many = asyncio.create_task(
        commit.submit_many(project_id, [event] * (MAX_WAITING - 1))
    )
    await asyncio.sleep(0)  # let them take their places
    for refused in (
        commit.submit(project_id, event),
        commit.submit_many(project_id, [event]),
    ):
        with pytest.raises(UnavailableError) as refusal:
            await refused
        assert refusal.value.retry_after is not None
    await commit.stop()
    with pytest.raises(UnavailableError):
        await one
    assert {type(answer) for answer in await many} == {UnavailableError}


async def test_a_hint_follows_a_commit_and_its_failure_is_nobodys_problem(
    project_id: UUID,
) -> None:
    hints: list[int] = []

    def fail() -> None:
        hints.append(len(hints))
        raise ConnectionError("no broker")

    async with group_commit(fail) as commit:
        assert await commit.submit(project_id, make_event()) is IngestStatus.QUEUED
    assert hints == [0]
