"""The native routes answer as documented."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from leadpulse_app.api.ingest import EVENT_PATH as PATH
from leadpulse_app.api.ingest import MAX_EVENT_BYTES, IngestApp
from leadpulse_app.api.ingest.native import MAX_BATCH_BYTES, MAX_BATCH_EVENTS
from leadpulse_app.database import transaction
from leadpulse_app.services.keys import list_write_keys
from tests.api.ingest.sending import (
    UNKNOWN_KEY,
    assert_error,
    quarantine_of,
    rejected_events,
    stored_event,
)
from tests.api.ingest.sending import post as post_to
from tests.tenants import Tenant, make_tenant

BATCH = "/api/ingest/batch"
EVENT = {"event": "page_view", "anonymousId": "visitor"}


async def post(
    client: httpx.AsyncClient, body: bytes | dict[str, Any], **options: Any
) -> httpx.Response:
    return await post_to(client, PATH, body, **options)


async def test_an_event_is_queued_once_under_its_own_message_id(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    body = {**EVENT, "apiKey": tenant.write_key, "messageId": "m-1"}
    first, second = await post(client, body), await post(client, body)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.headers["content-type"] == "application/json"
    assert first.json() == {"success": True, "status": "queued", "eventId": "m-1"}
    assert second.json() == {"success": True, "status": "duplicate", "eventId": "m-1"}


async def test_a_key_that_let_an_event_in_is_noted_and_one_that_did_not_is_not(
    tenant: Tenant,
) -> None:
    idle = await make_tenant()
    app = IngestApp(enqueue_hint=lambda: None)
    transport = httpx.ASGITransport(app)
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        await post(client, {**EVENT, "apiKey": tenant.write_key})
        await post(client, {**EVENT, "apiKey": UNKNOWN_KEY})
    noted = []
    for each in (tenant, idle):
        async with transaction(each.actor.project_id) as session:
            (key,) = await list_write_keys(session, each.actor)
        noted.append(key.last_used_at is not None)
    assert noted == [True, False]


async def test_an_event_without_a_message_id_is_given_one(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    body = {**EVENT, "apiKey": tenant.write_key}
    ids = {(await post(client, body)).json()["eventId"] for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize(
    "content_type", [None, "application/json", "text/plain;charset=UTF-8", "x/y"]
)
async def test_the_body_is_json_whatever_its_content_type(
    client: httpx.AsyncClient, tenant: Tenant, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    body = {**EVENT, "apiKey": tenant.write_key}
    assert (await post(client, body, headers=headers)).status_code == 202


def basic(user: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:".encode()).decode()


async def test_the_key_is_taken_from_the_first_place_that_has_one(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    good, bad = tenant.write_key, UNKNOWN_KEY
    header = {"X-Write-Key": bad}
    query = {"writeKey": bad}
    body = {**EVENT, "apiKey": bad}
    for authorization in (basic(good), f"Bearer {good}", f"bearer  {good}"):
        headers = {**header, "Authorization": authorization}
        answer = await post(client, body, headers=headers, params=query)
        assert answer.status_code == 202
    for answer in (
        await post(client, body, headers={"X-Write-Key": good}, params=query),
        await post(client, body, headers={"X-Write-Key": f"{good}:x"}, params=query),
        await post(client, {**EVENT, "apiKey": good}, params=query),
        await post(client, {**EVENT, "writeKey": good}, params=query),
        await post(client, EVENT, params={"writeKey": good}),
        await post(client, {**EVENT, "apiKey": "pk_****"}, params={"writeKey": good}),
    ):
        assert answer.status_code == 202


async def test_an_empty_or_masked_key_hides_none_that_comes_after_it(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    good = tenant.write_key
    empty = {"apiKey": "", "writeKey": "pk_****"}
    for headers in (
        {"Authorization": basic("")},
        {"Authorization": "Bearer "},
        {"X-Write-Key": ""},
        {"X-Write-Key": ":x"},
        {},
    ):
        for fields, query in (
            ({**empty, "api_key": good}, {}),
            ({**empty, "api_key": "", "token": good}, {}),
            ({"apiKey": "", "writeKey": good}, {}),
            ({**empty, "token": ""}, {"writeKey": good}),
        ):
            body = {**EVENT, **fields}
            answer = await post(client, body, headers=headers, params=query)
            assert answer.status_code == 202, (headers, fields, query)
        body = {**EVENT, **empty, "api_key": UNKNOWN_KEY, "token": good}
        assert_error(await post(client, body, headers=headers), 401, "unauthenticated")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"params": {"writeKey": UNKNOWN_KEY}},
        {"headers": {"Authorization": basic(UNKNOWN_KEY)}},
        {"headers": {"Authorization": "Basic ???"}},
        {"headers": {"Authorization": "Basic"}},
        {"headers": {"X-Write-Key": b"\xff"}},
    ],
)
async def test_no_key_or_an_unknown_one_is_unauthenticated(
    client: httpx.AsyncClient, options: dict[str, Any]
) -> None:
    assert_error(await post(client, EVENT, **options), 401, "unauthenticated")


async def test_an_unknown_key_is_told_before_an_invalid_event(
    client: httpx.AsyncClient,
) -> None:
    assert_error(await post(client, {"event": ""}), 401, "unauthenticated")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"text"', b"NaN", b'"\\ud800"', b"\xff"]
)
async def test_what_is_not_a_json_object_is_invalid(
    client: httpx.AsyncClient, tenant: Tenant, body: bytes
) -> None:
    headers = {"X-Write-Key": tenant.write_key}
    assert_error(await post(client, body, headers=headers), 400, "invalid_input")


async def test_the_details_of_an_invalid_event_name_the_fields(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    body = {"apiKey": tenant.write_key, "event": "no spaces", "sentAt": "yesterday"}
    details = assert_error(await post(client, body), 400, "invalid_input")
    assert set(details) == {"event", "sentAt"}


async def test_an_invalid_event_is_kept_with_its_reason(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    body = {"apiKey": tenant.write_key, "event": "no spaces", "userId": "u"}
    answer = await post(client, body)
    (kept,) = await rejected_events(tenant)
    assert (kept.code, kept.event_type) == ("invalid_event", "no spaces")
    assert kept.message == answer.json()["message"]
    assert json.loads(kept.payload) == body


async def test_an_event_from_a_page_is_kept_apart_where_a_crawler_opened_it(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    crawler = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}
    page = {"Origin": "https://shop.example"}
    for message_id, headers in (
        ("crawled", {**crawler, **page}),
        ("fetched", crawler),
        ("visited", {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox", **page}),
    ):
        body = {**EVENT, "apiKey": tenant.write_key, "messageId": message_id}
        assert (await post(client, body, headers=headers)).status_code == 202
    assert await quarantine_of(tenant, "crawled") == "Googlebot"
    assert await quarantine_of(tenant, "fetched") is None
    assert await quarantine_of(tenant, "visited") is None


async def test_a_body_over_the_cap_is_too_large(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    body = json.dumps({**EVENT, "apiKey": tenant.write_key}).encode()
    at_the_cap = body.ljust(MAX_EVENT_BYTES)
    assert (await post(client, at_the_cap)).status_code == 202
    assert_error(await post(client, at_the_cap + b" "), 413, "too_large")


async def test_no_more_of_a_body_is_read_than_shows_that_it_is_too_large(
    client: httpx.AsyncClient,
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1024
            yield b" " * 1024

    assert_error(await client.post(PATH, content=endless()), 413, "too_large")
    assert sent <= MAX_EVENT_BYTES + 2 * 1024


async def test_any_page_may_send_events_and_read_the_answer(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    origin = {"Origin": "https://shop.example"}
    accepted = await post(client, {**EVENT, "apiKey": tenant.write_key}, headers=origin)
    refused = await post(client, EVENT, headers=origin)
    for answer in (accepted, refused):
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        assert answer.headers["access-control-expose-headers"] == "Retry-After"
        assert answer.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-origin" not in (await post(client, EVENT)).headers


async def test_a_preflight_is_answered_and_may_be_remembered(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.options(
        PATH,
        headers={
            "Origin": "https://shop.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type",
        },
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert (
        answer.headers["access-control-allow-headers"] == "authorization, content-type"
    )
    assert int(answer.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_not_allowed(
    client: httpx.AsyncClient, method: str
) -> None:
    answer = await client.request(method, PATH)
    assert_error(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "OPTIONS, POST"


async def test_an_unknown_ingest_route_is_not_found(client: httpx.AsyncClient) -> None:
    assert_error(await client.post("/api/ingest/nothing"), 404, "not_found")


async def test_a_stopped_ingest_answers_unavailable_with_a_time_to_retry(
    tenant: Tenant,
) -> None:
    app = IngestApp(enqueue_hint=lambda: None)
    async with app.lifespan():
        pass
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        answer = await post(client, {**EVENT, "apiKey": tenant.write_key})
    assert_error(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_batch_tells_what_became_of_each_event(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    events: list[object] = [
        {**EVENT, "messageId": "b-1"},
        {**EVENT, "messageId": "b-1"},
        {"event": "page_view"},
        "page_view",
        {**EVENT, "messageId": "b-2", "properties": {"text": "x" * 40_000}},
        {**EVENT, "messageId": "b-3"},
    ]
    body = {"apiKey": tenant.write_key, "events": events}
    answer = await post_to(client, BATCH, body)
    assert answer.status_code == 202
    told = answer.json()
    rejected = told.pop("rejected")
    assert told == {"success": True, "accepted": 2, "duplicates": 1}
    assert [(one["index"], one["code"]) for one in rejected] == [
        (2, "invalid_event"),
        (3, "invalid_event"),
        (4, "too_large"),
    ]
    assert all(one["message"] for one in rejected)
    kept = {event.code for event in await rejected_events(tenant)}
    assert kept == {"invalid_event", "too_large"}
    again = (await post_to(client, BATCH, body)).json()
    assert (again["accepted"], again["duplicates"]) == (0, 3)


async def test_an_event_of_a_batch_was_sent_when_the_batch_was(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    body = {
        "apiKey": tenant.write_key,
        "sentAt": "2020-01-01T00:01:00Z",
        "events": [
            {**EVENT, "messageId": "s-1", "timestamp": "2020-01-01T00:00:00Z"},
            {
                **EVENT,
                "messageId": "s-2",
                "timestamp": "2020-01-01T00:00:00Z",
                "sentAt": "2020-01-01T00:00:01Z",
            },
        ],
    }
    assert (await post_to(client, BATCH, body)).status_code == 202
    for message_id, age in (("s-1", 60), ("s-2", 1)):
        event = await stored_event(tenant, message_id)
        assert event.received_at - event.occurred_at == timedelta(seconds=age)


async def test_a_batch_may_be_empty(client: httpx.AsyncClient, tenant: Tenant) -> None:
    answer = await post_to(client, BATCH, {"apiKey": tenant.write_key, "events": []})
    assert answer.status_code == 202
    assert answer.json() == {
        "success": True,
        "accepted": 0,
        "duplicates": 0,
        "rejected": [],
    }


@pytest.mark.parametrize("events", [None, {}, "x", 1])
async def test_a_batch_has_a_list_of_events(
    client: httpx.AsyncClient, tenant: Tenant, events: object
) -> None:
    body = {"apiKey": tenant.write_key, "events": events}
    details = assert_error(await post_to(client, BATCH, body), 400, "invalid_input")
    assert set(details) == {"events"}


async def test_a_batch_is_refused_whose_own_time_is_none(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    body = {"apiKey": tenant.write_key, "sentAt": "now", "events": []}
    details = assert_error(await post_to(client, BATCH, body), 400, "invalid_input")
    assert set(details) == {"sentAt"}


async def test_a_batch_has_caps_on_its_events_and_bytes(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    full = {"apiKey": tenant.write_key, "events": [0] * MAX_BATCH_EVENTS}
    assert len((await post_to(client, BATCH, full)).json()["rejected"]) == 2_500
    over = {"apiKey": tenant.write_key, "events": [0] * (MAX_BATCH_EVENTS + 1)}
    assert_error(await post_to(client, BATCH, over), 413, "too_large")
    large = json.dumps({"apiKey": tenant.write_key, "events": []}).encode()
    answer = await post_to(client, BATCH, large.ljust(MAX_BATCH_BYTES))
    assert answer.status_code == 202
    answer = await post_to(client, BATCH, large.ljust(MAX_BATCH_BYTES + 1))
    assert_error(answer, 413, "too_large")


async def test_half_a_surrogate_pair_is_no_reason_to_refuse_other_events(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    good = {"event": "e", "userId": "u"}
    cut = {**good, "properties": {"title": "cut \ud83d"}}
    body = {"apiKey": tenant.write_key, "events": [good, cut, good]}
    answer = await post_to(client, BATCH, body)
    assert answer.json()["accepted"] == 2
    assert [one["index"] for one in answer.json()["rejected"]] == [1]
    details = assert_error(
        await post(client, {**cut, "apiKey": tenant.write_key}), 400, "invalid_input"
    )
    assert set(details) == {"properties"}
    assert [kept.event_type for kept in await rejected_events(tenant)] == ["e", "e"]
