"""Points in time as people read them: relative within a week, exact on hover."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Moment:
    """A time as it is shown, as it is on hover, and as machines read it."""

    text: str
    exact: str = ""
    iso: str = ""


NEVER = Moment("Never")


def zone_of(name: str) -> tzinfo:
    """Return the time zone of this IANA name.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: There is no such zone.
    """
    return UTC if name == "UTC" else ZoneInfo(name)


def moment_of(when: datetime | None, *, now: datetime, zone: tzinfo) -> Moment:
    """Return a time as it reads at another time.

    Args:
        when: The time to show; unknown reads as "Never".
        now: The time of reading.
        zone: The time zone of the project.
    """
    if when is None:
        return NEVER
    local = when.astimezone(zone)
    return Moment(
        text=_relative(local, now.astimezone(zone)),
        exact=exact_time(when, zone),
        iso=when.astimezone(UTC).isoformat(timespec="seconds"),
    )


def ahead(when: datetime, *, now: datetime, zone: tzinfo) -> str:
    """Return a time to come as it reads: the weekday within a week, else the day.

    Args:
        when: The time to show.
        now: The time of reading.
        zone: The time zone of the project.
    """
    local, today = when.astimezone(zone), now.astimezone(zone)
    days = (local.date() - today.date()).days
    if days < 1:
        return f"today {local:%H:%M}"
    if days < 7:
        return f"on {local:%a %H:%M}"
    year = f" {local.year}" if local.year != today.year else ""
    return f"on {local.day} {local:%b}{year}"


def exact_time(when: datetime, zone: tzinfo) -> str:
    """Return a time to the second, in the time zone of the project."""
    local = when.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S} {local:%Z}"


def _relative(local: datetime, now: datetime) -> str:
    ago = now - local
    if ago < timedelta(seconds=5):
        return "just now"
    if ago < timedelta(minutes=1):
        return f"{ago // timedelta(seconds=1)} s ago"
    if ago < timedelta(hours=1):
        return f"{ago // timedelta(minutes=1)} min ago"
    days = (now.date() - local.date()).days
    if days == 0:
        return f"{ago // timedelta(hours=1)} h ago"
    if days == 1:
        return f"yesterday {local:%H:%M}"
    if days < 7:
        return f"{days} days ago"
    if local.year == now.year:
        return f"{local.day} {local:%b}"
    return f"{local.day} {local:%b %Y}"
