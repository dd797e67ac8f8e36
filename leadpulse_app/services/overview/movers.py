"""Which leads of a project moved lately: heating up, newly qualified, going cold.

Each list looks through so many of the newest rows of an index at most, so that it
takes the same few milliseconds however much there is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.reserved import RESERVED_EVENT_TYPES
from leadpulse_app.domain.stage import Stage
from leadpulse_app.models.ledger import FIRST
from leadpulse_app.services.actors import Actor

LISTED = 5

HEATING_WINDOW = timedelta(hours=24)

SILENT_AFTER = timedelta(days=7)
"""A hot or qualified lead that did nothing for so long goes cold."""

DROPPED_WITHIN = timedelta(days=7)
"""How long a lead that fell into a lower stage is told of."""

ENTRIES_READ = 20_000
"""Of how many of the newest ledger entries the points are added up."""

CHANGES_READ = 500
"""Through how many of the newest changes into a stage a list looks."""

SILENT_READ = 5_000
"""Through how many of the leads that fell silent last it looks for hot ones."""

_LABEL = "coalesce({0}.name, {0}.email, {0}.user_id, {0}.anonymous_id, {0}.id::text)"

_HEATING = text(f"""
    WITH newest AS MATERIALIZED (
        SELECT event_id, lead_id, delta FROM score_entry
        WHERE project_id = :project_id AND {FIRST}
        ORDER BY event_id DESC, rule_id DESC LIMIT :entries
    ), earned AS MATERIALIZED (
        SELECT newest.lead_id, sum(newest.delta) AS points
        FROM newest
        CROSS JOIN LATERAL (
            SELECT FROM event
            WHERE (project_id, id) = (:project_id, newest.event_id)
                AND occurred_at > :since AND type NOT IN :reserved
            LIMIT 1
        ) AS recent
        WHERE newest.delta <> 0
        GROUP BY newest.lead_id
    ), counted AS MATERIALIZED (
        SELECT origin.root_id, sum(earned.points) AS points
        FROM earned
        CROSS JOIN LATERAL (
            SELECT coalesce(root_id, id) AS root_id FROM lead
            WHERE (project_id, id) = (:project_id, earned.lead_id) LIMIT 1
        ) AS origin
        GROUP BY origin.root_id HAVING sum(earned.points) > 0
        ORDER BY points DESC, origin.root_id LIMIT :listed
    )
    SELECT lead.id, {_LABEL.format("lead")} AS label, lead.company, lead.score,
        lead.stage, counted.points
    FROM counted
    CROSS JOIN LATERAL (
        SELECT * FROM lead
        WHERE (project_id, id) = (:project_id, counted.root_id) LIMIT 1
    ) AS lead
    ORDER BY counted.points DESC, lead.id
""").bindparams(  # noqa: S608  (no input: the reasons are constants)
    bindparam("reserved", sorted(RESERVED_EVENT_TYPES), expanding=True)
)

_QUALIFIED = text(f"""
    WITH newest AS MATERIALIZED (
        SELECT lead_id, changed_at FROM stage_change
        WHERE project_id = :project_id AND new_stage = 'qualified'
        ORDER BY changed_at DESC LIMIT :changes
    ), latest AS MATERIALIZED (
        SELECT lead_id, max(changed_at) AS changed_at FROM newest GROUP BY lead_id
    )
    SELECT lead.id, {_LABEL.format("lead")} AS label, lead.company, lead.score,
        lead.stage, latest.changed_at
    FROM latest
    CROSS JOIN LATERAL (
        SELECT * FROM lead
        WHERE (project_id, id) = (:project_id, latest.lead_id)
            AND root_id IS NULL AND stage = 'qualified'
        LIMIT 1
    ) AS lead
    ORDER BY latest.changed_at DESC, lead.id LIMIT :listed
""")  # noqa: S608  (as above)

_DROPPED = text(f"""
    WITH newest AS MATERIALIZED (
        SELECT change.* FROM unnest(ARRAY['cold', 'warm', 'hot']) AS stage (name)
        CROSS JOIN LATERAL (
            SELECT lead_id, old_stage, changed_at FROM stage_change
            WHERE project_id = :project_id AND new_stage = stage.name
                AND changed_at > :since
            ORDER BY changed_at DESC LIMIT :changes
        ) AS change
    ), latest AS MATERIALIZED (
        SELECT DISTINCT ON (lead_id) * FROM newest
        ORDER BY lead_id, changed_at DESC
    )
    SELECT lead.id, {_LABEL.format("lead")} AS label, lead.company, lead.score,
        lead.stage, latest.old_stage, latest.changed_at
    FROM latest
    CROSS JOIN LATERAL (
        SELECT * FROM lead
        WHERE (project_id, id) = (:project_id, latest.lead_id) AND root_id IS NULL
            AND array_position(CAST(:stages AS text[]), stage)
                < array_position(CAST(:stages AS text[]), latest.old_stage)
        LIMIT 1
    ) AS lead
    ORDER BY latest.changed_at DESC, lead.id LIMIT :listed
""")  # noqa: S608  (as above)

_SILENT = text(f"""
    WITH silent AS MATERIALIZED (
        SELECT * FROM lead
        WHERE project_id = :project_id AND root_id IS NULL AND last_event_at < :since
        ORDER BY last_event_at DESC NULLS LAST, id LIMIT :read
    ), shown AS MATERIALIZED (
        SELECT * FROM silent WHERE stage IN ('hot', 'qualified')
        ORDER BY last_event_at DESC, id LIMIT :listed
    )
    SELECT shown.id, {_LABEL.format("shown")} AS label, shown.company, shown.score,
        shown.stage, coalesce(acted.occurred_at, shown.last_event_at) AS seen_at
    FROM shown
    CROSS JOIN LATERAL (
        SELECT max(latest.occurred_at) AS occurred_at
        FROM (
            SELECT shown.id
            UNION ALL
            SELECT id FROM lead WHERE (project_id, root_id) = (:project_id, shown.id)
        ) AS one (id)
        CROSS JOIN LATERAL (
            SELECT occurred_at FROM event
            WHERE (project_id, lead_id) = (:project_id, one.id)
                AND type NOT IN :reserved
            ORDER BY occurred_at DESC LIMIT 1
        ) AS latest
    ) AS acted
    ORDER BY seen_at DESC, shown.id
""").bindparams(  # noqa: S608  (as above)
    bindparam("reserved", sorted(RESERVED_EVENT_TYPES), expanding=True)
)


@dataclass(frozen=True, slots=True)
class Mover:
    """A lead that moved, as it is now."""

    id: UUID
    label: str
    """The best name of the lead."""
    company: str | None
    score: int
    stage: Stage


@dataclass(frozen=True, slots=True)
class Heating:
    """A lead that gains points."""

    lead: Mover
    points: int
    """What its events of the last 24 hours gave."""


@dataclass(frozen=True, slots=True)
class Qualified:
    """A lead that became qualified and still is."""

    lead: Mover
    qualified_at: datetime


@dataclass(frozen=True, slots=True)
class Cooling:
    """A lead that fell into a lower stage, or is hot and silent."""

    lead: Mover
    dropped_from: Stage | None
    """The stage that it fell from; unknown where it is silent."""
    at: datetime
    """When it fell, or did something last."""


@dataclass(frozen=True, slots=True)
class Movers:
    """Who moved, the most striking first, five of each at most."""

    heating: tuple[Heating, ...]
    qualified: tuple[Qualified, ...]
    cooling: tuple[Cooling, ...]


async def read_movers(session: AsyncSession, actor: Actor, *, now: datetime) -> Movers:
    """Return which leads of the actor's project moved lately.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        now: From when they are looked back from.
    """
    return Movers(
        heating=await _list_heating(session, actor, now),
        qualified=await _list_qualified(session, actor),
        cooling=await _list_cooling(session, actor, now),
    )


async def _list_heating(
    session: AsyncSession, actor: Actor, now: datetime
) -> tuple[Heating, ...]:
    found = await session.execute(
        _HEATING,
        {
            "project_id": actor.project_id,
            "since": now - HEATING_WINDOW,
            "entries": ENTRIES_READ,
            "listed": LISTED,
        },
    )
    return tuple(Heating(_mover(*lead), int(points)) for *lead, points in found)


async def _list_qualified(session: AsyncSession, actor: Actor) -> tuple[Qualified, ...]:
    found = await session.execute(
        _QUALIFIED,
        {"project_id": actor.project_id, "changes": CHANGES_READ, "listed": LISTED},
    )
    return tuple(Qualified(_mover(*lead), moment) for *lead, moment in found)


async def _list_cooling(
    session: AsyncSession, actor: Actor, now: datetime
) -> tuple[Cooling, ...]:
    scope = {"project_id": actor.project_id, "listed": LISTED}
    dropped = await session.execute(
        _DROPPED,
        {
            **scope,
            "since": now - DROPPED_WITHIN,
            "changes": CHANGES_READ,
            "stages": list(Stage),
        },
    )
    cooling: dict[UUID, Cooling] = {}
    for *fields, old_stage, changed_at in dropped:
        lead = _mover(*fields)
        cooling[lead.id] = Cooling(lead, Stage(old_stage), changed_at)
    silent = await session.execute(
        _SILENT, {**scope, "since": now - SILENT_AFTER, "read": SILENT_READ}
    )
    for *fields, seen_at in silent:
        lead = _mover(*fields)
        cooling.setdefault(lead.id, Cooling(lead, None, seen_at))
    newest_first = sorted(cooling.values(), key=_cooled_at, reverse=True)
    return tuple(newest_first[:LISTED])


def _cooled_at(cooling: Cooling) -> datetime:
    return cooling.at if cooling.dropped_from else cooling.at + SILENT_AFTER


def _mover(
    lead_id: UUID, label: str, company: str | None, score: int, stage: str
) -> Mover:
    return Mover(lead_id, label, company, score, Stage(stage))
