"""How a score went over time, in few enough points to draw, from lines of a ledger."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from leadpulse_app.domain.reason import CORRECTIONS, Reason

MAXIMUM_POINTS = 200
"""Points of a course: about one for every four pixels of the chart."""

_KEPT_OF_A_SPAN = 4
"""The first and last point of a span of time, its lowest and its highest."""


@dataclass(frozen=True, slots=True)
class CourseLine:
    """A line of a ledger, as far as a course takes note of it."""

    sequence: int
    event_id: int
    event_type: str
    rule_id: UUID | None
    ruleset_version: int
    delta: int
    new_score: int
    reason: Reason
    happened_at: datetime
    """When the event happened, or its points lapsed."""
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class CoursePoint:
    """What an event, a lapse or a correction made of a score."""

    at: datetime
    """Where it stands in time; it ascends from point to point."""
    recorded_at: datetime
    """When the ledger took it down: as of then the score was this."""
    event_type: str
    reason: Reason
    change: int
    score: int


def course_of(lines: Sequence[CourseLine]) -> tuple[CoursePoint, ...]:
    """Return a point for each event, lapse or correction, in order.

    A correction stands where it was made, but never after something later in the
    ledger that happened earlier, as where a history was loaded at once.

    Args:
        lines: Consecutive lines of one ledger, in order.
    """
    moments = _moments(lines)
    points = []
    number = 0
    for _, same in groupby(lines, key=_cause):
        group = tuple(same)
        number += len(group)
        last = group[-1]
        points.append(
            CoursePoint(
                at=moments[number - 1],
                recorded_at=last.recorded_at,
                event_type=last.event_type,
                reason=_telling(group),
                change=sum(line.delta for line in group),
                score=last.new_score,
            )
        )
    return tuple(points)


def _cause(line: CourseLine) -> tuple[object, ...]:
    """Return what the lines of one point have in common."""
    if line.reason in CORRECTIONS:
        return line.reason, line.recorded_at
    return line.event_id, line.reason is Reason.EXPIRED


def _telling(group: Sequence[CourseLine]) -> Reason:
    """Return why the points of a group were given; a cap says more than a rule."""
    return next(
        (line.reason for line in group if line.reason is Reason.CAPPED), group[0].reason
    )


def _moments(lines: Sequence[CourseLine]) -> list[datetime]:
    moments = []
    earliest_ahead: datetime | None = None
    for line in reversed(lines):
        if line.reason not in CORRECTIONS:
            moment = line.happened_at
            earliest_ahead = min(earliest_ahead or moment, moment)
        else:
            moment = min(earliest_ahead or line.recorded_at, line.recorded_at)
        moments.append(moment)
    moments.reverse()
    for number in range(1, len(moments)):
        moments[number] = max(moments[number], moments[number - 1])
    return moments


def sample_course(
    points: Sequence[CoursePoint], *, most: int = MAXIMUM_POINTS
) -> tuple[CoursePoint, ...]:
    """Return so many points at most that look like all: no peak or low is lost.

    The first and the last, the highest and the lowest are always among them.

    Args:
        points: A course, in order.
        most: How many points at most, 4 or more.
    """
    if len(points) <= most:
        return tuple(points)
    spans = most // _KEPT_OF_A_SPAN
    begin, end = points[0].at, points[-1].at
    length = (end - begin) / spans

    def span_of(point: CoursePoint) -> int:
        return min(int((point.at - begin) / length), spans - 1) if length else 0

    kept: list[CoursePoint] = []
    for _, same in groupby(points, key=span_of):
        kept.extend(_extremes(tuple(same)))
    return tuple(kept)


def _extremes(span: Sequence[CoursePoint]) -> Iterator[CoursePoint]:
    numbers = range(len(span))
    kept = {
        0,
        min(numbers, key=lambda number: span[number].score),
        max(numbers, key=lambda number: span[number].score),
        len(span) - 1,
    }
    return (span[number] for number in sorted(kept))
