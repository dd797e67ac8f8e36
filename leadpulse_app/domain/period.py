"""The periods that figures are told of, cut where people's clocks cut them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from leadpulse_app.domain.errors import InvalidInputError

_HOUR = timedelta(hours=1)


class Range(StrEnum):
    """How far back figures look."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"


@dataclass(frozen=True, slots=True)
class _Cut:
    days: int
    """How long the period is, today among them."""
    slices_a_day: int
    slices_a_bar: int
    slices_a_point: int


_CUTS = {
    Range.WEEK: _Cut(days=7, slices_a_day=4, slices_a_bar=4, slices_a_point=1),
    Range.MONTH: _Cut(days=30, slices_a_day=1, slices_a_bar=1, slices_a_point=1),
    Range.QUARTER: _Cut(days=90, slices_a_day=1, slices_a_bar=1, slices_a_point=3),
}
_DAY_CUT = _Cut(days=1, slices_a_day=24, slices_a_bar=1, slices_a_point=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A period up to now, in slices, and the one of the same length before it.

    Days begin at midnight of the project. The last slice is still running, so the
    period before ends at the same time of day, as many days ago.
    """

    range: Range
    begins: tuple[datetime, ...]
    """When each slice begins, in UTC, the oldest first."""
    ends_at: datetime
    previous_begins_at: datetime
    previous_ends_at: datetime
    slices_a_bar: int
    """Slices to a bar of a chart: an hour, or a day."""
    slices_a_point: int
    """Slices to a point of a sparkline, of which there are 24 to 30."""

    @property
    def begins_at(self) -> datetime:
        """When the period begins."""
        return self.begins[0]

    @property
    def ends(self) -> tuple[datetime, ...]:
        """When each slice ends; the last one has come as far as now."""
        return (*self.begins[1:], self.ends_at)

    @property
    def bars(self) -> tuple[datetime, ...]:
        """When each bar of a chart begins."""
        return self.begins[:: self.slices_a_bar]


def parse_range(text: str) -> Range:
    """Return the range of this name.

    Raises:
        InvalidInputError: There is no such range.
    """
    try:
        return Range(text)
    except ValueError:
        message = f"The range has to be one of {', '.join(Range)}"
        raise InvalidInputError(message, details={"range": message}) from None


def period_of(wanted: Range, *, now: datetime, zone: tzinfo) -> Period:
    """Return the period that ends now.

    Args:
        wanted: How long it is.
        now: Its end.
        zone: The time zone of the project, whose hours and days cut it.
    """
    local = now.astimezone(zone)
    if wanted is Range.DAY:
        cut = _DAY_CUT
        this_hour = local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
        begins = tuple(this_hour - number * _HOUR for number in reversed(range(24)))
        shift = timedelta(days=1)
        previous = begins[0] - shift, now - shift
    else:
        cut = _CUTS[wanted]
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        first = midnight - timedelta(days=cut.days - 1)
        step = timedelta(days=1) / cut.slices_a_day
        slices = cut.days * cut.slices_a_day
        # Added to the wall clock, so that a day of 23 or 25 hours is one day.
        cuts = ((first + number * step).astimezone(UTC) for number in range(slices))
        begins = tuple(begin for begin in cuts if begin < now) or (now,)
        shift = timedelta(days=cut.days)
        previous = (
            (first - shift).astimezone(UTC),
            (local - shift).astimezone(UTC),
        )
    return Period(
        range=wanted,
        begins=begins,
        ends_at=now,
        previous_begins_at=previous[0],
        previous_ends_at=min(previous[1], begins[0]),
        slices_a_bar=cut.slices_a_bar,
        slices_a_point=cut.slices_a_point,
    )


def in_groups(counts: Sequence[int], size: int) -> tuple[int, ...]:
    """Return the sums of each so many neighbours; the last may be of fewer."""
    return tuple(
        sum(counts[start : start + size]) for start in range(0, len(counts), size)
    )


def change_in_percent(now: float, before: float) -> int | None:
    """Return by how much a figure changed, in whole percent; of nothing it is None."""
    return round(100 * (now - before) / before) if before else None
