"""Taking events in: whose they are, and storing them before they are acknowledged."""

from leadpulse_app.services.ingest.commit import GroupCommit, IngestStatus
from leadpulse_app.services.ingest.keys import WriteKeys

__all__ = ["GroupCommit", "IngestStatus", "WriteKeys"]
