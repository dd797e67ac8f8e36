"""The preview of the draft over the API."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import col

from leadpulse_app.database import transaction
from leadpulse_app.models import Membership, Role
from tests.services.people import settle
from tests.services.previewing import work_all
from tests.tenants import Tenant, make_tenant

PATH = "/api/rulesets/preview"


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


def data(answer: httpx.Response, *, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


async def draft(client: httpx.AsyncClient, tenant: Tenant, points: int) -> str:
    """Let a draft give points for visits, and return the rule's id."""
    answer = await client.post(
        "/api/rules",
        params={"draft": True},
        json={"name": "Visit", "eventType": "visit", "points": points},
        headers=tenant.bearer,
    )
    return str(data(answer, status=201)["id"])


async def test_a_preview_is_started_and_read(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    assert data(await client.get(PATH, headers=tenant.bearer)) is None
    lead_id = await tenant.add_lead(email="ada@example.com")
    await tenant.add_pending(await tenant.add_event(lead_id, type="visit"))
    await asyncio.to_thread(settle)
    await asyncio.to_thread(work_all)
    rule_id = await draft(client, tenant, 12)
    started = data(await client.post(PATH, headers=tenant.bearer), status=202)
    assert (started["status"], started["result"]) == ("waiting", None)
    assert data(await client.get(PATH, headers=tenant.bearer)) == started
    await asyncio.to_thread(work_all)
    found = data(await client.get(PATH, headers=tenant.bearer))
    assert found.keys() == {
        "id",
        "status",
        "leads",
        "allLeads",
        "startedAt",
        "finishedAt",
        "error",
        "stale",
        "result",
    }
    assert (found["id"], found["status"]) == (started["id"], "done")
    assert (found["leads"], found["allLeads"], found["stale"]) == (1, 1, False)
    result = found["result"]
    moved = {
        "id": str(lead_id),
        "name": "ada@example.com",
        "oldScore": 0,
        "newScore": 12,
    }
    assert (result["leads"], result["events"], result["changed"]) == (1, 1, 1)
    assert result["moves"] == [
        {"oldStage": "cold", "newStage": "warm", "leads": 1, "mostChanged": [moved]}
    ]
    (explained,) = result["mostChanged"]
    assert explained == {
        **moved,
        "oldStage": "cold",
        "newStage": "warm",
        "rules": [
            {
                "ruleId": rule_id,
                "name": "Visit",
                "oldTimes": 0,
                "oldPoints": 0,
                "newTimes": 1,
                "newPoints": 12,
            }
        ],
    }
    assert result["rules"][0] == {
        "ruleId": rule_id,
        "name": "Visit",
        "old": 0,
        "new": 12,
    }
    assert result["stages"][:2] == [
        {"stage": "cold", "old": 1, "new": 0},
        {"stage": "warm", "old": 0, "new": 1},
    ]
    assert result["newThresholds"] == {"warm": 11, "hot": 31, "qualified": 60}
    assert sum(bar["new"] for bar in result["bars"]) == 1

    await draft(client, tenant, 3)
    assert data(await client.get(PATH, headers=tenant.bearer))["stale"] is True


async def test_without_a_draft_there_is_nothing_to_preview(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    answer = await client.post(PATH, headers=tenant.bearer)
    assert answer.status_code == 409
    assert answer.json()["code"] == "conflict"


async def test_a_preview_is_called_off(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    data(await client.delete(PATH, headers=tenant.bearer))
    await draft(client, tenant, 12)
    data(await client.post(PATH, headers=tenant.bearer), status=202)
    data(await client.delete(PATH, headers=tenant.bearer))
    found = data(await client.get(PATH, headers=tenant.bearer))
    assert (found["status"], found["result"]) == ("cancelled", None)


async def test_a_member_reads_and_others_see_nothing(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    await draft(client, tenant, 12)
    data(await client.post(PATH, headers=tenant.bearer), status=202)
    stranger = await make_tenant()
    assert data(await client.get(PATH, headers=stranger.bearer)) is None
    data(await client.delete(PATH, headers=stranger.bearer))
    async with transaction() as session:
        await session.execute(
            update(Membership)
            .where(col(Membership.user_id) == tenant.actor.user_id)
            .values(role=Role.MEMBER)
        )
    found = data(await client.get(PATH, headers=tenant.bearer))
    assert found["status"] == "waiting"
    for answer in (
        await client.post(PATH, headers=tenant.bearer),
        await client.delete(PATH, headers=tenant.bearer),
    ):
        assert answer.status_code == 403
    for method in ("GET", "POST", "DELETE"):
        assert (await client.request(method, PATH)).status_code == 401
