"""The worker and the queue that wakes it."""

from leadpulse_app.tasks.queue import enqueue_scoring_hint

__all__ = ["enqueue_scoring_hint"]
