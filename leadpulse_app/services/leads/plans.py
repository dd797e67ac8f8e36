"""Has Postgres read lists of leads from the indexes that were made for them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

_SETTINGS = {
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
    "enable_incremental_sort": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
"""Against what begins by reading all of a project, to give the first fifty, and what
takes longer to begin than they do. A scope counts twice in what Postgres expects to
find, so it takes a project for a few rows."""

_CURRENT = text(
    "SELECT name, current_setting(name) FROM unnest(:names) AS name"
).bindparams(bindparam("names", list(_SETTINGS), type_=ARRAY(Text)))

_SET = text(
    "SELECT set_config(name, value, true)"
    " FROM unnest(:names, :values) AS given (name, value)"
).bindparams(
    bindparam("names", type_=ARRAY(Text)), bindparam("values", type_=ARRAY(Text))
)


@asynccontextmanager
async def reading_in_order(session: AsyncSession) -> AsyncIterator[None]:
    """Plan the statements of the block to walk along indexes, one lead at a time.

    Those that follow in the transaction are planned as they were before.
    """
    before: dict[str, str] = dict((await session.execute(_CURRENT)).all())
    await _set(session, _SETTINGS)
    yield
    await _set(session, before)


async def _set(session: AsyncSession, settings: Mapping[str, str]) -> None:
    await session.execute(
        _SET, {"names": list(settings), "values": list(settings.values())}
    )
