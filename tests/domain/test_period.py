"""A period is cut by the clocks of the project, and compared with what is alike."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.period import (
    Range,
    change_in_percent,
    in_groups,
    parse_range,
    period_of,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)


def test_days_begin_at_midnight_of_the_project() -> None:
    period = period_of(Range.WEEK, now=NOW, zone=BERLIN)
    assert period.begins_at == datetime(2026, 2, 25, 23, tzinfo=UTC)
    assert [each.astimezone(BERLIN).hour for each in period.bars] == [0] * 7
    assert period.ends[-1] == NOW


def test_hours_are_whole_where_the_zone_is_half_an_hour_off() -> None:
    period = period_of(Range.DAY, now=NOW, zone=ZoneInfo("Asia/Kolkata"))
    assert len(period.begins) == 24
    assert period.begins[-1] == datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
    assert {each.minute for each in period.begins} == {30}


def test_the_period_before_ends_at_the_same_time_of_day() -> None:
    period = period_of(Range.WEEK, now=NOW, zone=BERLIN)
    assert period.previous_begins_at == datetime(2026, 2, 18, 23, tzinfo=UTC)
    assert period.previous_ends_at == NOW - timedelta(days=7)


def test_a_day_that_lost_an_hour_is_one_day() -> None:
    now = datetime(2026, 3, 30, 10, tzinfo=UTC)
    period = period_of(Range.WEEK, now=now, zone=BERLIN)
    days = {end - begin for begin, end in pairwise(period.bars)}
    assert days == {timedelta(hours=23), timedelta(hours=24)}
    assert [each.astimezone(BERLIN).hour for each in period.bars] == [0] * 7
    assert period.previous_ends_at == datetime(2026, 3, 23, 11, tzinfo=UTC)


@given(
    now=st.integers(0, 10 * 365 * 24 * 60).map(
        lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    wanted=st.sampled_from(Range),
    zone=st.sampled_from(
        ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "Africa/Cairo"]
    ),
)
def test_slices_follow_each_other_from_the_period_before_to_now(
    now: datetime, wanted: Range, zone: str
) -> None:
    period = period_of(wanted, now=now, zone=ZoneInfo(zone))
    assert list(period.begins) == sorted(set(period.begins))
    assert period.begins[-1] <= period.ends_at == now
    assert period.previous_begins_at < period.previous_ends_at <= period.begins_at
    points = -(-len(period.begins) // period.slices_a_point)
    assert points <= 30


def test_sums_of_neighbours_keep_the_rest() -> None:
    assert in_groups([1, 2, 3, 4, 5], 2) == (3, 7, 5)


def test_a_change_from_nothing_has_no_percentage() -> None:
    assert change_in_percent(3, 0) is None
    assert change_in_percent(3, 2) == 50
    assert change_in_percent(0, 2) == -100


def test_a_range_that_is_not_there_is_refused() -> None:
    assert parse_range("30d") is Range.MONTH
    with pytest.raises(InvalidInputError):
        parse_range("1y")
