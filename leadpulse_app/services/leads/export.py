"""All the leads of a list, for export."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.lead_filter import LeadFilter, LeadSort
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads.finding import among, find_candidates, walked
from leadpulse_app.services.leads.listing import EVERYTHING
from leadpulse_app.services.leads.plans import reading_in_order

_COLUMNS = ("name", "email", "company", "score", "stage", "created_at")


@dataclass(frozen=True, slots=True)
class LeadRecord:
    """A lead as it is exported."""

    name: str | None
    email: str | None
    company: str | None
    score: int
    stage: Stage
    created_at: datetime


async def stream_leads(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    wanted: LeadFilter = EVERYTHING,
    sort: LeadSort = LeadSort.SCORE,
    chunk: int = 1_000,
) -> AsyncIterator[Sequence[LeadRecord]]:
    """Yield all the leads that `list_leads` would page through, in the same order.

    They are read through a cursor of the database: one statement, so one snapshot
    of the project, of which no more than a chunk is in memory. A reader that takes
    longer than a minute over a chunk loses the transaction.

    Args:
        session: A transaction scoped to the actor's project, open until the end.
        actor: Who asks.
        now: The moment that silence is judged at.
        wanted: Which leads.
        sort: What comes first.
        chunk: How many leads are read at once.
    """
    await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '60s'"))
    async with reading_in_order(session):
        candidates = await find_candidates(session, actor, wanted, now)
        if candidates is not None and candidates.ids is not None:
            leads = among(
                actor, candidates.rest, sort, candidates.ids, now=now, columns=_COLUMNS
            )
        else:
            leads = walked(actor, wanted, sort, now=now, columns=_COLUMNS)
        rows = await session.stream(leads.execution_options(yield_per=chunk))
    async for partition in rows.partitions():
        yield [
            LeadRecord(name, email, company, score, Stage(stage), created_at)
            for name, email, company, score, stage, created_at in partition
        ]
