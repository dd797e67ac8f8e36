"""Times read as people say them, in the zone of the project."""

from datetime import UTC, datetime, timedelta

import pytest

from leadpulse_app.state.moments import NEVER, ahead, moment_of, zone_of

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=-3), "just now"),
        (timedelta(seconds=4), "just now"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=11), "11 h ago"),
        (timedelta(hours=13), "yesterday 23:00"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=6), "6 days ago"),
        (timedelta(days=7), "17 Nov"),
        (timedelta(days=400), "20 Oct 2025"),
    ],
)
def test_a_time_is_relative_within_a_week(ago: timedelta, text: str) -> None:
    assert moment_of(NOW - ago, now=NOW, zone=UTC).text == text


def test_the_exact_time_is_in_the_zone_of_the_project_and_machines_read_utc() -> None:
    shown = moment_of(NOW, now=NOW, zone=zone_of("Asia/Tokyo"))
    assert shown.exact == "Tue 24 Nov 2026, 21:00:00 JST"
    assert shown.iso == "2026-11-24T12:00:00+00:00"


def test_yesterday_is_a_day_of_the_project_not_24_hours() -> None:
    shortly_before_midnight = datetime(2026, 11, 24, 14, 59, tzinfo=UTC)
    shown = moment_of(
        shortly_before_midnight,
        now=shortly_before_midnight + timedelta(hours=2),
        zone=zone_of("Asia/Tokyo"),
    )
    assert shown.text == "yesterday 23:59"


def test_an_unknown_time_is_never() -> None:
    assert moment_of(None, now=NOW, zone=UTC) == NEVER


@pytest.mark.parametrize(
    ("in_", "text"),
    [
        (timedelta(0), "today 21:00"),
        (timedelta(hours=2), "today 23:00"),
        (timedelta(hours=3), "on Wed 00:00"),
        (timedelta(days=6), "on Mon 21:00"),
        (timedelta(days=7), "on 1 Dec"),
        (timedelta(days=60), "on 23 Jan 2027"),
    ],
)
def test_a_time_to_come_is_a_day_of_the_project(in_: timedelta, text: str) -> None:
    assert ahead(NOW + in_, now=NOW, zone=zone_of("Asia/Tokyo")) == text
