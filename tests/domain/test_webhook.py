import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.errors import InvalidInputError, InvalidSignatureError
from leadpulse_app.domain.event import IngestedEvent
from leadpulse_app.domain.identity import Alias, AliasKind
from leadpulse_app.domain.webhook import (
    check_signature,
    parse_webhook_event,
    signature_of,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHOLE = {
    "event_type": "demo_request",
    "lead_email": "Ada@Example.com",
    "lead_id": "crm-7",
    "timestamp": "2026-03-01T10:00:00+01:00",
    "metadata": {"plan": "team"},
}


def parse(
    body: bytes = b"{}", received_at: datetime = NOW, **fields: Any
) -> IngestedEvent:
    return parse_webhook_event({**fields}, body=body, received_at=received_at)


def test_every_field_has_its_place() -> None:
    event = parse(**WHOLE)
    assert event.type == "demo_request"
    assert event.alias == Alias(AliasKind.USER, "crm-7")
    assert event.traits == {"email": "ada@example.com"}
    assert event.properties == {"plan": "team"}
    assert event.timestamp == event.occurred_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert event.received_at == NOW


def test_without_an_id_the_email_says_who_it_is() -> None:
    event = parse(event_type="click", lead_email="Ada@Example.com")
    assert event.alias == Alias(AliasKind.EMAIL, "ada@example.com")


@pytest.mark.parametrize("name", ["deal.closed", "form-submitted", "Meeting Booked"])
def test_event_types_are_taken_as_other_systems_name_them(name: str) -> None:
    assert parse(event_type=name, lead_id=7).type == name


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event_type": None}, "event_type"),
        ({"event_type": 7}, "event_type"),
        ({"event_type": "x" * 65}, "event_type"),
        ({"lead_email": "nobody"}, "lead_email"),
        ({"lead_email": 7}, "lead_email"),
        ({"lead_email": None, "lead_id": ""}, "lead_email"),
        ({"lead_id": ["crm-7"]}, "lead_id"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": 1_772_000_000}, "timestamp"),
        ({"metadata": "plan"}, "metadata"),
        ({"id": "x" * 257}, "id"),
    ],
)
def test_what_can_not_be_accepted_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse(**{**WHOLE, **change})
    assert set(refused.value.details or {}) == {field}


@pytest.mark.parametrize("name", ["id", "event_id"])
def test_the_senders_id_of_the_event_is_its_id(name: str) -> None:
    assert parse(**WHOLE, **{name: "evt_1"}).message_id == "evt_1"
    assert parse(**WHOLE, **{name: 17}).message_id == "17"


def test_the_same_body_with_a_timestamp_is_the_same_event_whenever_it_arrives() -> None:
    first, again = parse(**WHOLE), parse(**WHOLE, received_at=NOW + timedelta(days=1))
    assert first.message_id == again.message_id
    assert parse(b"{ }", **WHOLE).message_id != first.message_id


def test_the_same_body_without_a_timestamp_is_another_event_each_time() -> None:
    once, twice = (parse(event_type="click", lead_id="crm-7") for _ in range(2))
    assert once.message_id != twice.message_id


def test_the_signature_is_what_other_systems_compute() -> None:
    expected = hmac.new(b"secret", b'{"a":1}', "sha256").hexdigest()
    assert signature_of(b'{"a":1}', "secret") == f"sha256={expected}"


@given(body=st.binary(), secret=st.text(min_size=1).filter(str.isprintable))
def test_what_is_signed_with_the_secret_passes(body: bytes, secret: str) -> None:
    signature = signature_of(body, secret)
    check_signature(body, secret, signature)
    check_signature(body, secret, f" {signature.upper()} ")
    with pytest.raises(InvalidSignatureError):
        check_signature(body + b" ", secret, signature)
    with pytest.raises(InvalidSignatureError):
        check_signature(body, secret + "x", signature)


@pytest.mark.parametrize("given", [None, "", "sha256=", "sha256=é", "0" * 64, "v1,abc"])
def test_a_missing_or_odd_signature_is_refused(given: str | None) -> None:
    with pytest.raises(InvalidSignatureError) as refused:
        check_signature(b"{}", "secret", given)
    assert (refused.value.status, refused.value.code) == (401, "invalid_signature")
