"""Takes in a file of leads, or says beforehand what would become of it.

Each row is an input like an event and goes the same way: ingest finds the lead by a
name of it or makes one, scoring takes the further names and folds what the row says.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import IO
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.identity import Alias
from leadpulse_app.domain.uploads import (
    LeadColumn,
    LeadFile,
    Problem,
    Row,
    open_leads,
)
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.ingest import GroupCommit
from leadpulse_app.services.uploads import (
    CHUNK_RECORDS,
    MAX_PROBLEMS_TOLD,
    Entry,
    UploadResult,
    opened_text,
    store_entries,
)

SAMPLE_ROWS = 10

MAX_CELL_SHOWN = 200
"""Characters of a cell in the sample."""

_KNOWN = text("""
    SELECT count(*)
    FROM unnest(CAST(:kinds AS text[]), CAST(:names AS text[])) AS named (kind, value)
    WHERE EXISTS (
        SELECT FROM lead_alias AS a
        WHERE (a.project_id, a.kind, a.value) = (:project_id, named.kind, named.value)
        OFFSET 0
    )
""")


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What would become of a file of leads."""

    columns: Sequence[LeadColumn]
    rows: int
    """Those that can be taken."""
    new_leads: int
    known_leads: int
    """Those of the rows' leads that are there; the rows add to what they are known as.
    Both count by the name that decides which lead a row is of."""
    sample: Sequence[Sequence[str]]
    """The cells of the first rows, as many as there are columns."""
    rejected: int
    errors: Sequence[Problem]
    """Why, for the first of the rows that can't be taken."""


async def import_leads(
    group_commit: GroupCommit,
    project_id: UUID,
    file: IO[bytes],
    *,
    received_at: datetime,
) -> UploadResult:
    """Store what a file says of leads, and return once it is durable.

    Args:
        group_commit: Of this process.
        project_id: Whose leads they are.
        file: CSV in UTF-8, at its beginning.
        received_at: When it was uploaded, in UTC.

    Raises:
        InvalidInputError: The file is no text in UTF-8, is empty, or has a wrong
            header. Nothing of it was stored.
        UnavailableError: Its rows could not all be stored. The message says how far it
            came.
    """
    async with opened_text(file) as opened:
        leads = await asyncio.to_thread(open_leads, opened)
        entries = _entries(leads, received_at)
        return await store_entries(group_commit, project_id, entries, called="rows")


async def preview_import(
    session: AsyncSession, actor: Actor, file: IO[bytes], *, received_at: datetime
) -> ImportPreview:
    """Say what `import_leads` would do with a file, and do nothing.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        file: CSV in UTF-8, at its beginning.
        received_at: When it was uploaded, in UTC.

    Raises:
        InvalidInputError: As for `import_leads`.
    """
    async with opened_text(file) as opened:
        leads = await asyncio.to_thread(open_leads, opened)
        sample: list[Sequence[str]] = []
        entries = _entries(leads, received_at, sample)
        problems: list[Problem] = []
        named: set[Alias] = set()
        rows = rejected = known = 0
        while chunk := await asyncio.to_thread(list, islice(entries, CHUNK_RECORDS)):
            taken = [entry[1] for entry in chunk if not isinstance(entry, Problem)]
            found = [entry for entry in chunk if isinstance(entry, Problem)]
            problems += found[: MAX_PROBLEMS_TOLD - len(problems)]
            rows += len(taken)
            rejected += len(found)
            new = {event.alias for event in taken} - named
            named |= new
            known += await _count_known(session, actor, new)
    return ImportPreview(
        columns=leads.columns,
        rows=rows,
        new_leads=len(named) - known,
        known_leads=known,
        sample=sample,
        rejected=rejected,
        errors=problems,
    )


def _entries(
    leads: LeadFile, received_at: datetime, sample: list[Sequence[str]] | None = None
) -> Iterator[Entry | Problem]:
    """Yield what the rows mean, and keep the cells of the first ones in the sample."""
    for row in leads.rows:
        if isinstance(row, Problem):
            yield row
            continue
        if sample is not None and len(sample) < SAMPLE_ROWS:
            sample.append(_shown(row, len(leads.columns)))
        event = leads.read(row, received_at=received_at)
        yield event if isinstance(event, Problem) else (row.line, event)


def _shown(row: Row, columns: int) -> Sequence[str]:
    cells = [cell[:MAX_CELL_SHOWN] for cell in row.cells]
    return cells + [""] * (columns - len(cells))


async def _count_known(session: AsyncSession, actor: Actor, named: set[Alias]) -> int:
    known = await session.scalar(
        _KNOWN,
        {
            "project_id": actor.project_id,
            "kinds": [alias.kind.value for alias in named],
            "names": [alias.value for alias in named],
        },
    )
    return known or 0
