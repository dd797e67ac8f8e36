"""Fills a project with a made-up year, by the way that every event takes.

The events are stored by ingest's own commit, but held back, and their leads are set
aside, so that no worker scores them as of today. Then they are let go step by step, and
scored, lapsed and linked as of each step's end. What was interrupted goes on where it
stood when it is run again: the plan begins where the stored one began, and its message
ids are the same.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.database import PLAN_BY_INDEX
from leadpulse_app.domain.demo import YEAR, Plan, anchor_id, set_demo_rules
from leadpulse_app.domain.errors import ConflictError, ForbiddenError, LeadPulseError
from leadpulse_app.domain.fold import Position
from leadpulse_app.models import Event, Lead
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.identity import link_pending
from leadpulse_app.services.identity.roots import lock_roots
from leadpulse_app.services.ingest import GroupCommit, IngestStatus
from leadpulse_app.services.rulesets import FIRST_VERSION, active_ruleset, publish_edit
from leadpulse_app.services.scoring import score_leads
from leadpulse_app.services.scoring.claim import (
    ClaimedEvent,
    LockedLead,
)
from leadpulse_app.services.scoring.clock import set_clock_back

DEMO_SEED = 1

HELD = "sample data"
"""Why its events are held back until they are scored."""

STEPS = ((7, 1), (84, 7))
"""How many days are scored at a time, of those within so many last ones."""

LONGEST_STEP = 28
"""How many days are scored at a time before them: whenever points of a lead lapsed, it
is folded from its first event."""

LEADS_AT_ONCE = 50
"""Leads that are scored at a time. Their names are compared with those of the project,
which Postgres may know no statistics of yet."""

AWAY = timedelta(minutes=10)
"""How long the leads are kept from the workers, which would score as of today."""

EVENTS_AT_ONCE = 5_000
"""Events on their way to Postgres at a time."""

MOST_OWN_LEADS = 5
"""Leads that a project may have to be filled from the dashboard: a test event or two.
Among more than that, made-up ones would be hard to tell from real ones."""

_HELD_EVENTS = """
    SELECT event_id, lead_id FROM quarantined_event
    WHERE project_id = %s AND reason = %s ORDER BY event_id
"""

_ARRIVALS = """
    SELECT id, received_at FROM event WHERE project_id = %s AND id BETWEEN %s AND %s
"""  # joined with those held, each is looked for among all: no statistics know of them

_LET_GO = """
    DELETE FROM quarantined_event WHERE project_id = %s AND event_id = ANY (%s)
"""

_CLAIMED = """
    SELECT occurred_at, message_id, id, type, traits, lead_id, user_id, anonymous_id,
        previous_id
    FROM event WHERE project_id = %s AND id = ANY (%s)
"""

_ASIDE = """
    INSERT INTO set_aside (project_id, lead_id, until)
    SELECT %s, one.id, now() + %s FROM unnest(%s::uuid[]) AS one (id)
    ON CONFLICT (project_id, lead_id) DO NOTHING
"""

_BACK = """
    DELETE FROM set_aside AS s WHERE s.project_id = %s AND NOT EXISTS (
        SELECT FROM failed_job AS f
        WHERE (f.project_id, f.lead_id) = (s.project_id, s.lead_id)
    )
"""

_ROOTS = """
    SELECT lead.id, coalesce(lead.root_id, lead.id)
    FROM lead WHERE lead.project_id = %s AND lead.id = ANY (%s)
"""

_DUE = """
    SELECT lead_id FROM next_expiry WHERE project_id = %s AND due_at <= %s
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the filling has come."""

    doing: str
    """What is done at present, as "Sending events"."""
    done: int
    total: int


class Step(NamedTuple):
    """What came in some days."""

    end: datetime
    """The moment as of which it is scored."""
    events: dict[UUID, list[int]]
    """Their ids, by the lead that they came for before any merge."""


Tell = Callable[[Progress], None]
"""Takes each progress."""


async def demo_began_at(
    session: AsyncSession, actor: Actor, *, seed: int = DEMO_SEED
) -> datetime | None:
    """Return when the made-up year of the actor's project began, if it has one."""
    found: datetime | None = await session.scalar(
        select(col(Event.occurred_at)).where(
            col(Event.project_id) == actor.project_id,
            col(Event.message_id) == anchor_id(seed),
        )
    )
    return found


async def require_room_for_demo(
    session: AsyncSession, actor: Actor, *, is_development: bool
) -> None:
    """Let only an admin go on, in development, whose project holds next to nothing.

    Raises:
        ForbiddenError: The actor is no admin, or this is no development.
        ConflictError: The project has leads of its own.
    """
    actor.require_admin()
    if not is_development:
        raise ForbiddenError("Sample data is for development only")
    if await demo_began_at(session, actor) is not None:
        return  # what was interrupted is finished
    leads = (
        select(col(Lead.id))
        .where(col(Lead.project_id) == actor.project_id)
        .limit(MOST_OWN_LEADS + 1)
    )
    found = await session.scalar(select(func.count()).select_from(leads.subquery()))
    if (found or 0) > MOST_OWN_LEADS:
        raise ConflictError(
            "This project has leads already; sample data would hide among them"
        )


async def begin_demo(
    session: AsyncSession, actor: Actor, *, now: datetime, seed: int = DEMO_SEED
) -> datetime:
    """Return the last moment of the made-up year, and set rules that suit it.

    Rules that somebody changed stay as they are.

    Args:
        session: A transaction scoped to the actor's project.
        actor: An admin of the project.
        now: When the year ends, unless one was begun before.
        seed: Which year.

    Raises:
        ForbiddenError: The actor is no admin.
    """
    actor.require_admin()
    began_at = await demo_began_at(session, actor, seed=seed)
    active = await active_ruleset(session, actor)
    if active.version == FIRST_VERSION:
        await publish_edit(session, actor, set_demo_rules, now=active.published_at)
    return now if began_at is None else began_at + YEAR


async def send_demo(
    group_commit: GroupCommit, actor: Actor, plan: Plan, tell: Tell
) -> int:
    """Store the events of a plan, held back; return how many were new.

    Args:
        group_commit: Stores them; it is running.
        actor: In whose project.
        plan: What is to be sent.
        tell: Told of the progress.

    Raises:
        LeadPulseError: An event could not be stored.
    """
    new = 0
    for begin in range(0, len(plan.events), EVENTS_AT_ONCE):
        tell(Progress("Sending events", begin, len(plan.events)))
        part = [
            event._replace(quarantine=HELD)
            for event in plan.events[begin : begin + EVENTS_AT_ONCE]
        ]
        for answer in await group_commit.submit_many(actor.project_id, part):
            if isinstance(answer, LeadPulseError):
                raise answer
            new += answer is IngestStatus.QUEUED
    tell(Progress("Sending events", len(plan.events), len(plan.events)))
    return new


def hold_leads(
    connection: psycopg.Connection, actor: Actor, *, now: datetime
) -> Sequence[Step]:
    """Return what is held back, in steps, and set its leads aside from the workers.

    They come back by themselves after some minutes, if nobody lets them go before.

    Args:
        connection: Within a transaction scoped to the actor's project.
        actor: In whose project.
        now: When the last step ends.
    """
    held = connection.execute(_HELD_EVENTS, (actor.project_id, HELD)).fetchall()
    if not held:
        return ()
    span = (actor.project_id, held[0][0], held[-1][0])
    arrivals: dict[int, datetime] = dict(connection.execute(_ARRIVALS, span).fetchall())
    ends = list(_ends(min(arrivals[event_id] for event_id, _ in held), now))
    steps: list[Step] = [Step(end, defaultdict(list)) for end in ends]
    for event_id, lead_id in held:
        step = steps[bisect_left(ends, arrivals[event_id])]
        step.events[lead_id].append(event_id)
    _set_aside(connection, actor.project_id, {lead_id for _, lead_id in held})
    return steps


def score_step(connection: psycopg.Connection, actor: Actor, step: Step) -> int:
    """Score what came in a step, as of its end; return how many events that were.

    Args:
        connection: Within a transaction of its own, scoped to the actor's project.
        actor: In whose project.
        step: The next of those that `hold_leads` returned.
    """
    project_id = actor.project_id
    connection.execute(PLAN_BY_INDEX)
    set_clock_back(connection, step.end)
    due = connection.execute(_DUE, (project_id, step.end)).fetchall()
    lead_ids = [*step.events, *(lead_id for (lead_id,) in due)]
    events: dict[UUID, list[int]] = defaultdict(list)
    roots = connection.execute(_ROOTS, (project_id, lead_ids)).fetchall()
    for lead_id, root_id in roots:
        events[root_id].extend(step.events.get(lead_id, ()))
    root_ids = sorted(events)
    lock_roots(connection, project_id, root_ids)

    def claim(
        connection: psycopg.Connection, leads: Sequence[LockedLead]
    ) -> list[list[ClaimedEvent]]:
        wanted = [event_id for lead in leads for event_id in events[lead.id]]
        connection.execute(_LET_GO, (project_id, wanted))
        rows = connection.execute(_CLAIMED, (project_id, wanted)).fetchall()
        found = {event.id: event for event in map(_claimed, rows)}
        return [[found[event_id] for event_id in events[lead.id]] for lead in leads]

    scored = 0
    for begin in range(0, len(root_ids), LEADS_AT_ONCE):
        some = root_ids[begin : begin + LEADS_AT_ONCE]
        scored += score_leads(connection, project_id, some, claim).events
    while link_pending(connection, project_id=project_id).found_work:
        pass
    _set_aside(connection, project_id, root_ids)  # a merge lets its leads go
    return scored


def let_leads_go(connection: psycopg.Connection, actor: Actor) -> None:
    """Let the workers have the leads that were set aside for the steps.

    Args:
        connection: Within a transaction scoped to the actor's project.
        actor: In whose project.
    """
    connection.execute(_BACK, (actor.project_id,))


def _claimed(row: tuple[Any, ...]) -> ClaimedEvent:
    occurred_at, message_id, *others = row
    return ClaimedEvent(Position(occurred_at, message_id), *others)


def _set_aside(
    connection: psycopg.Connection, project_id: UUID, lead_ids: Collection[UUID]
) -> None:
    connection.execute(_ASIDE, (project_id, AWAY, sorted(lead_ids)))


def _ends(first: datetime, now: datetime) -> Iterator[datetime]:
    """Yield the moments up to which is scored at a time, the last of them now."""
    end = first
    while end < now:
        ago = (now - end) / timedelta(days=1)
        days = next((days for last, days in STEPS if ago <= last), LONGEST_STEP)
        end = min(end + timedelta(days=days), now)
        yield end
    if first >= now:
        yield first
