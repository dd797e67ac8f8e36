"""Files that people upload: of events, and of leads."""

from leadpulse_app.domain.uploads.events import EventReader
from leadpulse_app.domain.uploads.leads import (
    MAX_LEADS,
    LeadColumn,
    LeadFile,
    Meaning,
    open_leads,
)
from leadpulse_app.domain.uploads.records import Record, read_records
from leadpulse_app.domain.uploads.table import Problem, Row

__all__ = [
    "MAX_LEADS",
    "EventReader",
    "LeadColumn",
    "LeadFile",
    "Meaning",
    "Problem",
    "Record",
    "Row",
    "open_leads",
    "read_records",
]
