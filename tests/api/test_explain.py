"""Over the API a score is explained, and adjusted, by those whose lead it is."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from leadpulse_app.api.app import create_api
from leadpulse_app.services.ingest import GroupCommit
from leadpulse_app.settings import get_settings
from tests.services.scoring_project import ScoringProject, score_all
from tests.tenants import Tenant, make_tenant

VISIT = UUID(int=1)


@pytest.fixture
async def tenant() -> Tenant:
    """Somebody in whose project visits lapse after a day, two a day at most."""
    tenant = await make_tenant()
    await asyncio.to_thread(score_all)  # what other tests left behind
    ScoringProject(tenant.actor.project_id, version=1).publish_stored(
        [
            {
                "id": str(VISIT),
                "name": "Visit",
                "event_type": "visit",
                "points": 6,
                "cap": {"times": 2, "per": "ever"},
                "expires_after_days": 1,
            }
        ]
    )
    return tenant


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


async def visit(tenant: Tenant, lead_id: UUID) -> datetime:
    event = await tenant.add_event(lead_id, type="visit")
    await tenant.add_pending(event)
    await asyncio.to_thread(score_all)
    return event.occurred_at


async def explain(
    client: httpx.AsyncClient, tenant: Tenant, lead_id: UUID, **parameters: Any
) -> dict[str, Any]:
    answer = await client.get(
        f"/api/leads/{lead_id}/explain", params=parameters, headers=tenant.bearer
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"])


async def test_a_score_is_explained_with_what_lies_ahead(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    lead_id = await tenant.add_lead()
    first = await visit(tenant, lead_id)
    await visit(tenant, lead_id)
    await visit(tenant, lead_id)
    explained = await explain(client, tenant, lead_id, limit=1)
    entries = explained.pop("entries")
    assert [entry["reason"] for entry in entries] == ["capped"]
    assert explained.pop("at").endswith("Z")
    assert explained.pop("nextCursor")
    due = (first + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert explained.pop("nextExpiry") == {"at": due, "points": -6}
    assert explained.pop("nextStage") == {"at": due, "stage": "cold"}
    nothing = {"expired": 0, "corrected": 0, "clamped": 0}
    assert explained == {
        "leadId": str(lead_id),
        "score": 12,
        "stage": "warm",
        "rulesetVersion": 2,
        "sequence": 3,
        "rules": [
            {
                "ruleId": str(VISIT),
                "ruleName": "Visit",
                "kind": "behaviour",
                "times": 3,
                "points": 18,
                "delta": 12,
                "capped": 1,
                "cap": {"times": 2, "points": None, "per": "ever"},
                "expiresAfterDays": 1,
                **nothing,
            }
        ],
        "adjustments": {"times": 0, "points": 0, "delta": 0, "capped": 0, **nothing},
        "corrections": [],
    }


async def test_as_of_a_moment_nothing_lies_ahead(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    lead_id = await tenant.add_lead()
    await visit(tenant, lead_id)
    at = datetime.now(UTC).isoformat()
    await visit(tenant, lead_id)
    then = await explain(client, tenant, lead_id, at=at)
    assert (then["score"], then["stage"], then["sequence"]) == (6, "cold", 1)
    assert (then["nextExpiry"], then["nextStage"]) == (None, None)
    assert datetime.fromisoformat(then["at"]) == datetime.fromisoformat(at)
    local = datetime.fromisoformat(at) + timedelta(hours=2)
    same = await explain(
        client, tenant, lead_id, at=f"{local:%Y-%m-%dT%H:%M:%S.%f}+02:00"
    )
    assert same["sequence"] == 1


@pytest.mark.parametrize(
    "at",
    [
        "",
        "now",
        "0",
        "1767225600",
        "2026-01-01",
        "2026-02-30T00:00:00Z",
        "2026-01-01T00:00:00+99:00",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "9999-12-31T23:59:59Z",
        "2000-01-01T00:00:00Z",
        "\x00",
        "x" * 10_000,
        "\uff12\uff10\uff12\uff16-01-01T00:00:00Z",
    ],
)
async def test_a_moment_that_is_none_is_refused_by_name(
    client: httpx.AsyncClient, tenant: Tenant, at: str
) -> None:
    lead_id = await tenant.add_lead()
    await visit(tenant, lead_id)
    answer = await client.get(
        f"/api/leads/{lead_id}/explain", params={"at": at}, headers=tenant.bearer
    )
    assert answer.status_code == 400
    assert list(answer.json()["details"]) == ["at"]


async def test_a_score_is_adjusted_once_however_often_that_is_sent(
    client: httpx.AsyncClient, tenant: Tenant, hints: asyncio.Queue[None]
) -> None:
    lead_id, own_id = await tenant.add_lead(), str(uuid4())
    body = {"points": 40, "note": " Met at a fair ", "adjustmentId": own_id}
    for is_new in (True, False):
        answer = await client.post(
            f"/api/leads/{lead_id}/adjust", json=body, headers=tenant.bearer
        )
        assert answer.status_code == 202
        assert answer.json()["data"] == {
            "adjustmentId": own_id,
            "leadId": str(lead_id),
            "points": 40,
            "note": "Met at a fair",
            "isNew": is_new,
        }
    await asyncio.wait_for(hints.get(), 5)
    await asyncio.to_thread(score_all)
    explained = await explain(client, tenant, lead_id)
    assert (explained["score"], explained["stage"]) == (40, "hot")
    assert explained["adjustments"]["delta"] == 40
    (entry,) = explained["entries"]
    assert entry["reason"] == "manual"
    assert entry["eventId"] == f"$adjust:{own_id}"
    assert entry["ruleName"] == f"Adjusted by {tenant.actor.user_name}: Met at a fair"
    assert (entry["note"], entry["adjustedBy"]) == (
        "Met at a fair",
        tenant.actor.user_name,
    )
    other = await client.post(
        f"/api/leads/{lead_id}/adjust",
        json={**body, "points": 41},
        headers=tenant.bearer,
    )
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"note": "x"}, "points"),
        ({"points": 0, "note": "x"}, "points"),
        ({"points": 10_001, "note": "x"}, "points"),
        ({"points": 1.5, "note": "x"}, "points"),
        ({"points": "5", "note": "x"}, "points"),
        ({"points": True, "note": "x"}, "points"),
        ({"points": 5}, "note"),
        ({"points": 5, "note": " "}, "note"),
        ({"points": 5, "note": "x" * 501}, "note"),
        ({"points": 5, "note": "a\0b"}, "note"),
        ({"points": 5, "note": {}}, "note"),
        ({"points": 5, "note": "x", "adjustmentId": "1"}, "adjustmentId"),
    ],
)
async def test_what_is_no_adjustment_is_refused_by_field(
    client: httpx.AsyncClient, tenant: Tenant, body: dict[str, Any], field: str
) -> None:
    lead_id = await tenant.add_lead()
    answer = await client.post(
        f"/api/leads/{lead_id}/adjust", json=body, headers=tenant.bearer
    )
    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [field]


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"5", b"\xff"])
async def test_a_body_that_is_no_object_is_refused(
    client: httpx.AsyncClient, tenant: Tenant, content: bytes
) -> None:
    answer = await client.post(
        f"/api/leads/{await tenant.add_lead()}/adjust",
        content=content,
        headers={**tenant.bearer, "Content-Type": "application/json"},
    )
    assert answer.status_code == 400


async def test_another_projects_lead_is_not_adjusted(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    theirs = await make_tenant()
    lead_id = await theirs.add_lead()
    for wanted in (lead_id, uuid4(), "1"):
        answer = await client.post(
            f"/api/leads/{wanted}/adjust",
            json={"points": 5, "note": "x"},
            headers=tenant.bearer,
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    await asyncio.to_thread(score_all)
    assert (await explain(client, theirs, lead_id))["score"] == 0


async def test_who_is_not_signed_in_explains_and_adjusts_nothing(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    lead_id = await tenant.add_lead()
    assert (await client.get(f"/api/leads/{lead_id}/explain")).status_code == 401
    answer = await client.post(
        f"/api/leads/{lead_id}/adjust", json={"points": 5, "note": "x"}
    )
    assert answer.status_code == 401


async def test_the_schema_tells_of_both(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/api/openapi.json")).json()
    explained = schema["paths"]["/api/leads/{lead_id}/explain"]["get"]
    assert {each["name"] for each in explained["parameters"]} == {
        "lead_id",
        "at",
        "limit",
        "cursor",
    }
    body = schema["components"]["schemas"]["AdjustmentBody"]["properties"]
    assert (body["points"]["minimum"], body["points"]["maximum"]) == (-10_000, 10_000)
    assert (body["note"]["minLength"], body["note"]["maxLength"]) == (1, 500)
    assert "202" in schema["paths"]["/api/leads/{lead_id}/adjust"]["post"]["responses"]
