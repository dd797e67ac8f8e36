"""What rules gave is told by week, or by month where a ledger reaches back further."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from leadpulse_app.domain.gains import MAXIMUM_PERIODS, PeriodUnit, gains_of
from leadpulse_app.domain.reason import Reason
from leadpulse_app.domain.score_course import CourseLine

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday


def line(
    *,
    ago: timedelta = timedelta(0),
    delta: int = 5,
    rule: int | None = 1,
    reason: Reason = Reason.SCORED,
) -> CourseLine:
    return CourseLine(
        sequence=1,
        event_id=1,
        event_type="visit",
        rule_id=None if rule is None else UUID(int=rule),
        ruleset_version=1,
        delta=delta,
        new_score=5,
        reason=reason,
        happened_at=NOW - ago,
        recorded_at=NOW,
    )


def test_weeks_begin_on_monday_in_the_projects_zone() -> None:
    monday = timedelta(days=2, hours=12, minutes=1)  # Sunday 23:59 UTC
    told = gains_of([line(ago=monday)], now=NOW, zone=UTC)
    assert told.unit is PeriodUnit.WEEK
    assert told.starts[-1] == date(2026, 3, 2)
    assert len(told.starts) == MAXIMUM_PERIODS
    assert told.rules[0].gained[-2:] == (5, 0)
    tokyo = gains_of([line(ago=monday)], now=NOW, zone=ZoneInfo("Asia/Tokyo"))
    assert tokyo.rules[0].gained[-2:] == (0, 5)


def test_what_reaches_back_further_is_told_by_month() -> None:
    told = gains_of([line(ago=timedelta(days=100)), line()], now=NOW, zone=UTC)
    assert told.unit is PeriodUnit.MONTH
    assert told.starts[0] == date(2025, 4, 1)
    # From 24 November on: the months up to March.
    assert told.rules[0].gained == (0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 5)


def test_what_is_older_than_that_is_left_out() -> None:
    told = gains_of([line(ago=timedelta(days=900)), line()], now=NOW, zone=UTC)
    assert told.rules[0].total == 5


def test_lapses_and_caps_are_told_apart_from_what_was_gained() -> None:
    told = gains_of(
        [
            line(),
            line(delta=-5, reason=Reason.EXPIRED),
            line(delta=0, reason=Reason.CAPPED),
            line(rule=2, delta=3),
            line(rule=None, delta=-2, reason=Reason.MANUAL),
            line(rule=None, delta=0),
        ],
        now=NOW,
        zone=UTC,
    )
    assert [(each.rule_id, each.total) for each in told.rules] == [
        (UUID(int=2), 3),
        (UUID(int=1), 0),
        (None, -2),
    ]
    first = told.rules[1]
    assert (first.gained[-1], first.lapsed, first.capped) == (5, -5, 1)


def test_of_nothing_there_are_no_gains() -> None:
    assert gains_of([], now=NOW, zone=UTC).rules == ()
