"""Files of events that people upload: their records, and the events these mean."""

from leadpulse_app.domain.uploads.events import EventReader
from leadpulse_app.domain.uploads.records import Problem, Record, read_records

__all__ = ["EventReader", "Problem", "Record", "read_records"]
