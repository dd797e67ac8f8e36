"""The stream of events, files of them, and the release of those held back."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from leadpulse_app.api import upload
from leadpulse_app.api.app import create_api
from leadpulse_app.api.transport import MAXIMUM_UPLOAD_BYTES
from leadpulse_app.database import transaction
from leadpulse_app.models import Event, QuarantinedEvent
from leadpulse_app.services.actors import SESSION_COOKIE
from leadpulse_app.services.ingest import GroupCommit
from leadpulse_app.settings import get_settings
from tests.services.scoring_project import score_all
from tests.tenants import Tenant, make_tenant

UPLOAD = "/api/events/batch"
FILE = b"event,userId\nsignup,u1\nsignup,\nsignup,u2\n"


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


@pytest.fixture
async def hints() -> asyncio.Queue[None]:
    return asyncio.Queue()


@pytest.fixture
async def api(hints: asyncio.Queue[None]) -> AsyncIterator[FastAPI]:
    loop = asyncio.get_running_loop()
    commit = GroupCommit(
        enqueue_hint=lambda: loop.call_soon_threadsafe(hints.put_nowait, None)
    )
    commit.start()
    app = create_api()
    app.state.group_commit = commit
    yield app
    await commit.stop()


@pytest.fixture
async def client(api: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(api, raise_app_exceptions=False),
        base_url=get_settings().public_url,
    ) as caller:
        yield caller


async def hold(event: Event) -> None:
    async with transaction(event.project_id) as session:
        session.add(
            QuarantinedEvent(
                project_id=event.project_id,
                event_id=event.id,
                lead_id=event.lead_id,
                reason="Googlebot",
            )
        )


async def listed(
    client: httpx.AsyncClient, tenant: Tenant, **parameters: str
) -> list[str]:
    answer = await client.get("/api/events", params=parameters, headers=tenant.bearer)
    return [event["id"] for event in answer.json()["data"]["events"]]


async def test_an_event_is_shown_whole(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    lead_id = await tenant.add_lead(name="Ada")
    event = Event(
        project_id=tenant.actor.project_id,
        lead_id=lead_id,
        message_id="m1",
        type="signup",
        anonymous_id="a1",
        user_id="u1",
        session_id="s1",
        properties={"plan": {"seats": 3}},
        timestamp=moment,
        received_at=moment,
        occurred_at=moment,
    )
    async with transaction(tenant.actor.project_id) as session:
        session.add(event)
    await tenant.add_entry(event, sequence=1, delta=30, rule_id=None)
    answer = await client.get("/api/events", headers=tenant.bearer)
    assert answer.json() == {
        "success": True,
        "data": {
            "events": [
                {
                    "id": "m1",
                    "type": "signup",
                    "leadId": str(lead_id),
                    "leadLabel": "Ada",
                    "anonymousId": "a1",
                    "userId": "u1",
                    "sessionId": "s1",
                    "properties": {"plan": {"seats": 3}},
                    "timestamp": "2026-01-02T03:04:05Z",
                    "sentAt": None,
                    "receivedAt": "2026-01-02T03:04:05Z",
                    "occurredAt": "2026-01-02T03:04:05Z",
                    "scored": True,
                    "delta": 30,
                    "bot": None,
                }
            ],
            "nextCursor": None,
        },
    }


async def test_events_are_paged_by_a_cursor_and_found_by_type_or_as_held(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    lead_id = await tenant.add_lead()
    sent = [await tenant.add_event(lead_id) for _ in range(2)]
    sent.append(await tenant.add_event(lead_id, type="signup"))
    await hold(sent[0])
    newest_first = [event.message_id for event in reversed(sent)]
    first = await client.get("/api/events?limit=2", headers=tenant.bearer)
    cursor = first.json()["data"]["nextCursor"]
    assert [event["id"] for event in first.json()["data"]["events"]] == (
        newest_first[:2]
    )
    assert await listed(client, tenant, cursor=cursor) == newest_first[2:]
    assert await listed(client, tenant, type="signup") == newest_first[:1]
    assert await listed(client, tenant, bot="true") == newest_first[2:]
    await tenant.add_event(await tenant.add_lead())
    assert await listed(client, tenant, leadId=str(lead_id)) == newest_first
    answer = await client.get(f"/api/events?leadId={uuid4()}", headers=tenant.bearer)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "cursor=x", "type=a%00", "bot=perhaps", "leadId=x"],
)
async def test_a_list_that_can_not_be_is_refused(
    client: httpx.AsyncClient, tenant: Tenant, query: str
) -> None:
    answer = await client.get(f"/api/events?{query}", headers=tenant.bearer)
    assert answer.status_code == 400


async def test_a_cursor_with_text_that_can_not_be_stored_is_refused(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    lead_id = await tenant.add_lead()
    cursor = urlsafe_b64encode(b'["2026-03-01T00:00:00Z","\\u0000"]').decode()
    answer = await client.get(
        "/api/events",
        params={"leadId": str(lead_id), "cursor": cursor.rstrip("=")},
        headers=tenant.bearer,
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("as_form", [True, False])
async def test_a_file_goes_in_and_a_bad_row_is_told_with_its_line(
    client: httpx.AsyncClient, tenant: Tenant, as_form: bool
) -> None:
    if as_form:
        answer = await client.post(
            UPLOAD, files={"file": ("e.csv", FILE)}, headers=tenant.bearer
        )
    else:
        answer = await client.post(
            UPLOAD, content=FILE, headers={**tenant.bearer, "Content-Type": "text/csv"}
        )
    assert answer.status_code == 200
    data = answer.json()["data"]
    (error,) = data.pop("errors")
    assert data == {"accepted": 2, "duplicates": 0, "rejected": 1}
    assert (error["line"], error["code"]) == (3, "invalid_event")
    assert len(await listed(client, tenant, type="signup")) == 2


async def test_json_goes_in_too(client: httpx.AsyncClient, tenant: Tenant) -> None:
    answer = await client.post(
        UPLOAD,
        json={"events": [{"event": "signup", "anonymousId": "a1", "messageId": "m1"}]},
        headers=tenant.bearer,
    )
    assert answer.json()["data"]["accepted"] == 1
    assert await listed(client, tenant) == ["m1"]


@pytest.mark.parametrize(
    ("request_parts", "status", "words"),
    [
        ({"content": b""}, 400, "empty"),
        ({"content": b"\xff\xfe"}, 400, "UTF-8"),
        ({"files": {"other": ("e.csv", FILE)}}, 400, "no file called file"),
        ({"data": {"file": "text"}, "files": {"x": b""}}, 400, "no file called file"),
        ({"content": b"x" * (MAXIMUM_UPLOAD_BYTES + 1)}, 413, "over 10 MB"),
        (
            {"files": {"file": ("e.csv", b"x" * (MAXIMUM_UPLOAD_BYTES + 1))}},
            413,
            "over 10 MB",
        ),
        ({"content": b"x" * (2 * MAXIMUM_UPLOAD_BYTES)}, 413, "over 10 MB"),
    ],
)
async def test_a_file_that_can_not_be_taken_is_refused_in_plain_words(
    client: httpx.AsyncClient,
    tenant: Tenant,
    request_parts: dict[str, object],
    status: int,
    words: str,
) -> None:
    answer = await client.post(UPLOAD, headers=tenant.bearer, **request_parts)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert words in answer.json()["message"]
    assert await listed(client, tenant) == []


@pytest.mark.parametrize("boundary", ["; boundary=x", "; boundary=", ""])
async def test_a_broken_form_is_refused(
    client: httpx.AsyncClient, tenant: Tenant, boundary: str
) -> None:
    answer = await client.post(
        UPLOAD,
        content=b"nothing",
        headers={**tenant.bearer, "Content-Type": f"multipart/form-data{boundary}"},
    )
    assert answer.status_code == 400


async def test_an_endless_file_is_cut_off(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10 * MAXIMUM_UPLOAD_BYTES:
            sent += 1024 * 1024
            yield b"x" * (1024 * 1024)

    answer = await client.post(UPLOAD, content=endless(), headers=tenant.bearer)
    assert answer.status_code == 413
    assert sent < 2 * MAXIMUM_UPLOAD_BYTES


async def test_nobody_uploads_without_signing_in_or_from_another_site(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    cookie = {"Cookie": f"{SESSION_COOKIE}={tenant.token}"}
    refused = [
        await client.post(UPLOAD, content=FILE, headers=headers)
        for headers in ({}, cookie, {**cookie, "Origin": "https://elsewhere.example"})
    ]
    assert [answer.status_code for answer in refused] == [401, 403, 403]
    ours = {**cookie, "Origin": get_settings().public_url}
    assert (await client.post(UPLOAD, content=FILE, headers=ours)).is_success


async def test_a_project_uploads_one_file_at_a_time(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    with upload.place_for(tenant.actor.project_id):
        busy = await client.post(UPLOAD, content=FILE, headers=tenant.bearer)
        assert busy.status_code == 503
        assert busy.headers["Retry-After"]
        other = await make_tenant()
        answer = await client.post(UPLOAD, content=FILE, headers=other.bearer)
        assert answer.is_success
    assert (await client.post(UPLOAD, content=FILE, headers=tenant.bearer)).is_success


async def test_a_sender_who_pauses_for_long_is_given_up(
    client: httpx.AsyncClient, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "SENDER_PATIENCE_SECONDS", 0.05)

    async def stalling() -> AsyncIterator[bytes]:
        yield FILE
        await asyncio.Event().wait()

    answer = await client.post(UPLOAD, content=stalling(), headers=tenant.bearer)
    assert answer.status_code == 408


async def score_of(client: httpx.AsyncClient, tenant: Tenant, lead_id: UUID) -> int:
    answer = await client.get(f"/api/leads/{lead_id}", headers=tenant.bearer)
    return int(answer.json()["data"]["currentScore"])


async def test_what_is_released_wakes_the_scorer_and_scores_once(
    client: httpx.AsyncClient, tenant: Tenant, hints: asyncio.Queue[None]
) -> None:
    lead_id = await tenant.add_lead()
    held = [await tenant.add_event(lead_id, type="signup") for _ in range(3)]
    for event in held:
        await hold(event)
    for which, expected in (
        ({"eventIds": [held[0].message_id, "unknown"]}, 1),
        ({"leadId": str(lead_id)}, 2),
        ({"all": True}, 0),
    ):
        answer = await client.post(
            "/api/events/release", json=which, headers=tenant.bearer
        )
        assert answer.json() == {"success": True, "data": {"released": expected}}
        await asyncio.wait_for(hints.get(), 5)
    await asyncio.to_thread(score_all)
    assert await score_of(client, tenant, lead_id) == 90
    assert await listed(client, tenant, bot="true") == []


@pytest.mark.parametrize(
    "which",
    [
        {},
        {"all": False},
        {"all": True, "eventIds": ["m1"]},
        {"eventIds": ["m1"], "leadId": str(uuid4())},
        {"eventIds": ["x"] * 501},
        {"eventIds": "m1"},
        {"eventIds": ["\0"]},
        {"eventIds": ["\ud800"]},
        {"leadId": "nobody"},
    ],
)
async def test_a_release_says_exactly_what_it_is_of(
    client: httpx.AsyncClient, tenant: Tenant, which: dict[str, object]
) -> None:
    answer = await client.post(
        "/api/events/release",
        content=json.dumps(which),
        headers={**tenant.bearer, "Content-Type": "application/json"},
    )
    assert answer.status_code == 400


async def test_another_projects_events_can_not_be_released(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    other = await make_tenant()
    event = await other.add_event(await other.add_lead())
    await hold(event)
    for which in (
        {"eventIds": [event.message_id]},
        {"leadId": str(event.lead_id)},
        {"all": True},
    ):
        answer = await client.post(
            "/api/events/release", json=which, headers=tenant.bearer
        )
        assert answer.json()["data"] == {"released": 0}
    assert await listed(client, other, bot="true") == [event.message_id]
