"""Other clients find their routes, are told what they understand, and lose nothing."""

import base64
import gzip
import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from leadpulse_app.api.ingest import IngestApp
from leadpulse_app.api.ingest.compatible import MAX_EVENTS
from leadpulse_app.settings import get_settings
from tests.api.ingest.sending import (
    UNKNOWN_KEY,
    assert_error,
    post,
    quarantine_of,
    rejected_events,
    stored_event,
    stored_events,
)
from tests.tenants import Tenant

SINGLES = {
    "track": "Signed Up",
    "identify": "identify",
    "page": "page_view",
    "screen": "screen_view",
    "group": "group",
    "alias": "alias",
}
SINGLE_PATHS = {
    f"{prefix}/{name}": type_
    for prefix in ("/v1", "/api/s", "/api/s/s2s")
    for kind, type_ in SINGLES.items()
    for name in (kind, kind[0])
}
BATCH_PATHS = ["/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch", "/api/s/batch"]
POSTHOG_PATHS = ["/batch", "/e", "/i/v0/e", "/capture"]

CALL = {"event": "Signed Up", "userId": "u", "previousId": "a", "groupId": "g"}
TRACK = {"type": "track", "event": "Signed Up", "userId": "u"}
CAPTURE = {"event": "signed up", "distinct_id": "u"}
TOLD_ONE = {"success": True, "status": 1, "accepted": 1, "rejected": []}


@pytest.mark.parametrize(("path", "type_"), SINGLE_PATHS.items())
async def test_a_call_is_taken_by_the_route_of_its_kind(
    client: httpx.AsyncClient, tenant: Tenant, path: str, type_: str
) -> None:
    for route in (path, f"{path}/"):
        answer = await post(client, route, CALL, key=tenant.write_key)
        assert answer.status_code == 200
        assert answer.json() == TOLD_ONE
    events = await stored_events(tenant)
    assert [(event.type, event.user_id) for event in events] == [(type_, "u")] * 2


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", BATCH_PATHS)
async def test_a_batch_of_calls_is_taken(
    client: httpx.AsyncClient, tenant: Tenant, path: str, slash: str
) -> None:
    body = {"batch": [TRACK, {"type": "page", "anonymousId": "a"}]}
    answer = await post(
        client, path + slash, body, params={"writeKey": tenant.write_key}
    )
    assert answer.status_code == 200
    assert answer.json() == {**TOLD_ONE, "accepted": 2}
    stored = {event.type for event in await stored_events(tenant)}
    assert stored == {"Signed Up", "page_view"}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", POSTHOG_PATHS)
async def test_posthogs_clients_find_every_route_of_theirs(
    client: httpx.AsyncClient, tenant: Tenant, path: str, slash: str
) -> None:
    key = tenant.write_key
    inside = {**CAPTURE, "properties": {"token": key}}
    for body in (
        {"api_key": key, "batch": [CAPTURE]},
        {"token": key, **CAPTURE},
        inside,
        [inside],
        [{**CAPTURE, "api_key": key}],
    ):
        answer = await post(client, path + slash, body)
        assert answer.status_code == 200
        assert answer.json() == TOLD_ONE
    assert len(await stored_events(tenant)) == 5


@pytest.mark.parametrize("path", [*SINGLE_PATHS, *BATCH_PATHS, *POSTHOG_PATHS])
async def test_every_route_wants_a_key_and_json(
    client: httpx.AsyncClient, tenant: Tenant, path: str
) -> None:
    body = {**CALL, "batch": [TRACK]}
    for key in (UNKNOWN_KEY, "nonsense"):
        answer = await post(client, path, body, key=key)
        assert_error(answer, 401, "unauthenticated")
    for broken in (b"", b"{", b"NaN", b'{"batch": "\\ud800"', b"7"):
        answer = await post(client, path, broken, key=tenant.write_key)
        assert_error(answer, 400, "invalid_input")


async def test_a_bad_call_alone_is_told_200_and_kept(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    answer = await post(client, "/v1/track", {"event": "x/y"}, key=tenant.write_key)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["accepted"], len(told["rejected"])) == (0, 1)
    assert told["rejected"][0]["index"] == 0
    assert told["rejected"][0]["code"] == "invalid_event"
    (kept,) = await rejected_events(tenant)
    assert (kept.event_type, kept.message) == ("x/y", told["rejected"][0]["message"])


async def test_bad_events_do_not_fail_their_neighbours(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    deep: list[Any] = []
    for _ in range(500):
        deep = [deep]
    batch = [
        {**TRACK, "messageId": "m"},
        {"type": "telepathy", "userId": "u"},
        None,
        {**TRACK, "properties": {"text": "x" * 40_000}},
        {**TRACK, "properties": {"text": "a\0b"}},
        {**TRACK, "properties": deep},
        {**TRACK, "messageId": "m"},
        {**TRACK, "userId": {"id": 1}},
        {**TRACK, "properties": {"title": "cut \ud83d"}},
    ]
    body = {"writeKey": tenant.write_key, "batch": batch}
    told = (await post(client, "/v1/batch", body)).json()
    assert told["accepted"] == 2
    assert [(one["index"], one["code"]) for one in told["rejected"]] == [
        (1, "unknown_type"),
        (2, "invalid_event"),
        (3, "too_large"),
        (4, "invalid_event"),
        (5, "invalid_event"),
        (7, "invalid_event"),
        (8, "invalid_event"),
    ]
    assert len(await stored_events(tenant)) == 1
    assert len(await rejected_events(tenant)) == 7


async def test_an_empty_batch_is_accepted(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    for path, body in (
        ("/v1/batch", {"batch": []}),
        ("/batch/", {"api_key": tenant.write_key, "batch": []}),
        ("/e/", []),
    ):
        answer = await post(client, path, body, key=tenant.write_key)
        assert answer.json() == {**TOLD_ONE, "accepted": 0}


async def test_more_events_than_any_client_sends_are_refused(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    for path in ("/v1/batch", "/batch"):
        body = {"batch": [0] * (MAX_EVENTS + 1)}
        answer = await post(client, path, body, key=tenant.write_key)
        assert_error(answer, 413, "too_large")


async def test_a_batch_larger_than_what_is_written_at_once_is_stored_whole(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    batch = [{**TRACK, "messageId": str(number)} for number in range(1_200)]
    answer = await post(client, "/v1/batch", {"batch": batch}, key=tenant.write_key)
    assert answer.json() == {**TOLD_ONE, "accepted": 1_200}
    assert len(await stored_events(tenant)) == 1_200


async def test_a_clock_that_is_wrong_is_put_right_by_when_it_was_sent(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    stamped = {"timestamp": "2020-01-01T00:00:00Z"}
    sent = "2020-01-01T00:05:00Z"
    key = tenant.write_key
    await post(
        client,
        "/v1/batch",
        {"batch": [{**TRACK, **stamped, "messageId": "s"}], "sentAt": sent},
        key=key,
    )
    await post(
        client,
        "/v1/track",
        {**TRACK, "originalTimestamp": stamped["timestamp"], "sentAt": sent}
        | {"messageId": "r"},
        key=key,
    )
    await post(
        client,
        "/batch",
        {
            "api_key": key,
            "batch": [{**CAPTURE, **stamped, "uuid": "p"}],
            "sent_at": sent,
        },
    )
    await post(
        client,
        "/e/",
        {"api_key": key, "batch": [{**CAPTURE, **stamped, "uuid": "q"}]},
        params={"sent_at": "1577837100000"},
    )
    for message_id in ("s", "r", "p", "q"):
        event = await stored_event(tenant, message_id)
        assert event.received_at - event.occurred_at == timedelta(minutes=5)
        assert event.sent_at is not None


async def test_the_visitors_own_user_agent_tells_a_crawler(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    crawler = "Mozilla/5.0 (compatible; Googlebot/2.1)"
    call = {**TRACK, "context": {"userAgent": crawler}, "messageId": "s"}
    properties = {"$raw_user_agent": crawler}
    event = {**CAPTURE, "properties": properties, "uuid": "p"}
    key = tenant.write_key
    await post(client, "/v1/batch", {"batch": [call]}, key=key)
    await post(client, "/batch", {"batch": [event]}, key=key)
    backend = {"User-Agent": crawler}
    await post(client, "/v1/t", {**TRACK, "messageId": "b"}, key=key, headers=backend)
    assert await quarantine_of(tenant, "s") == "Googlebot"
    assert await quarantine_of(tenant, "p") == "Googlebot"
    assert await quarantine_of(tenant, "b") is None


async def test_a_form_as_a_closing_page_sends_it_is_read(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    text = json.dumps({"api_key": tenant.write_key, "batch": [CAPTURE]})
    encoded = base64.b64encode(text.encode()).decode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for data in (quote(encoded, safe=""), encoded, quote(text)):
        body = f"data={data}".encode()
        answer = await post(
            client, "/e/", body, headers=form, params={"compression": "base64"}
        )
        assert answer.json() == TOLD_ONE
    for broken in (b"data=", b"data=%ff", b"data=a", b"data=\xff", b"data=&x"):
        answer = await post(client, "/e/", broken, headers=form)
        assert_error(answer, 400, "invalid_input")


async def test_the_key_that_a_client_masked_in_the_body_is_taken_from_its_header(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    call = {**TRACK, "writeKey": "***"}
    assert (await post(client, "/api/s/track", call, key=tenant.write_key)).is_success
    assert_error(await post(client, "/api/s/track", call), 401, "unauthenticated")


@pytest.mark.parametrize("content_encoding", [None, "gzip"])
async def test_gzip_is_told_by_the_body_itself(
    client: httpx.AsyncClient, tenant: Tenant, content_encoding: str | None
) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if content_encoding is not None:
        headers["Content-Encoding"] = content_encoding
    body = {"batch": [TRACK]}
    for packed in (True, False):  # a proxy may have unpacked it
        answer = await post(
            client,
            "/v1/batch",
            body,
            key=tenant.write_key,
            packed=packed,
            headers=headers,
        )
        assert answer.json() == TOLD_ONE


async def test_limits_tell_when_to_come_back_each_client_as_it_understands(
    tenant: Tenant,
) -> None:
    settings = get_settings().model_copy(update={"ingest_rate": 2})
    app = IngestApp(enqueue_hint=lambda: None, settings=settings)
    transport = httpx.ASGITransport(app)
    page = {"Origin": "https://shop.example"}
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        full = {"batch": [TRACK, TRACK, TRACK]}
        answer = await post(client, "/v1/batch", full, key=tenant.write_key)
        assert answer.json() == {**TOLD_ONE, "accepted": 3}
        for path, body, status, code in (
            ("/api/ingest/event", {"event": "e"}, 429, "too_many_requests"),
            ("/v1/track", TRACK, 429, "too_many_requests"),
            ("/v1/batch", full, 429, "too_many_requests"),
            ("/batch", {"batch": [CAPTURE]}, 503, "unavailable"),
            ("/e/", {"batch": [CAPTURE]}, 503, "unavailable"),
        ):
            answer = await post(client, path, body, key=tenant.write_key, headers=page)
            assert_error(answer, status, code)
            assert 1 <= int(answer.headers["retry-after"]) <= 60
            assert answer.headers["access-control-expose-headers"] == "Retry-After"
    assert len(await stored_events(tenant)) == 3
    assert await rejected_events(tenant) == []


async def test_pages_at_one_address_have_a_limit_of_their_own(tenant: Tenant) -> None:
    settings = get_settings().model_copy(
        update={"ingest_rate": 0, "ingest_rate_per_address": 1}
    )
    app = IngestApp(enqueue_hint=lambda: None, settings=settings)
    transport = httpx.ASGITransport(app, client=("198.51.100.7", 1))
    page = {"Origin": "https://shop.example"}
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        statuses = [
            (
                await post(
                    client, "/v1/track", TRACK, key=tenant.write_key, headers=headers
                )
            ).status_code
            for headers in (page, page, {}, {})
        ]
    assert statuses == [200, 429, 200, 200]


async def test_made_up_keys_are_told_so_before_anything_else(
    client: httpx.AsyncClient,
) -> None:
    body = gzip.compress(json.dumps({"writeKey": UNKNOWN_KEY, "batch": 7}).encode())
    assert_error(await post(client, "/v1/batch", body), 401, "unauthenticated")


async def test_a_defect_is_logged_and_told_in_the_envelope(
    tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    app = IngestApp(enqueue_hint=lambda: None)  # nothing has begun, which is one
    transport = httpx.ASGITransport(app)
    page = {"Origin": "https://shop.example"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await post(client, "/v1/t", TRACK, key=tenant.write_key, headers=page)
    assert_error(answer, 500, "internal_error")
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "/v1/t failed" in caplog.text
