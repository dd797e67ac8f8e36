"""The list of leads: searched, filtered, in order, a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.lead_filter import LeadFilter, LeadSort
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads.finding import (
    MAXIMUM_COUNTED,
    Candidates,
    count_walking,
    find_among,
    find_candidates,
    walk,
)
from leadpulse_app.services.leads.order import cursor_after
from leadpulse_app.services.leads.plans import reading_in_order
from leadpulse_app.services.leads.summary import LeadSummary, summarise

MAXIMUM_PAGE = 500
MAXIMUM_SKIP = 1_000_000

EVERYTHING = LeadFilter()


@dataclass(frozen=True, slots=True)
class LeadPage:
    """Some leads of a list, and how long the whole list is."""

    leads: tuple[LeadSummary, ...]
    total: int
    next_cursor: str | None
    total_is_exact: bool = True
    """Whether there are no more than `total`; of a broad filter there may be."""


async def list_leads(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    limit: int = 100,
    skip: int = 0,
    cursor: str | None = None,
    wanted: LeadFilter = EVERYTHING,
    sort: LeadSort = LeadSort.SCORE,
    stage_counts: Mapping[Stage, int] | None = None,
) -> LeadPage:
    """Return a page of the actor's leads.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        now: The moment that velocity, risk and silence are judged at.
        limit: How many leads at most, 1..500.
        skip: How many to leave out first, 0..1,000,000; without a cursor only.
        cursor: Where the last page ended; the same `sort` goes with it.
        wanted: Which leads.
        sort: What comes first.
        stage_counts: How many leads each stage has, where that is known already;
            a list of a stage, or of all leads, is counted by it.

    Raises:
        InvalidInputError: A value is out of range or the cursor is not ours.
    """
    if not 1 <= limit <= MAXIMUM_PAGE:
        raise _invalid("limit", f"The limit has to be within 1 and {MAXIMUM_PAGE}")
    if not 0 <= skip <= MAXIMUM_SKIP:
        raise _invalid("skip", f"Skip has to be within 0 and {MAXIMUM_SKIP:,}")
    if cursor is not None and skip:
        raise _invalid("skip", "Give either a cursor or a number to skip")
    if wanted.is_nobody:
        return LeadPage((), 0, None)
    async with reading_in_order(session):
        candidates = None
        if not (wanted.is_at_most_a_stage and sort == LeadSort.SCORE):
            candidates = await find_candidates(session, actor, wanted, now)
        if candidates is not None and candidates.ids is not None:
            rows, total = await find_among(
                session,
                actor,
                candidates.rest,
                sort,
                candidates.ids,
                now=now,
                cursor=cursor,
                skip=skip,
                limit=limit + 1,
            )
            is_exact = True
        else:
            rows = await walk(
                session,
                actor,
                wanted,
                sort,
                now=now,
                cursor=cursor,
                skip=skip,
                limit=limit + 1,
            )
            if wanted.is_at_most_a_stage and stage_counts is not None:
                total, is_exact = _total(stage_counts, wanted.stage), True
            else:
                total, is_exact = await _count(session, actor, wanted, candidates, now)
    shown = rows[:limit]
    return LeadPage(
        leads=await summarise(session, actor, [row.id for row in shown], now=now),
        total=total,
        next_cursor=cursor_after(shown[-1], sort) if len(rows) > limit else None,
        total_is_exact=is_exact,
    )


async def _count(
    session: AsyncSession,
    actor: Actor,
    wanted: LeadFilter,
    candidates: Candidates | None,
    now: datetime,
) -> tuple[int, bool]:
    if (
        candidates is not None
        and candidates.is_whole_filter
        and not wanted.is_at_most_a_stage
    ):
        is_exact = candidates.is_all and candidates.leads <= MAXIMUM_COUNTED
        return min(candidates.leads, MAXIMUM_COUNTED), is_exact
    return await count_walking(session, actor, wanted, now=now)


def _total(counts: Mapping[Stage, int], stage: Stage | None) -> int:
    return sum(counts.values()) if stage is None else counts.get(stage, 0)


def _invalid(field: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, details={field: message})
