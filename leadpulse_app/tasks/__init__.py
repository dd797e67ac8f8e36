"""The worker and the queue that wakes it."""

from leadpulse_app.tasks.queue import announce_pending, enqueue_scoring_hint

__all__ = ["announce_pending", "enqueue_scoring_hint"]
