"""What rules gave week by week, or month by month, from lines of a ledger."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from uuid import UUID

from leadpulse_app.domain.reason import Reason
from leadpulse_app.domain.score_course import CourseLine

MAXIMUM_PERIODS = 12
"""How many weeks are told; a ledger that goes back further is told by month."""


class PeriodUnit(StrEnum):
    """How long a period is."""

    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class RuleGains:
    """What one rule gave, or people did where there is no rule."""

    rule_id: UUID | None
    ruleset_version: int
    """The newest that it gave them under."""
    gained: tuple[int, ...]
    """What the events of each period gave, with what was corrected since."""
    lapsed: int
    """What lapsed of all that it gave, 0 or less."""
    capped: int
    """How many events gave less because of a cap."""

    @property
    def total(self) -> int:
        """What is left of it."""
        return sum(self.gained) + self.lapsed


@dataclass(frozen=True, slots=True)
class Gains:
    """What each rule gave in each period, up to now."""

    unit: PeriodUnit
    starts: tuple[date, ...]
    """The first days of the periods, in order; weeks begin on Monday."""
    rules: tuple[RuleGains, ...]
    """The most points first."""


@dataclass(slots=True)
class _Tally:
    version: int = 0
    gained: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    lapsed: int = 0
    capped: int = 0


def gains_of(lines: Sequence[CourseLine], *, now: datetime, zone: tzinfo) -> Gains:
    """Return what rules gave in the periods up to now.

    By the week where the lines reach back no more than 12 weeks, else by the month
    for 12 months; what is older is left out.

    Args:
        lines: Lines of one ledger, in order.
        now: The last period is the one that this is in.
        zone: Where days begin.
    """
    today = now.astimezone(zone).date()
    given = [line for line in lines if line.delta or line.reason is Reason.CAPPED]
    days = [line.happened_at.astimezone(zone).date() for line in given]
    weeks = _periods(PeriodUnit.WEEK, today)
    is_long = bool(days) and min(days) < weeks[0]
    unit = PeriodUnit.MONTH if is_long else PeriodUnit.WEEK
    starts = _periods(unit, today)
    tallies: dict[UUID | None, _Tally] = defaultdict(_Tally)
    for line, day in zip(given, days, strict=True):
        start = _start(unit, day)
        if start < starts[0]:
            continue
        tally = tallies[line.rule_id]
        tally.version = max(tally.version, line.ruleset_version)
        tally.capped += line.reason is Reason.CAPPED
        if line.reason is Reason.EXPIRED:
            tally.lapsed += line.delta
        else:
            tally.gained[start] += line.delta
    rules = (
        RuleGains(
            rule_id=rule_id,
            ruleset_version=tally.version,
            gained=tuple(tally.gained[start] for start in starts),
            lapsed=tally.lapsed,
            capped=tally.capped,
        )
        for rule_id, tally in tallies.items()
    )
    return Gains(
        unit=unit,
        starts=starts,
        rules=tuple(sorted(rules, key=lambda each: (-each.total, str(each.rule_id)))),
    )


def _start(unit: PeriodUnit, day: date) -> date:
    if unit is PeriodUnit.MONTH:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday())


def _periods(unit: PeriodUnit, today: date) -> tuple[date, ...]:
    starts = [_start(unit, today)]
    while len(starts) < MAXIMUM_PERIODS:
        starts.append(_start(unit, starts[-1] - timedelta(days=1)))
    return tuple(reversed(starts))
