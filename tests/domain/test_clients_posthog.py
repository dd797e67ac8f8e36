"""Events of PostHog's clients are read as they mean them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadpulse_app.domain.clients.posthog import (
    event_user_agent,
    open_parcel,
    read_event,
)
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import IngestedEvent
from leadpulse_app.domain.identity import Alias, AliasKind

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)

PYTHON = {
    "event": "signed up",
    "distinct_id": "u1",
    "properties": {"plan": "pro", "$lib": "posthog-python", "$is_server": True},
    "timestamp": "2026-11-24T01:49:02.798154+00:00",
    "uuid": "0195a3c0-0000-7000-8000-000000000000",
}
BROWSER = {
    "uuid": "0195a3c0-0000-7000-8000-000000000001",
    "event": "$pageview",
    "properties": {
        "$current_url": "https://shop.example/pricing?x=1",
        "$pathname": "/pricing",
        "$raw_user_agent": "Mozilla/5.0",
        "$lib": "web",
        "token": "pk_…",
        "distinct_id": "0195-device",
        "$device_id": "0195-device",
        "$session_id": "0195-session",
        "$is_identified": False,
        "$process_person_profile": False,
        "$referrer": "$direct",
        "title": "Pricing",
    },
    "timestamp": "2026-11-24T01:49:02.798Z",
}


def read(event: object, **options: Any) -> IngestedEvent:
    return read_event(event, **{"sent_at": None, "received_at": NOW, **options})


def captured(event: str = "e", distinct_id: object = "u", **fields: Any) -> Any:
    return {"event": event, "distinct_id": distinct_id, **fields}


def refusal(event: object) -> str:
    with pytest.raises(InvalidInputError) as refused:
        read(event)
    return refused.value.message


def test_an_event_of_the_python_client_is_of_a_known_person() -> None:
    event = read(PYTHON)
    assert event.type == "signed up"
    assert event.alias == Alias(AliasKind.USER, "u1")
    assert event.message_id == PYTHON["uuid"]
    assert event.properties["plan"] == "pro"
    assert event.timestamp == datetime(2026, 11, 24, 1, 49, 2, 798_154, tzinfo=UTC)


def test_a_page_view_of_the_browser_client_is_of_a_visitor() -> None:
    event = read(BROWSER)
    assert event.type == "page_view"
    assert event.alias == Alias(AliasKind.ANONYMOUS, "0195-device")
    assert event.session_id == "0195-session"
    assert event.properties["url"] == "https://shop.example/pricing?x=1"
    assert event.properties["path"] == "/pricing"
    assert event.properties["title"] == "Pricing"
    assert not {"token", "distinct_id", "$session_id"} & set(event.properties)
    assert event_user_agent(BROWSER) == "Mozilla/5.0"


@pytest.mark.parametrize(
    ("properties", "kind"),
    [
        ({"$is_identified": False}, AliasKind.ANONYMOUS),
        ({"$device_id": "u"}, AliasKind.ANONYMOUS),
        ({"$process_person_profile": False}, AliasKind.ANONYMOUS),
        ({"$is_identified": True, "$device_id": "d"}, AliasKind.USER),
        (
            {"$is_identified": True, "$process_person_profile": False},
            AliasKind.USER,
        ),
        ({}, AliasKind.USER),
    ],
)
def test_an_id_is_a_users_unless_the_client_says_that_it_is_none(
    properties: dict[str, object], kind: AliasKind
) -> None:
    assert read(captured(properties=properties)).alias == Alias(kind, "u")


def test_an_identify_says_whose_visits_they_were() -> None:
    event = read(
        captured(
            "$identify",
            properties={
                "distinct_id": "u",
                "$anon_distinct_id": "device",
                "$device_id": "device",
                "$is_identified": True,
                "$browser": "Chrome",
            },
            **{
                "$set": {"email": "A@example.com", "plan": "pro"},
                "$set_once": {"name": "Ada", "plan": "free"},
            },
        )
    )
    assert event.type == "identify"
    assert (event.user_id, event.anonymous_id) == ("u", "device")
    assert event.traits == {"email": "a@example.com", "name": "Ada"}
    assert event.properties == {"email": "A@example.com", "plan": "pro", "name": "Ada"}


@pytest.mark.parametrize("name", ["$set", "$set_once"])
def test_a_set_identifies_without_another_id(name: str) -> None:
    event = read(captured(name, **{name: {"email": "a@example.com"}}))
    assert (event.type, event.user_id, event.anonymous_id) == ("identify", "u", None)
    assert event.traits == {"email": "a@example.com"}
    inside = read(captured(name, properties={name: {"email": "a@example.com"}}))
    assert inside.properties == {"email": "a@example.com"}


def test_any_event_may_tell_of_its_person() -> None:
    event = read(captured(properties={"$set": {"$name": "Ada"}, "plan": "pro"}))
    assert event.traits == {"name": "Ada"}
    assert event.properties == {"plan": "pro"}


def test_an_alias_joins_two_ids_whichever_is_a_visitors() -> None:
    event = read(
        captured(
            "$create_alias",
            "device",
            properties={"distinct_id": "device", "alias": "u1"},
        )
    )
    assert (event.type, event.previous_id) == ("alias", "device")
    assert (event.user_id, event.anonymous_id) == ("u1", "u1")
    assert "alias" in refusal(captured("$create_alias"))


def test_a_group_of_type_company_is_the_persons() -> None:
    group = {"$group_type": "company", "$group_key": "c1"}
    event = read(captured("$groupidentify", properties=group))
    assert (event.type, event.traits) == ("group", {"company": "c1"})
    named = {**group, "$group_set": {"name": "Initech"}}
    event = read(captured("$groupidentify", properties=named))
    assert event.traits == {"company": "Initech"}
    assert event.properties["name"] == "Initech"
    team = {**named, "$group_type": "team"}
    assert read(captured("$groupidentify", properties=team)).traits is None


def test_a_group_that_nobody_is_in_is_refused() -> None:
    group = {"$group_type": "company", "$group_key": "c1"}
    assert "no person" in refusal(
        captured("$groupidentify", "$company_c1", properties=group)
    )


def test_other_events_of_the_client_keep_their_names() -> None:
    assert read(captured("$autocapture")).type == "$autocapture"
    screen = read(captured("$screen", properties={"$screen_name": "Home"}))
    assert (screen.type, screen.properties["name"]) == ("screen_view", "Home")


def test_the_properties_that_the_client_added_give_way() -> None:
    added = {f"${number}": number for number in range(60)}
    event = read(captured(properties={**added, "plan": "pro"}))
    assert event.properties["plan"] == "pro"
    assert event.properties["$truncated"]


@pytest.mark.parametrize(
    "event", [{}, {"event": "e"}, {"event": "e", "distinct_id": None}, 7, "e", None]
)
def test_what_is_no_event_is_refused(event: object) -> None:
    assert refusal(event)


@pytest.mark.parametrize("name", ["", "é", "$fields", "$adjust", {}, "x" * 65])
def test_a_name_that_is_none_is_refused(name: Any) -> None:
    assert "event" in refusal(captured(name))


@pytest.mark.parametrize("field", ["properties", "$set", "$set_once"])
def test_a_field_that_has_to_be_an_object_refuses_the_event(field: str) -> None:
    assert field in refusal(captured(**{field: "text"}))


@pytest.mark.parametrize("kind", [[], {}, 7.5])
def test_a_group_is_refused_whose_type_is_no_name(kind: object) -> None:
    group = {"$group_type": kind, "$group_key": "c1"}
    assert "$group_type" in refusal(captured("$groupidentify", properties=group))


def test_an_event_may_tell_its_age_alone() -> None:
    assert read(captured(offset=1_500)).occurred_at == NOW - timedelta(seconds=1.5)
    for odd in (True, "1", float("inf"), 10**400, -(10**400), float("nan"), None):
        assert read(captured(offset=odd)).occurred_at == NOW


@pytest.mark.parametrize("wrong_by", [timedelta(hours=-1), timedelta(), timedelta(1)])
def test_an_age_is_right_whatever_the_clock_says(wrong_by: timedelta) -> None:
    event = read(captured(offset=1_500), sent_at=NOW + wrong_by)
    assert event.occurred_at == NOW - timedelta(seconds=1.5)


def test_a_clock_that_is_wrong_is_put_right_by_when_it_was_sent() -> None:
    event = captured(timestamp="2020-01-01T00:00:00Z")
    sent_at = datetime(2020, 1, 1, 0, 5, tzinfo=UTC)
    assert read(event, sent_at=sent_at).occurred_at == NOW - timedelta(minutes=5)
    own = {**event, "sent_at": "2020-01-01T00:00:10Z"}
    assert read(own, sent_at=sent_at).occurred_at == NOW - timedelta(seconds=10)


@pytest.mark.parametrize(
    ("payload", "number"),
    [
        (PYTHON, 1),
        ([PYTHON, PYTHON], 2),
        ({"api_key": "k", "batch": [PYTHON]}, 1),
        ({"api_key": "k", "batch": []}, 0),
        ([], 0),
    ],
)
def test_a_body_holds_one_event_or_several(payload: object, number: int) -> None:
    assert len(open_parcel(payload, sent_at=None).events) == number


@pytest.mark.parametrize("payload", [7, "x", None, {"batch": {}}, {"batch": None}])
def test_a_body_that_holds_no_events_is_refused(payload: object) -> None:
    with pytest.raises(InvalidInputError):
        open_parcel(payload, sent_at=None)


@pytest.mark.parametrize(
    ("payload", "address", "sent_at"),
    [
        ({"batch": [], "sent_at": "2026-11-24T01:00:00Z"}, "1", NOW.replace(hour=1)),
        ({"batch": []}, "1795485600000", NOW),
        ({"batch": [], "sent_at": 1_795_485_600_000}, None, NOW),
        ({"batch": []}, "soon", None),
        ({"batch": []}, "9" * 99, None),
        ({"batch": [], "sent_at": 10**300}, None, None),
        ({"batch": [], "sent_at": True}, None, None),
        ([], None, None),
    ],
)
def test_a_body_or_its_address_says_when_it_was_sent(
    payload: object, address: str | None, sent_at: datetime | None
) -> None:
    assert open_parcel(payload, sent_at=address).sent_at == sent_at


@pytest.mark.parametrize("event", [None, [], {}, {"properties": 7}])
def test_an_event_may_tell_no_user_agent(event: object) -> None:
    assert event_user_agent(event) is None
