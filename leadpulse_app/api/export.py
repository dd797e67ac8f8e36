"""Leads as CSV (RFC 4180), written out a chunk at a time."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime

import pandas as pd
from fastapi.responses import StreamingResponse
from starlette.types import Message, Send

from leadpulse_app.domain.csv import spreadsheet_safe
from leadpulse_app.services.leads import LeadRecord

COLUMNS = ("Name", "Email", "Company", "Score", "Stage", "Created At")

HEADER_LINE = ",".join(COLUMNS) + "\r\n"


def csv_lines(leads: Sequence[LeadRecord]) -> str:
    """Return a line for each lead, quoted where needed and safe in a spreadsheet."""
    frame = pd.DataFrame(map(_row, leads), columns=COLUMNS)
    lines: str = frame.to_csv(header=False, index=False, lineterminator="\r\n")
    return lines


READER_PATIENCE_SECONDS = 20.0
"""How long a reader may take nothing before its download is given up."""


class CsvDownload(StreamingResponse):
    """A CSV file, whose source is closed when its reader leaves halfway."""

    media_type = "text/csv"

    def __init__(self, lines: AsyncGenerator[str, None], *, filename: str) -> None:
        self._lines = lines
        disposition = f'attachment; filename="{filename}"'
        super().__init__(lines, headers={"Content-Disposition": disposition})

    async def stream_response(self, send: Send) -> None:
        """Send the file; what it is read from is let go in any case."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(READER_PATIENCE_SECONDS):
                await send(message)

        async with aclosing(self._lines):
            await super().stream_response(send_in_time)


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
