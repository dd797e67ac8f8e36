"""Other systems' webhooks are taken, and have to be signed once a secret is set."""

import base64
import json
from typing import Any

import httpx
import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.webhook import signature_of
from leadpulse_app.services.ingest import webhook_secrets
from leadpulse_app.services.webhooks import make_webhook_secret, remove_webhook_secret
from tests.api.ingest.sending import assert_error, rejected_events, stored_event
from tests.tenants import Tenant, make_tenant

PATH = "/api/webhooks/events"
EVENT = {
    "event_type": "demo_request",
    "lead_email": "ada@example.com",
    "lead_id": "crm-7",
    "timestamp": "2026-03-01T10:00:00Z",
    "metadata": {"plan": "team"},
}


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_secrets, "REMEMBERED_SECONDS", 0.0)


async def send(
    client: httpx.AsyncClient,
    tenant: Tenant,
    body: dict[str, Any],
    *,
    signature: str | None = None,
) -> httpx.Response:
    headers = {"X-Write-Key": tenant.write_key}
    if signature is not None:
        headers["X-Webhook-Signature"] = signature
    return await client.post(PATH, content=json.dumps(body), headers=headers)


async def make_secret(tenant: Tenant) -> str:
    async with transaction(tenant.actor.project_id) as session:
        return await make_webhook_secret(session, tenant.actor)


def signed(body: dict[str, Any], secret: str) -> str:
    return signature_of(json.dumps(body).encode(), secret)


async def test_an_event_is_taken_and_mapped(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    answer = await send(client, tenant, {**EVENT, "id": "evt_1"})
    assert answer.status_code == 202
    assert answer.json() == {"success": True, "status": "queued", "eventId": "evt_1"}
    event = await stored_event(tenant, "evt_1")
    assert (event.type, event.user_id) == ("demo_request", "crm-7")
    assert event.traits == {"email": "ada@example.com"}
    assert event.properties == {"plan": "team"}
    assert event.occurred_at.isoformat() == "2026-03-01T10:00:00+00:00"


async def test_a_body_that_is_sent_again_counts_once(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    first, again = [await send(client, tenant, EVENT) for _ in range(2)]
    assert [first.json()["status"], again.json()["status"]] == ["queued", "duplicate"]
    assert first.json()["eventId"] == again.json()["eventId"]


@pytest.mark.parametrize("place", ["basic", "body", "query"])
async def test_the_key_may_stand_where_it_may_for_other_events(
    client: httpx.AsyncClient, tenant: Tenant, place: str
) -> None:
    key = tenant.write_key
    pair = base64.b64encode(f"{key}:".encode()).decode()
    options: dict[str, dict[str, Any]] = {
        "basic": {"json": EVENT, "headers": {"Authorization": f"Basic {pair}"}},
        "body": {"json": {**EVENT, "apiKey": key}},
        "query": {"json": EVENT, "params": {"writeKey": key}},
    }
    assert (await client.post(PATH, **options[place])).status_code == 202


async def test_without_a_key_nothing_is_taken(client: httpx.AsyncClient) -> None:
    assert_error(await client.post(PATH, json=EVENT), 401, "unauthenticated")


async def test_an_invalid_event_names_the_field_and_is_kept_as_rejected(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    answer = await send(client, tenant, {**EVENT, "lead_email": "nobody"})
    assert set(assert_error(answer, 400, "invalid_input")) == {"lead_email"}
    (rejected,) = await rejected_events(tenant)
    assert rejected.code == "invalid_event"
    assert "nobody" in rejected.payload


async def test_once_a_secret_is_set_only_what_is_signed_with_it_is_taken(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    secret = await make_secret(tenant)
    for wrong in (None, "", signed(EVENT, "another"), signed({}, secret)):
        refused = await send(client, tenant, EVENT, signature=wrong)
        assert_error(refused, 401, "invalid_signature")
    taken = await send(client, tenant, EVENT, signature=signed(EVENT, secret))
    assert taken.status_code == 202
    rejected = await rejected_events(tenant)
    assert {each.code for each in rejected} == {"invalid_signature"}


async def test_the_secret_before_is_of_no_use_after_a_rotation(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    old, new = await make_secret(tenant), await make_secret(tenant)
    refused = await send(client, tenant, EVENT, signature=signed(EVENT, old))
    assert_error(refused, 401, "invalid_signature")
    taken = await send(client, tenant, EVENT, signature=signed(EVENT, new))
    assert taken.status_code == 202


async def test_without_the_secret_no_signature_is_needed_again(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    await make_secret(tenant)
    assert (await send(client, tenant, EVENT)).status_code == 401
    async with transaction(tenant.actor.project_id) as session:
        await remove_webhook_secret(session, tenant.actor)
    assert (await send(client, tenant, EVENT)).status_code == 202


async def test_a_new_secret_may_go_unnoticed_while_the_answer_is_remembered(
    client: httpx.AsyncClient, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_secrets, "REMEMBERED_SECONDS", 60.0)
    assert (await send(client, tenant, EVENT)).status_code == 202
    await make_secret(tenant)
    assert (await send(client, tenant, EVENT)).status_code == 202, "still remembered"


async def test_another_projects_secret_is_of_no_use(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    await make_secret(tenant)
    theirs = await make_secret(await make_tenant())
    refused = await send(client, tenant, EVENT, signature=signed(EVENT, theirs))
    assert_error(refused, 401, "invalid_signature")
