"""Leads as CSV, written out a chunk at a time."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pandas as pd

from leadpulse_app.domain.csv import spreadsheet_safe
from leadpulse_app.services.leads import LeadRecord

HEADER = ("Name", "Email", "Company", "Score", "Stage", "Created At")


async def csv_of(chunks: AsyncIterator[Sequence[LeadRecord]]) -> AsyncIterator[str]:
    """Yield the header, then the rows of each chunk (RFC 4180)."""
    yield ",".join(HEADER) + "\r\n"
    async for chunk in chunks:
        frame = pd.DataFrame(map(_row, chunk), columns=HEADER)
        yield frame.to_csv(header=False, index=False, lineterminator="\r\n")


def _row(lead: LeadRecord) -> tuple[str, str, str, int, str, str]:
    return (
        spreadsheet_safe(lead.name),
        spreadsheet_safe(lead.email),
        spreadsheet_safe(lead.company),
        lead.score,
        lead.stage,
        _rfc3339(lead.created_at),
    )


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
