"""The ingest routes, as a bare ASGI callable: every request of a busy site passes here.

Any page on any site may post to them. They answer after the events are durable.
"""

from leadpulse_app.api.ingest.app import IngestApp
from leadpulse_app.api.ingest.intake import MAX_EVENT_BYTES
from leadpulse_app.api.ingest.routes import EVENT_PATH, is_ingest_path

__all__ = ["EVENT_PATH", "MAX_EVENT_BYTES", "IngestApp", "is_ingest_path"]
