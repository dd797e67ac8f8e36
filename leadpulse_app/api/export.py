"""Leads as CSV (RFC 4180), written out a chunk at a time."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd

from leadpulse_app.domain.csv import spreadsheet_safe
from leadpulse_app.services.leads import LeadRecord

COLUMNS = ("Name", "Email", "Company", "Score", "Stage", "Created At")

HEADER_LINE = ",".join(COLUMNS) + "\r\n"


def csv_lines(leads: Sequence[LeadRecord]) -> str:
    """Return a line for each lead, quoted where needed and safe in a spreadsheet."""
    frame = pd.DataFrame(map(_row, leads), columns=COLUMNS)
    lines: str = frame.to_csv(header=False, index=False, lineterminator="\r\n")
    return lines


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
