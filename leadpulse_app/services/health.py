"""Whether the parts of the product work, answered in little time whatever is away.

It opens its own transaction, under a deadline: with Postgres away there is nothing
that an entry point could hand over.
"""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import text

from leadpulse_app.broker import is_redis_ready
from leadpulse_app.database import transaction
from leadpulse_app.services.worker_presence import is_worker_running

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

_questions: set[asyncio.Task[Any]] = set()
"""What was asked and not answered yet; the event loop alone would not keep it."""

DEADLINE_SECONDS = 1.0
"""How long each part may take to answer before it counts as away."""

PENDING_LIMIT = 10_000
"""Where counting stops; it skips from lead to lead, some 20 microseconds each."""

_PENDING_LEADS = text("""
    WITH RECURSIVE waiting AS (
        (SELECT project_id, lead_id FROM pending ORDER BY project_id, lead_id LIMIT 1)
        UNION ALL
        SELECT following.project_id, following.lead_id
        FROM waiting, LATERAL (
            SELECT project_id, lead_id FROM pending
            WHERE (project_id, lead_id) > (waiting.project_id, waiting.lead_id)
            ORDER BY project_id, lead_id LIMIT 1
        ) AS following
    )
    SELECT count(*) FROM (SELECT FROM waiting LIMIT :limit) AS counted
""")


@dataclass(frozen=True, slots=True)
class Health:
    """What works at the moment."""

    postgres: bool
    redis: bool
    worker: bool
    pending: int | None
    """Leads that are still to be scored, counted up to 10,000; unknown without
    Postgres."""

    @property
    def is_well(self) -> bool:
        """Whether everything works."""
        return self.postgres and self.redis and self.worker


async def check_health() -> Health:
    """Ask every part at once; answers within about a second."""
    scoring, redis = await asyncio.gather(
        _unless_away(_ask_postgres()), _unless_away(is_redis_ready())
    )
    worker, pending = scoring or (False, None)
    return Health(
        postgres=scoring is not None, redis=bool(redis), worker=worker, pending=pending
    )


async def _ask_postgres() -> tuple[bool, int]:
    async with transaction() as session:
        worker = await is_worker_running(session)
        pending = await session.execute(_PENDING_LEADS, {"limit": PENDING_LIMIT})
        return worker, int(pending.scalar_one())


async def _unless_away(asking: Coroutine[object, object, Answer]) -> Answer | None:
    question = asyncio.create_task(asking)
    _questions.add(question)
    question.add_done_callback(_forget)
    # Not awaited to its end: a cancelled query waits seconds for a silent Postgres.
    answered, _ = await asyncio.wait({question}, timeout=DEADLINE_SECONDS)
    if not answered:
        question.cancel()
        return None
    return None if question.exception() else question.result()


def _forget(question: asyncio.Task[Any]) -> None:
    _questions.discard(question)
    if not question.cancelled() and (error := question.exception()):
        logger.debug("a part does not answer: %s", error)
