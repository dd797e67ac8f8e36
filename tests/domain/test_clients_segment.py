"""Calls of Segment's, RudderStack's and Jitsu's clients are read as they mean them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadpulse_app.domain.clients.segment import call_user_agent, read_call
from leadpulse_app.domain.errors import InvalidInputError, UnknownTypeError
from leadpulse_app.domain.event import IngestedEvent
from leadpulse_app.domain.identity import Alias, AliasKind

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)

SEGMENT_PYTHON = {
    "integrations": {},
    "anonymousId": None,
    "timestamp": "2026-11-24T01:48:25.088+00:00",
    "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
    "type": "identify",
    "userId": "u1",
    "traits": {"email": "A@example.com", "plan": "pro"},
    "messageId": "091414d8-0000-4000-8000-000000000000",
}
SEGMENT_NODE = {
    "timestamp": "2026-11-24T01:49:02.798Z",
    "integrations": {},
    "event": "Signed Up",
    "type": "track",
    "properties": {"plan": "pro"},
    "context": {"library": {"name": "@segment/analytics-node", "version": "3.1.0"}},
    "userId": "u1",
    "messageId": "node-next-1795484942798-6c5b",
    "_metadata": {"nodeVersion": "22.0.0"},
}
RUDDER_PYTHON = {
    "integrations": {"All": True},
    "anonymousId": None,
    "properties": {"plan": "pro"},
    "timestamp": "2026-11-24T01:49:02.798154+00:00",
    "context": {
        "traits": {"email": "a@example.com"},
        "library": {"name": "analytics-python", "version": "2.1.9"},
    },
    "userId": "u1",
    "type": "identify",
    "messageId": "7f3e",
    "channel": "server",
}
RUDDER_BROWSER_PAGE = {
    "properties": {"name": "Pricing", "category": None, "path": "/pricing"},
    "name": "Pricing",
    "type": "page",
    "channel": "web",
    "context": {
        "traits": {"name": "Ada Lovelace"},
        "sessionId": 1795484942798,
        "page": {"path": "/other", "url": "https://shop.example/pricing", "title": ""},
        "userAgent": "Mozilla/5.0",
    },
    "originalTimestamp": "2026-11-24T01:49:02.798Z",
    "sentAt": "2026-11-24T01:49:03.798Z",
    "messageId": "a-b",
    "userId": "",
    "anonymousId": "b3f7",
}
JITSU_TRACK = {
    "type": "track",
    "event": "Signed Up",
    "properties": {"plan": "pro"},
    "anonymousId": "anon",
    "context": {"library": {"name": "@jitsu/js"}, "traits": {"email": "b@example.com"}},
    "timestamp": "2026-11-24T01:49:02.798Z",
    "sentAt": "2026-11-24T01:49:02.798Z",
    "messageId": "1k2j",
    "writeKey": "***",
}


def read(call: object, **options: Any) -> IngestedEvent:
    return read_call(call, **{"sent_at": None, "received_at": NOW, **options})


def track(**fields: Any) -> IngestedEvent:
    return read({"type": "track", "event": "Opened", "userId": "u", **fields})


def refusal(call: object) -> str:
    with pytest.raises(InvalidInputError) as refused:
        read(call)
    return refused.value.message


def test_an_identify_of_segments_python_client_carries_its_traits() -> None:
    event = read(SEGMENT_PYTHON)
    assert event.type == "identify"
    assert event.alias == Alias(AliasKind.USER, "u1")
    assert event.properties == {"email": "A@example.com", "plan": "pro"}
    assert event.traits == {"email": "a@example.com"}
    assert event.message_id == SEGMENT_PYTHON["messageId"]
    assert event.occurred_at == datetime(2026, 11, 24, 1, 48, 25, 88_000, tzinfo=UTC)


def test_a_track_of_segments_node_client_is_an_event_of_its_name() -> None:
    event = read(SEGMENT_NODE)
    assert (event.type, event.user_id, event.anonymous_id) == ("Signed Up", "u1", None)
    assert event.properties == {"plan": "pro"}
    assert event.traits is None


def test_an_identify_of_rudderstacks_python_client_has_its_traits_in_the_context() -> (
    None
):
    event = read(RUDDER_PYTHON)
    assert event.type == "identify"
    assert event.properties == {"email": "a@example.com"}
    assert event.traits == {"email": "a@example.com"}


def test_a_page_of_rudderstacks_browser_client_is_a_page_view_of_a_visitor() -> None:
    event = read(RUDDER_BROWSER_PAGE)
    assert event.type == "page_view"
    assert event.alias == Alias(AliasKind.ANONYMOUS, "b3f7")
    assert event.session_id == "1795484942798"
    assert event.properties == {
        "name": "Pricing",
        "category": None,
        "path": "/pricing",
        "url": "https://shop.example/pricing",
        "title": "",
    }
    assert event.traits == {"name": "Ada Lovelace"}
    assert event.occurred_at == NOW - timedelta(seconds=1)
    assert call_user_agent(RUDDER_BROWSER_PAGE) == "Mozilla/5.0"


def test_a_track_of_jitsus_client_tells_who_the_visitor_is() -> None:
    event = read(JITSU_TRACK)
    assert event.type == "Signed Up"
    assert event.anonymous_id == "anon"
    assert event.traits == {"email": "b@example.com"}


def test_a_route_says_what_a_call_is() -> None:
    assert read({"userId": "u"}, kind="page").type == "page_view"
    assert read({"userId": "u", "type": "track"}, kind="screen").type == "screen_view"


def test_a_screen_view_has_the_name_of_its_screen() -> None:
    event = read({"type": "screen", "name": "Home", "userId": "u", "category": "App"})
    assert (event.type, event.properties) == (
        "screen_view",
        {"name": "Home", "category": "App"},
    )


def test_a_group_is_the_company_of_its_person() -> None:
    call = {"type": "group", "userId": "u", "groupId": "g1"}
    assert read(call).traits == {"company": "g1"}
    assert read(call).properties == {"groupId": "g1"}
    named = {
        **call,
        "traits": {"name": "Initech", "plan": "pro"},
        "context": {"traits": {"email": "a@example.com", "company": "Old"}},
    }
    event = read(named)
    assert event.type == "group"
    assert event.traits == {"email": "a@example.com", "company": "Initech"}
    assert event.properties == {"groupId": "g1", "name": "Initech", "plan": "pro"}
    assert "groupId" in refusal({"type": "group", "userId": "u"})


def test_an_alias_joins_two_ids() -> None:
    event = read({"type": "alias", "userId": "u1", "previousId": "anon"})
    assert (event.type, event.user_id, event.previous_id) == ("alias", "u1", "anon")
    event = read({"type": "alias", "to": "u1", "from": "anon"})
    assert (event.user_id, event.previous_id) == ("u1", "anon")
    assert "previousId" in refusal({"type": "alias", "userId": "u1"})


def test_an_email_alone_says_who_it_is() -> None:
    event = read({"type": "identify", "traits": {"email": "a@example.com"}})
    assert event.alias == Alias(AliasKind.EMAIL, "a@example.com")
    assert "userId" in refusal({"type": "identify", "traits": {"name": "Ada"}})


@pytest.mark.parametrize("kind", ["tracking", 7, ["track"], {}, ""])
def test_a_call_of_no_known_kind_is_refused(kind: object) -> None:
    with pytest.raises(UnknownTypeError):
        read({"type": kind, "userId": "u"})


def test_a_call_has_to_say_what_it_is() -> None:
    assert "type is required" in refusal({"userId": "u"})
    assert "type is required" in refusal({"userId": "u", "type": None})


@pytest.mark.parametrize("call", [None, 7, "x", []])
def test_a_call_is_an_object(call: object) -> None:
    assert "not a JSON object" in refusal(call)


@pytest.mark.parametrize("name", ["a b", "a.b:c-d_e", "$autocapture", "x" * 64])
def test_an_event_may_have_the_names_that_other_clients_use(name: str) -> None:
    assert track(event=name).type == name


@pytest.mark.parametrize(
    "name", ["", "x" * 65, "é", "a\nb", "a/b", 7, None, [], "$fields", "$adjust"]
)
def test_an_event_has_no_other_name_nor_one_that_the_fold_keeps(name: object) -> None:
    assert "event" in refusal({"type": "track", "event": name, "userId": "u"})


@pytest.mark.parametrize(("sent", "kept"), [(42, "42"), (-1, "-1"), ("x" * 256,) * 2])
def test_an_id_may_be_a_number(sent: object, kept: str) -> None:
    assert track(userId=sent).user_id == kept
    assert track(anonymousId=sent).anonymous_id == kept
    assert track(messageId=sent).message_id == kept


@pytest.mark.parametrize(
    "value", ["x" * 257, "a\0b", "a\ud800", 1.5, True, [], {}, 10**300]
)
@pytest.mark.parametrize("field", ["userId", "anonymousId", "messageId"])
def test_an_id_that_cannot_be_kept_refuses_the_call(field: str, value: object) -> None:
    call = {"type": "track", "event": "e", "userId": "u", field: value}
    assert field in refusal(call)


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_field_counts_as_absent(empty: object) -> None:
    event = track(
        anonymousId=empty,
        messageId=empty,
        timestamp=empty,
        properties=empty,
        context=[],
    )
    assert event.anonymous_id is None
    assert event.message_id
    assert event.timestamp is None
    assert event.properties == {}


@pytest.mark.parametrize("field", ["properties", "context"])
def test_a_field_that_has_to_be_an_object_refuses_the_call(field: str) -> None:
    call = {"type": "track", "event": "e", "userId": "u", field: "text"}
    assert field in refusal(call)


@pytest.mark.parametrize(
    "written", ["2026-11-24T01:00:00", "2026-11-24T01:00:00.000000+00:00"]
)
def test_a_time_is_read_as_utc(written: str) -> None:
    assert track(timestamp=written).occurred_at == NOW - timedelta(hours=1)


@pytest.mark.parametrize("written", ["yesterday", "2026-11-24", 1_700_000_000, {}, [1]])
def test_an_event_whose_time_cannot_be_read_happens_when_it_is_received(
    written: object,
) -> None:
    event = track(timestamp=written, sentAt=written)
    assert (event.timestamp, event.sent_at, event.occurred_at) == (None, None, NOW)


def test_a_clock_that_is_wrong_is_put_right_by_when_the_batch_was_sent() -> None:
    call = {
        "type": "track",
        "event": "e",
        "userId": "u",
        "timestamp": "2020-01-01T00:00:00Z",
    }
    sent_at = datetime(2020, 1, 1, 0, 5, tzinfo=UTC)
    event = read(call, sent_at=sent_at)
    assert event.occurred_at == NOW - timedelta(minutes=5)
    assert event.sent_at == sent_at
    event = read({**call, "sentAt": "2020-01-01T00:00:10Z"}, sent_at=sent_at)
    assert event.occurred_at == NOW - timedelta(seconds=10)


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_text_that_cannot_be_stored_refuses_the_call(text: str) -> None:
    assert refusal(
        {"type": "track", "event": "e", "userId": "u", "properties": {"a": [text]}}
    )
    assert refusal(
        {
            "type": "track",
            "event": "e",
            "userId": "u",
            "context": {"traits": {"name": text}},
        }
    )


@pytest.mark.parametrize("call", [None, [], {}, {"context": 7}, {"context": {}}])
def test_a_call_may_tell_no_user_agent(call: object) -> None:
    assert call_user_agent(call) is None
