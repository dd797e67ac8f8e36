"""Identifiers are unique, sort by time, and are of version 7."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.ids import uuid7

MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001  (Hypothesis adds the zone)
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(MOMENTS, st.integers(min_value=1, max_value=10**9))
def test_a_later_identifier_is_greater(moment: datetime, milliseconds: int) -> None:
    later = moment + timedelta(milliseconds=milliseconds)
    assert uuid7(moment) < uuid7(later)


@given(MOMENTS)
def test_an_identifier_says_its_version_and_its_time(moment: datetime) -> None:
    made = uuid7(moment)
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == int(moment.timestamp() * 1000)


def test_identifiers_of_one_moment_differ() -> None:
    now = datetime.now(UTC)
    assert len({uuid7(now) for _ in range(1_000)}) == 1_000
