"""What the system page shows, in the words and shapes that it shows it in."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from leadpulse_app.services.failed_jobs import FailedJob
from leadpulse_app.services.health import Health
from leadpulse_app.services.queue_health import Throughput
from leadpulse_app.services.versions import Versions
from leadpulse_app.state import words
from leadpulse_app.state.lead_address import LEADS_PATH
from leadpulse_app.state.moments import Moment, moment_of


@dataclass(frozen=True)
class Part:
    """A part of the product and whether it works."""

    name: str
    works: bool
    said: str


@dataclass(frozen=True)
class FailedRow:
    """A lead whose scoring failed."""

    id: str
    lead: str
    href: str
    error: str
    attempts: str
    failed: Moment
    next_try: str
    events: str


@dataclass(frozen=True)
class DifferingRow:
    """A lead that is not as its events say; without an id, the whole project."""

    id: str
    name: str
    href: str
    messages: list[str]


@dataclass(frozen=True)
class RateFigure:
    """How fast events come, or are scored."""

    per_minute: str = ""
    said: str = ""
    bars: tuple[int, ...] = ()
    """The minutes of the last hour, in percent of the busiest."""


NO_RATE = RateFigure()


def parts_of(
    health: Health,
    versions: Versions,
    *,
    redis: str | None,
    workers: int,
    scored: str,
) -> list[Part]:
    """Return the parts that work or do not, in the order in which they matter.

    Args:
        health: What answers.
        versions: What the parts run on.
        redis: Name and version of what stands for Redis, where it tells.
        workers: How many workers run.
        scored: When something was scored last; empty where nothing ever was.
    """
    running = "No worker runs"
    if workers:
        running = "Running" if workers == 1 else f"{words.number(workers)} running"
    last = f"scored {scored}" if scored else ""
    return [
        Part("Worker", workers > 0, " · ".join(filter(None, (running, last)))),
        _part("Postgres", health.postgres, versions.postgres),
        _part("Redis", health.redis, redis or ""),
    ]


def _part(name: str, works: bool, version: str) -> Part:
    if not works:
        return Part(name, works, "Does not answer")
    return Part(name, works, " · ".join(filter(None, ("Answers", version))))


def versions_of(versions: Versions) -> list[tuple[str, str]]:
    """Return what has a version and no state, by name."""
    return [
        ("LeadPulse", versions.product),
        ("Python", versions.python),
        ("Rules in force", f"Version {words.number(versions.ruleset)}"),
    ]


def rate_figure(throughput: Throughput, now: datetime) -> RateFigure:
    """Return how fast events came, or were scored, as it reads now."""
    since = (now - throughput.since).total_seconds() / 60
    busiest = max((minute.events for minute in throughput.minutes), default=0)
    return RateFigure(
        per_minute=_rate(throughput.per_minute),
        said=f"{words.count(throughput.events, 'event')} in the last "
        f"{words.count(max(round(since), 1), 'minute')}",
        bars=tuple(
            words.percent(minute.events, busiest) for minute in throughput.minutes
        ),
    )


def _rate(per_minute: float) -> str:
    if 0 < per_minute < 10:
        return f"{per_minute:.1f}"
    return words.number(round(per_minute))


def failed_row(job: FailedJob, now: datetime, zone: tzinfo) -> FailedRow:
    """Return a lead whose scoring failed as it reads now."""
    if job.needs_person:
        next_try = "Waits for a person"
    elif job.retry_at is None or job.retry_at <= now:
        next_try = "Again now"
    else:
        next_try = f"Again at {job.retry_at.astimezone(zone):%H:%M:%S}"
    return FailedRow(
        id=str(job.lead_id),
        lead=job.lead_label,
        href=f"{LEADS_PATH}/{job.lead_id}",
        error=job.error,
        attempts=words.number(job.attempts),
        failed=moment_of(job.failed_at, now=now, zone=zone),
        next_try=next_try,
        events=words.number(job.events),
    )
