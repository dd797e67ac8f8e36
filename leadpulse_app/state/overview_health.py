"""Whether the parts of the product work, in a line of the overview."""

from dataclasses import dataclass
from datetime import datetime

from leadpulse_app.services.health import Health
from leadpulse_app.services.queue_health import QueueHealth
from leadpulse_app.state import words


@dataclass(frozen=True)
class HealthPart:
    """A part, what is to say of it, and whether that is well."""

    name: str
    word: str
    is_well: bool


def health_of(health: Health, queue: QueueHealth, now: datetime) -> list[HealthPart]:
    """Return the parts in the order in which they matter."""
    return [
        _part("Postgres", is_well=health.postgres),
        _part("Redis", is_well=health.redis),
        _part("Worker", is_well=health.worker, well="running", ill="stopped"),
        _queue(queue, now),
    ]


def _part(
    name: str, *, is_well: bool, well: str = "answers", ill: str = "away"
) -> HealthPart:
    return HealthPart(name, well if is_well else ill, is_well)


def _queue(queue: QueueHealth, now: datetime) -> HealthPart:
    if queue.failed_leads:
        failed = words.count(queue.failed_leads, "lead")
        return HealthPart("Queue", f"scoring failed for {failed}", is_well=False)
    if queue.oldest_pending_at is None:
        return HealthPart("Queue", "empty", is_well=True)
    waited = max(now - queue.oldest_pending_at, now - now)
    return HealthPart(
        "Queue",
        f"{words.count(queue.pending, 'event')} waiting, "
        f"the oldest for {words.duration(waited)}",
        is_well=waited.total_seconds() < SLOW_SECONDS,
    )


SLOW_SECONDS = 60
"""How long an event may wait to be scored before that is not well."""
