"""Finds leads by a filter: by its narrowest part where one is narrow, else in order.

Where a part of the filter holds for few leads, these are gathered and the rest of the
filter is asked of them. Where each part holds for many, the index of the order is
walked until a page is full. Either costs little; which of them would, only a look at
the rows tells, and that look is bounded too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    Row,
    Select,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.lead_filter import LeadFilter, LeadSort
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads.matching import (
    LEAD,
    by_silence,
    conditions_beside_leads,
    conditions_on_leads,
    own_conditions_of_found,
    ways_to_find,
)
from leadpulse_app.services.leads.order import SORTED_BY, order_of, parts_after

MAXIMUM_COUNTED = 10_000
"""Of a search or filter: beyond, "more" says as much."""

MAXIMUM_COUNTED_OF_STAGES = 100_000
"""Of a stage, or of all of them, which an index counts in a fifth of the time."""

NARROW = 20_000
"""As many leads are asked one by one in a tenth of a second. To walk takes less where
those asked for are spread evenly, and far more where they all come late."""

_LOOKED_AT = NARROW + 1
"""Rows of a part, to say whether it is narrow."""

_NARROW_ENOUGH = 500
"""No narrower part is looked for."""

_ASKED_TO_COUNT = 6_000
"""Questions of what stands beside leads, to say how many there are at least."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Leads that a part of a filter holds for."""

    ids: str | None
    """All of them as an array, if they are few."""
    leads: int
    """How many, up to a bound."""
    is_all: bool
    """Whether `leads` is all of them."""
    rest: LeadFilter
    """What is still to be asked of them."""
    is_whole_filter: bool
    """Whether the filter has no other part."""


async def find_candidates(
    session: AsyncSession, actor: Actor, wanted: LeadFilter, now: datetime
) -> Candidates | None:
    """Return the leads of the narrowest part of a filter; None where it has no part."""
    narrowest: Candidates | None = None
    ways = list(ways_to_find(actor.project_id, wanted, now))
    is_whole_filter = len(ways) == 1 and not wanted.unowned
    for way, rest in ways:
        gathered = way.limit(_LOOKED_AT).subquery()
        (lead_id,) = gathered.c
        distinct = func.count(lead_id.distinct())
        ids = cast(func.array_agg(lead_id.distinct()), Text)
        rows, leads, array = (
            await session.execute(
                select(func.count(), distinct, case((func.count() <= NARROW, ids)))
            )
        ).one()
        found = Candidates(
            array if rows else "{}", leads, rows < _LOOKED_AT, rest, is_whole_filter
        )
        if narrowest is None or (found.ids is not None, -found.leads) > (
            narrowest.ids is not None,
            -narrowest.leads,
        ):
            narrowest = found
        if found.ids is not None and found.leads <= _NARROW_ENOUGH:
            break
    return narrowest


async def find_among(
    session: AsyncSession,
    actor: Actor,
    wanted: LeadFilter,
    sort: LeadSort,
    ids: str,
    *,
    now: datetime,
    cursor: str | None,
    skip: int,
    limit: int,
) -> tuple[Sequence[Row[Any]], int]:
    """Return a page of the leads among some that a filter leaves, and how many."""
    matched = _matched(actor, wanted, ids, now)
    total = select(func.count()).select_from(matched).scalar_subquery()
    page: Select[Any] = (
        select(*(matched.c[name] for name in SORTED_BY), total.label("total"))
        .order_by(*order_of(sort, matched.c))
        .offset(skip)
        .limit(limit)
    )
    if cursor is not None:
        page = page.where(or_(*parts_after(cursor, sort, matched.c)))
    rows = (await session.execute(page)).all()
    if rows:
        return rows, int(rows[0].total)
    counted = await session.scalar(select(func.count()).select_from(matched))
    return rows, counted or 0


async def walk(
    session: AsyncSession,
    actor: Actor,
    wanted: LeadFilter,
    sort: LeadSort,
    *,
    now: datetime,
    cursor: str | None,
    skip: int,
    limit: int,
) -> Sequence[Row[Any]]:
    """Return a page of the leads that a filter leaves, read in their order."""
    page = walked(actor, wanted, sort, now=now)
    if cursor is not None:
        parts = parts_after(cursor, sort, LEAD.c)
    elif sort == LeadSort.LAST_SEEN and wanted.risk is not None and not skip:
        parts = by_silence(wanted.risk, now)
    else:
        found = await session.execute(page.offset(skip).limit(limit))
        return list(found.all())
    rows: list[Row[Any]] = []
    for part in parts:
        missing = limit - len(rows)
        rows += (await session.execute(page.where(part).limit(missing))).all()
        if len(rows) == limit:
            break
    return rows


def walked(
    actor: Actor,
    wanted: LeadFilter,
    sort: LeadSort,
    *,
    now: datetime,
    columns: Sequence[str] = SORTED_BY,
) -> Select[Any]:
    """Return the selection of all that a filter leaves, in order, along its index."""
    return (
        select(*(LEAD.c[name] for name in columns))
        .where(
            *conditions_on_leads(actor.project_id, wanted, now),
            *conditions_beside_leads(actor.project_id, wanted, LEAD.c.id),
        )
        .order_by(*order_of(sort, LEAD.c))
    )


async def count_walking(
    session: AsyncSession, actor: Actor, wanted: LeadFilter, *, now: datetime
) -> tuple[int, bool]:
    """Return how many leads a filter leaves at least, and whether that is all."""
    own = select(LEAD.c.id).where(*conditions_on_leads(actor.project_id, wanted, now))
    questions = len(conditions_beside_leads(actor.project_id, wanted, LEAD.c.id))
    if not questions:
        most = MAXIMUM_COUNTED
        if wanted.is_at_most_a_stage:
            most = MAXIMUM_COUNTED_OF_STAGES
        counted = own.limit(most + 1).subquery()
        found = await session.scalar(select(func.count()).select_from(counted)) or 0
        return min(found, most), found <= most
    most = _ASKED_TO_COUNT // questions
    looked_at = own.limit(most).subquery()
    beside = conditions_beside_leads(actor.project_id, wanted, looked_at.c.id)
    hit = case((and_(*beside), 1))
    seen, hits = (
        await session.execute(
            select(func.count(), func.count(hit)).select_from(looked_at)
        )
    ).one()
    return hits, seen < most


def among(
    actor: Actor,
    wanted: LeadFilter,
    sort: LeadSort,
    ids: str,
    *,
    now: datetime,
    columns: Sequence[str] = SORTED_BY,
) -> Select[Any]:
    """Return what `walked` does, for those among some leads."""
    matched = _matched(actor, wanted, ids, now, columns)
    return select(*(matched.c[name] for name in columns)).order_by(
        *order_of(sort, matched.c)
    )


def _matched(
    actor: Actor,
    wanted: LeadFilter,
    ids: str,
    now: datetime,
    columns: Sequence[str] = (),
) -> CTE:
    candidate = (
        func.unnest(cast(literal(ids, Text), ARRAY(Uuid)))
        .table_valued("id")
        .render_derived(name="candidate")
    )
    lead = (
        select(*(LEAD.c[name] for name in dict.fromkeys([*SORTED_BY, *columns])))
        .where(
            LEAD.c.id == candidate.c.id,
            *own_conditions_of_found(actor.project_id, wanted, now),
            *conditions_beside_leads(actor.project_id, wanted, LEAD.c.id),
        )
        .offset(0)  # OFFSET keeps it a look-up by id
        .lateral("found")
    )
    return select(*lead.c).select_from(candidate.join(lead, true())).cte("matched")
