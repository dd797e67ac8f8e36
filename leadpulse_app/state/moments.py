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
        exact=f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S} {local:%Z}",
        iso=when.astimezone(UTC).isoformat(timespec="seconds"),
    )


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
