"""How a project keeps up: what waits, since when, how fast it comes and is scored."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, TextClause, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.reserved import RESERVED_EVENT_TYPES
from leadpulse_app.models.ledger import FIRST
from leadpulse_app.services.actors import Actor

WINDOW = timedelta(hours=1)
"""How far back throughput looks."""

ENTRIES_COUNTED = 20_000
"""Of how many of the newest ledger entries, or events, throughput is told, about 20 ms;
where an hour has more, it looks back as far as these reach."""

_MINUTE = timedelta(minutes=1)

_RESERVED: BindParameter[list[str]] = bindparam(
    "reserved", sorted(RESERVED_EVENT_TYPES), expanding=True
)

_QUEUE = text("""
    SELECT queue.pending, queue.held_up,
        (
            SELECT received_at FROM event
            WHERE (project_id, id) = (:project_id, queue.oldest)
        ) AS oldest_at,
        (SELECT count(*) FROM failed_job WHERE project_id = :project_id) AS failed
    FROM (
        SELECT count(*) FILTER (WHERE s.lead_id IS NULL) AS pending,
            count(*) FILTER (WHERE s.lead_id IS NOT NULL) AS held_up,
            min(p.event_id) FILTER (WHERE s.lead_id IS NULL) AS oldest
        FROM pending AS p
        LEFT JOIN set_aside AS s USING (project_id, lead_id)
        WHERE p.project_id = :project_id
    ) AS queue
""")

_THROUGHPUT = text(f"""
    SELECT date_trunc('minute', recorded_at) AS minute,
        count(DISTINCT event_id) FILTER (WHERE NOT CASE
            WHEN newest.is_by_event THEN false
            ELSE EXISTS (
                SELECT FROM event
                WHERE (event.project_id, event.id) = (:project_id, newest.event_id)
                    AND event.type IN :reserved
            )
        END) AS events,
        count(*) AS entries, min(recorded_at) AS first_at,
        max(recorded_at) AS last_at
    FROM (
        SELECT event_id, recorded_at,
            rule_id IS NOT NULL AND reason NOT IN ('fit_gained', 'fit_lost')
                AS is_by_event
        FROM score_entry
        WHERE project_id = :project_id AND {FIRST}
        ORDER BY event_id DESC LIMIT :limit
    ) AS newest
    GROUP BY minute ORDER BY minute
""").bindparams(_RESERVED)  # noqa: S608  (no input: the reasons are constants)

_ARRIVALS = text("""
    SELECT date_trunc('minute', received_at) AS minute,
        count(*) FILTER (WHERE type NOT IN :reserved) AS events,
        count(*) AS entries, min(received_at) AS first_at,
        max(received_at) AS last_at
    FROM (
        SELECT type, received_at FROM event
        WHERE project_id = :project_id
        ORDER BY id DESC LIMIT :limit
    ) AS newest
    GROUP BY minute ORDER BY minute
""").bindparams(_RESERVED)


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """What of a project is still to be scored."""

    pending: int
    """Events that wait for their turn."""
    oldest_pending_at: datetime | None
    """When the one that came first of these arrived."""
    failed_leads: int
    """Leads whose scoring failed."""
    failed_events: int
    """Events that wait because their lead is set aside."""


@dataclass(frozen=True, slots=True)
class Minute:
    """How many events came, or were scored, in a minute."""

    begins_at: datetime
    events: int


@dataclass(frozen=True, slots=True)
class Throughput:
    """How many events came to a project, or were scored, lately."""

    since: datetime
    """How far back this looks: an hour, or less where there was more than is read."""
    events: int
    per_minute: float
    minutes: tuple[Minute, ...]
    """Every minute since then, the oldest first; the first and last are parts."""
    last_at: datetime | None
    """When the newest of all came, or was scored, however long ago."""


async def read_queue_health(session: AsyncSession, actor: Actor) -> QueueHealth:
    """Return what of the actor's project is still to be scored.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
    """
    row = (await session.execute(_QUEUE, {"project_id": actor.project_id})).one()
    return QueueHealth(
        pending=row.pending,
        oldest_pending_at=row.oldest_at,
        failed_leads=row.failed,
        failed_events=row.held_up,
    )


async def read_throughput(
    session: AsyncSession, actor: Actor, *, now: datetime
) -> Throughput:
    """Return how many events of the actor's project were scored in the last hour.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        now: The end of the hour.
    """
    return await _count(session, actor, _THROUGHPUT, now)


async def read_arrivals(
    session: AsyncSession, actor: Actor, *, now: datetime
) -> Throughput:
    """Return how many events came to the actor's project in the last hour.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        now: The end of the hour.
    """
    return await _count(session, actor, _ARRIVALS, now)


async def _count(
    session: AsyncSession, actor: Actor, statement: TextClause, now: datetime
) -> Throughput:
    found = await session.execute(
        statement, {"project_id": actor.project_id, "limit": ENTRIES_COUNTED}
    )
    rows = found.all()
    since = now - WINDOW
    if rows and sum(row.entries for row in rows) == ENTRIES_COUNTED:
        since = max(since, rows[0].first_at)
    first = since.replace(second=0, microsecond=0)
    counted = {row.minute: row.events for row in rows if row.minute >= first}
    span = (now - first) // _MINUTE + 1
    minutes = tuple(
        Minute(begins_at, counted.get(begins_at, 0))
        for begins_at in (first + number * _MINUTE for number in range(span))
    )
    events = sum(minute.events for minute in minutes)
    return Throughput(
        since=since,
        events=events,
        per_minute=events / max((now - since) / _MINUTE, 1),
        minutes=minutes,
        last_at=max((row.last_at for row in rows), default=None),
    )
