"""What a project's figures are over a period, and were over the one before.

Every count reads a range of an index and no table, one range for each slice of the
period: of five million events that takes less than a second.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import median

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.period import Period, change_in_percent, in_groups
from leadpulse_app.domain.reserved import RESERVED_EVENT_TYPES
from leadpulse_app.services.actors import Actor

SHOWN_TYPES = 5
"""How many types of event are told apart; the others are one."""

MAXIMUM_TYPES = 1_000
"""How many types are counted, in alphabetical order; senders may make up more."""

TIMED_LEADS = 2_000
"""Of about how many qualified leads, evenly drawn, the median is taken."""

_SLICES = """
    unnest(CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]))
        WITH ORDINALITY AS slice (begins_at, ends_at, number)
"""

_EVENTS = text(f"""
    WITH RECURSIVE types AS (
        (SELECT type FROM event WHERE project_id = :project_id ORDER BY type LIMIT 1)
        UNION ALL
        SELECT following.type FROM types CROSS JOIN LATERAL (
            SELECT type FROM event
            WHERE project_id = :project_id AND type > types.type
            ORDER BY type LIMIT 1
        ) AS following
    )
    SELECT kind.type, slice.number - 1, counted.events
    FROM (SELECT type FROM types LIMIT :maximum) AS kind
    CROSS JOIN {_SLICES}
    CROSS JOIN LATERAL (
        SELECT count(*) AS events FROM event
        WHERE project_id = :project_id AND type = kind.type
            AND occurred_at >= slice.begins_at AND occurred_at < slice.ends_at
    ) AS counted
    WHERE kind.type NOT IN :reserved AND counted.events > 0
""").bindparams(  # noqa: S608  (no input: the slices are a constant)
    bindparam("reserved", sorted(RESERVED_EVENT_TYPES), expanding=True)
)

_NEW_LEADS = text(f"""
    SELECT slice.number - 1, counted.leads
    FROM {_SLICES}
    CROSS JOIN LATERAL (
        SELECT count(*) AS leads FROM lead
        WHERE project_id = :project_id AND root_id IS NULL
            AND created_at >= slice.begins_at AND created_at < slice.ends_at
    ) AS counted
    WHERE counted.leads > 0
""")  # noqa: S608  (as above)

_FIRST_QUALIFIED = """
    WITH merged AS MATERIALIZED (
        SELECT id, root_id FROM lead
        WHERE project_id = :project_id AND root_id IS NOT NULL
    ), qualified AS (
        SELECT coalesce(merged.root_id, change.lead_id) AS lead_id,
            min(change.changed_at) AS qualified_at
        FROM stage_change AS change
        LEFT JOIN merged ON merged.id = change.lead_id
        WHERE change.project_id = :project_id AND change.new_stage = 'qualified'
            AND change.changed_at >= :begins_at AND change.changed_at < :ends_at
        GROUP BY 1
    )
"""

_QUALIFIED = text(f"""
    {_FIRST_QUALIFIED}
    SELECT width_bucket(qualified_at, CAST(:begins AS timestamptz[])) AS number,
        count(*) AS leads
    FROM qualified GROUP BY 1
""")  # noqa: S608  (as above)

_TIMES = text(f"""
    {_FIRST_QUALIFIED}, drawn AS (
        SELECT lead_id, qualified_at FROM (
            SELECT *, row_number() OVER (ORDER BY qualified_at, lead_id) AS place,
                count(*) OVER () AS all_leads
            FROM qualified
        ) AS placed
        WHERE place % greatest(all_leads / :wanted, 1) = 0
    )
    SELECT drawn.qualified_at, drawn.qualified_at - seen.first_at AS taken
    FROM drawn
    CROSS JOIN LATERAL (
        SELECT min(least(one.created_at, (
            SELECT event.occurred_at FROM event
            WHERE (event.project_id, event.lead_id) = (:project_id, one.id)
            ORDER BY event.occurred_at LIMIT 1
        ))) AS first_at
        FROM (
            SELECT id, created_at FROM lead
            WHERE (project_id, id) = (:project_id, drawn.lead_id)
            UNION ALL
            SELECT id, created_at FROM lead
            WHERE (project_id, root_id) = (:project_id, drawn.lead_id)
        ) AS one
    ) AS seen
""")  # noqa: S608  (as above)


@dataclass(frozen=True, slots=True)
class Figure:
    """How many there were, in all and along the period, and before it."""

    value: int
    previous: int
    points: tuple[int, ...]
    """Of a sparkline, the oldest first."""

    @property
    def change(self) -> int | None:
        """By how much it changed, in percent; unknown where there was nothing."""
        return change_in_percent(self.value, self.previous)


@dataclass(frozen=True, slots=True)
class MedianTime:
    """How long half of the leads took at most, along the period and before it."""

    value: timedelta | None
    previous: timedelta | None
    points: tuple[timedelta | None, ...]
    """Of a sparkline, the oldest first; unknown where no lead came so far."""

    @property
    def change(self) -> int | None:
        """By how much it changed, in percent; unknown where there was nothing."""
        if self.value is None or self.previous is None:
            return None
        return change_in_percent(
            self.value.total_seconds(), self.previous.total_seconds()
        )


@dataclass(frozen=True, slots=True)
class TypeSeries:
    """How many events of a type there were in each bar of the period."""

    type: str | None
    """Unknown of the types that are not told apart."""
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """A project over a period, beside the period before."""

    period: Period
    new_leads: Figure
    qualified: Figure
    """Leads that became qualified, each counted once, when it first did."""
    events: Figure
    median_time: MedianTime
    """From when a lead was first seen until it was qualified."""
    by_type: tuple[TypeSeries, ...]
    """The most frequent types, then the others together where there are more."""


async def read_figures(
    session: AsyncSession, actor: Actor, *, period: Period
) -> Figures:
    """Return the figures of the actor's project.

    Reserved types are no events here. A lead that was merged away counts as the one
    that it is part of.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        period: What they are told of.
    """
    events, by_type = await _count_events(session, actor, period)
    return Figures(
        period=period,
        new_leads=await _count_new_leads(session, actor, period),
        qualified=await _count_qualified(session, actor, period),
        events=events,
        median_time=await _time_to_qualify(session, actor, period),
        by_type=by_type,
    )


async def _count_events(
    session: AsyncSession, actor: Actor, period: Period
) -> tuple[Figure, tuple[TypeSeries, ...]]:
    found = await session.execute(
        _EVENTS, {**_ranges(actor, period), "maximum": MAXIMUM_TYPES}
    )
    counted: dict[str, dict[int, int]] = {}
    for kind, number, events in found:
        counted.setdefault(kind, {})[number] = events
    everything: Counter[int] = Counter()
    for counts in counted.values():
        everything.update(counts)
    along = {kind: _slices(counts, period) for kind, counts in counted.items()}
    ranked = sorted(
        (kind for kind, slices in along.items() if any(slices)),
        key=lambda kind: (-sum(along[kind]), kind),
    )
    series = [TypeSeries(kind, _bars(along[kind], period)) for kind in ranked]
    others = [along[kind] for kind in ranked[SHOWN_TYPES:]]
    if others:
        together = [sum(slices) for slices in zip(*others, strict=True)]
        series[SHOWN_TYPES:] = [TypeSeries(None, _bars(together, period))]
    return _figure(everything, period), tuple(series)


async def _count_new_leads(
    session: AsyncSession, actor: Actor, period: Period
) -> Figure:
    found = await session.execute(_NEW_LEADS, _ranges(actor, period))
    return _figure(dict(found.all()), period)


async def _count_qualified(
    session: AsyncSession, actor: Actor, period: Period
) -> Figure:
    found = await session.execute(
        _QUALIFIED, {**_current(actor, period), "begins": list(period.begins)}
    )
    before = await session.execute(
        _QUALIFIED,
        {**_previous(actor, period), "begins": [period.previous_begins_at]},
    )
    counts: dict[int, int] = dict(found.all())
    counts[0] = sum(leads for _, leads in before)
    return _figure(counts, period)


async def _time_to_qualify(
    session: AsyncSession, actor: Actor, period: Period
) -> MedianTime:
    wanted = {"wanted": TIMED_LEADS}
    found = await session.execute(_TIMES, {**_current(actor, period), **wanted})
    before = await session.execute(_TIMES, {**_previous(actor, period), **wanted})
    rows = found.all()
    points = period.begins[:: period.slices_a_point]
    edges = pairwise((*points, period.ends_at))
    return MedianTime(
        value=_median(taken for _, taken in rows),
        previous=_median(taken for _, taken in before),
        points=tuple(
            _median(taken for moment, taken in rows if begins_at <= moment < ends_at)
            for begins_at, ends_at in edges
        ),
    )


def _median(times: Iterable[timedelta]) -> timedelta | None:
    # What was known before its first event arrived, as from a file, took no time.
    seconds = [max(taken.total_seconds(), 0.0) for taken in times]
    return timedelta(seconds=median(seconds)) if seconds else None


def _figure(counts: Mapping[int, int], period: Period) -> Figure:
    slices = _slices(counts, period)
    return Figure(
        value=sum(slices),
        previous=counts.get(0, 0),
        points=in_groups(slices, period.slices_a_point),
    )


def _slices(counts: Mapping[int, int], period: Period) -> list[int]:
    return [counts.get(number, 0) for number, _ in enumerate(period.begins, 1)]


def _bars(slices: Sequence[int], period: Period) -> tuple[int, ...]:
    return in_groups(slices, period.slices_a_bar)


def _ranges(actor: Actor, period: Period) -> dict[str, object]:
    """Return the period before as number 0, and the slices of this one from 1 on."""
    return {
        "project_id": actor.project_id,
        "begins": [period.previous_begins_at, *period.begins],
        "ends": [period.previous_ends_at, *period.ends],
    }


def _current(actor: Actor, period: Period) -> dict[str, object]:
    return {
        "project_id": actor.project_id,
        "begins_at": period.begins_at,
        "ends_at": period.ends_at,
    }


def _previous(actor: Actor, period: Period) -> dict[str, object]:
    return {
        "project_id": actor.project_id,
        "begins_at": period.previous_begins_at,
        "ends_at": period.previous_ends_at,
    }
