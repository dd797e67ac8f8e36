"""What is taken in as an event, what is refused, and when it counts as happening."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import (
    EARLIEST_OCCURRENCE,
    IngestedEvent,
    occurrence_of,
    parse_native_event,
)
from leadpulse_app.domain.identity import Alias, AliasKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

ANY_TIME = st.datetimes(timezones=st.just(UTC))
RECENT = st.datetimes(datetime(2020, 1, 1), NOW.replace(tzinfo=None)).map(  # noqa: DTZ001
    lambda time: time.replace(tzinfo=UTC)
)
SPANS = st.timedeltas(timedelta(0), timedelta(days=365))


def parse(**fields: Any) -> IngestedEvent:
    payload = {"event": "page_view", "anonymousId": "anon_1", **fields}
    return parse_native_event(payload, received_at=NOW)


def refusal(**fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidInputError) as refused:
        parse(**fields)
    assert refused.value.details is not None
    return dict(refused.value.details)


@given(st.none() | ANY_TIME, st.none() | ANY_TIME, RECENT)
def test_no_event_happens_in_the_future_or_before_the_web(
    timestamp: datetime | None, sent_at: datetime | None, received_at: datetime
) -> None:
    occurred_at = occurrence_of(
        timestamp=timestamp, sent_at=sent_at, received_at=received_at
    )
    assert EARLIEST_OCCURRENCE <= occurred_at <= received_at


@given(SPANS, st.timedeltas(-timedelta(days=9_999), timedelta(days=9_999)))
def test_a_wrong_clock_does_not_matter_where_it_stamps_and_sends(
    age: timedelta, clock_error: timedelta
) -> None:
    sent_at = NOW + clock_error
    assert (
        occurrence_of(timestamp=sent_at - age, sent_at=sent_at, received_at=NOW)
        == NOW - age
    )


@given(SPANS)
def test_a_timestamp_alone_is_believed(age: timedelta) -> None:
    assert occurrence_of(timestamp=NOW - age, sent_at=None, received_at=NOW) == (
        NOW - age
    )


def test_a_clock_that_was_never_set_counts_as_now() -> None:
    event = parse(timestamp="1970-01-01T00:00:07Z")
    assert event.occurred_at == NOW
    assert event.timestamp == datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC)


def test_all_four_times_are_kept() -> None:
    event = parse(timestamp="2026-03-01T10:00:00Z", sentAt="2026-03-01T10:00:30Z")
    assert (event.timestamp, event.sent_at, event.received_at, event.occurred_at) == (
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        datetime(2026, 3, 1, 10, 0, 30, tzinfo=UTC),
        NOW,
        NOW - timedelta(seconds=30),
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-01T10:00:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01t10:00:00z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01 10:00:00+02:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        (
            "2026-03-01T10:00:00.123456789-05:30",
            datetime(2026, 3, 1, 15, 30, 0, 123456, tzinfo=UTC),
        ),
    ],
)
def test_a_time_is_read_as_utc(written: str, read: datetime) -> None:
    assert parse(timestamp=written).timestamp == read


@given(
    st.datetimes(
        datetime(1, 1, 2),  # noqa: DTZ001
        datetime(9999, 12, 30),  # noqa: DTZ001
        timezones=st.integers(-1_439, 1_439).map(
            lambda minutes: timezone(timedelta(minutes=minutes))
        ),
    )
)
def test_every_time_that_python_writes_is_read(time: datetime) -> None:
    assert parse(timestamp=time.isoformat()).timestamp == time


@pytest.mark.parametrize(
    "written",
    [
        "",
        "now",
        "1700000000",
        1_700_000_000,
        "2026-03-01",
        "2026-13-01T00:00:00Z",
        True,
    ],
)
def test_what_is_no_rfc_3339_time_is_refused(written: object) -> None:
    assert set(refusal(timestamp=written, sentAt=written)) == {"timestamp", "sentAt"}


@pytest.mark.parametrize("name", ["x", "X_9", "a" * 64])
def test_an_event_type_is_letters_digits_and_underscores(name: str) -> None:
    assert parse(event=name).type == name


@pytest.mark.parametrize(
    "name", ["", "a" * 65, "a b", "$fields", "page-view", "é", "x\n", "x\0", 7, None]
)
def test_other_event_types_are_refused_the_reserved_ones_too(name: object) -> None:
    assert set(refusal(event=name)) == {"event"}


@pytest.mark.parametrize("field", ["messageId", "anonymousId", "userId", "sessionId"])
@pytest.mark.parametrize("value", ["", "x" * 257, "a\0b", "a\ud800b", 42, {}])
def test_an_id_that_cannot_be_kept_is_refused_by_name(
    field: str, value: object
) -> None:
    assert set(refusal(**{field: value})) == {field}


def test_several_problems_are_named_at_once() -> None:
    assert set(refusal(event="", sessionId="", properties=[])) == {
        "event",
        "sessionId",
        "properties",
    }


def test_an_event_needs_somebody_it_is_about() -> None:
    assert set(refusal(anonymousId=None)) == {"anonymousId"}
    assert parse(anonymousId=None, userId="u").alias == Alias(AliasKind.USER, "u")
    assert parse().alias == Alias(AliasKind.ANONYMOUS, "anon_1")
    assert parse(userId="u").alias == Alias(AliasKind.USER, "u")


def test_a_message_id_is_kept_or_made() -> None:
    assert parse(messageId="m-1").message_id == "m-1"
    assert parse().message_id != parse().message_id
    assert parse(messageId=None).message_id


def test_properties_are_sanitised_and_may_be_missing() -> None:
    assert parse().properties == {}
    assert parse(properties=None).properties == {}
    assert parse(properties={"a": "x" * 1_001}).properties == {
        "a": "x" * 1_000,
        "$truncated": ["a"],
    }


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_text_that_postgres_cannot_store_is_refused_even_where_it_would_be_cut(
    text: str,
) -> None:
    assert set(refusal(properties={"a": {"b": [[[text]]]}})) == {"properties"}
    assert set(refusal(properties={text: 1})) == {"properties"}


def test_unknown_fields_are_ignored() -> None:
    assert parse(context={"ip": "::1"}).type == "page_view"
