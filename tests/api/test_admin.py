"""Failed scoring, rebuilds, verification and the queue's figures over the API."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import col

from leadpulse_app.api import admin as admin_api
from leadpulse_app.api.app import create_api
from leadpulse_app.database import transaction
from leadpulse_app.models import Lead, Membership, Project, Role, RulesetVersion
from leadpulse_app.services import rebuilding
from leadpulse_app.services.ingest import GroupCommit
from leadpulse_app.settings import get_settings
from tests.services.scoring_project import score_all, score_once
from tests.tenants import Tenant, make_tenant

FAILED = "/api/admin/failed-jobs"


@pytest.fixture
async def tenant() -> Tenant:
    await asyncio.to_thread(score_all)  # what other tests left behind
    return await make_tenant()


@pytest.fixture
async def hints() -> asyncio.Queue[None]:
    return asyncio.Queue()


@pytest.fixture
async def client(hints: asyncio.Queue[None]) -> AsyncIterator[httpx.AsyncClient]:
    loop = asyncio.get_running_loop()
    commit = GroupCommit(
        enqueue_hint=lambda: loop.call_soon_threadsafe(hints.put_nowait, None)
    )
    commit.start()
    app = create_api()
    app.state.group_commit = commit
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url=get_settings().public_url,
    ) as caller:
        yield caller
    await commit.stop()


async def put_in_force(tenant: Tenant, version: int) -> None:
    async with transaction(tenant.actor.project_id) as session:
        await session.execute(
            update(Project)
            .where(col(Project.id) == tenant.actor.project_id)
            .values(ruleset_version=version)
        )


async def add_failing(tenant: Tenant) -> UUID:
    async with transaction(tenant.actor.project_id) as session:
        if await session.get(RulesetVersion, (tenant.actor.project_id, 2)) is None:
            session.add(
                RulesetVersion(
                    project_id=tenant.actor.project_id,
                    version=2,
                    rules=[{"points": "x"}],
                )
            )
    await put_in_force(tenant, 2)
    lead_id = await tenant.add_lead()
    await tenant.add_pending(await tenant.add_event(lead_id))
    await asyncio.to_thread(score_once)
    return lead_id


async def add_scored(tenant: Tenant) -> UUID:
    lead_id = await tenant.add_lead()
    await tenant.add_pending(await tenant.add_event(lead_id))
    await asyncio.to_thread(score_all)
    return lead_id


async def alter(tenant: Tenant, lead_id: UUID) -> None:
    async with transaction(tenant.actor.project_id) as session:
        await session.execute(
            update(Lead).where(col(Lead.id) == lead_id).values(score=77)
        )


def data(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_a_failed_lead_is_listed_and_retried(
    tenant: Tenant, client: httpx.AsyncClient, hints: asyncio.Queue[None]
) -> None:
    lead_id = await add_failing(tenant)
    (job,) = data(await client.get(FAILED, headers=tenant.bearer))["jobs"]
    assert (job["id"], job["attempts"], job["events"]) == (str(lead_id), 1, 1)
    assert (job["needsPerson"], "ValidationError" in job["error"]) == (False, True)
    await put_in_force(tenant, 1)
    path = f"{FAILED}/{lead_id}/retry"
    assert data(await client.post(path, headers=tenant.bearer)) == {"retried": 1}
    await asyncio.wait_for(hints.get(), 5)
    await asyncio.to_thread(score_all)
    assert data(await client.get(FAILED, headers=tenant.bearer))["jobs"] == []
    assert (await client.post(path, headers=tenant.bearer)).status_code == 404


async def test_all_are_retried_and_pages_follow(
    tenant: Tenant, client: httpx.AsyncClient
) -> None:
    for _ in range(2):
        await add_failing(tenant)
    page = data(await client.get(FAILED, params={"limit": 1}, headers=tenant.bearer))
    rest = data(
        await client.get(
            FAILED, params={"cursor": page["nextCursor"]}, headers=tenant.bearer
        )
    )
    assert (len(rest["jobs"]), rest["nextCursor"]) == (1, None)
    await put_in_force(tenant, 1)
    retried = await client.post(f"{FAILED}/retry", headers=tenant.bearer)
    assert data(retried) == {"retried": 2}
    await asyncio.to_thread(score_all)


async def test_a_failed_lead_is_discarded_once(
    tenant: Tenant, client: httpx.AsyncClient
) -> None:
    path = f"{FAILED}/{await add_failing(tenant)}"
    assert data(await client.delete(path, headers=tenant.bearer)) == {"discarded": 1}
    assert (await client.delete(path, headers=tenant.bearer)).status_code == 404
    queue = await client.get("/api/analytics/queue-health", headers=tenant.bearer)
    assert data(queue) == {
        "pending": 0,
        "oldestPendingAt": None,
        "failedLeads": 0,
        "failedEvents": 0,
        "worker": False,
    }


async def test_an_altered_score_is_found_and_rebuilt(
    tenant: Tenant, client: httpx.AsyncClient
) -> None:
    lead_id = await add_scored(tenant)
    await alter(tenant, lead_id)
    health = "/api/admin/system-health"
    found = data(await client.get(health, headers=tenant.bearer))
    assert (found["healthy"], found["leads"], found["differing"]) == (False, 1, 1)
    assert found["differences"][0]["leadId"] == str(lead_id)
    path = f"/api/admin/rebuild/{lead_id}"
    assert data(await client.post(path, headers=tenant.bearer))["currentScore"] == 5
    assert data(await client.get(health, headers=tenant.bearer))["healthy"]


async def test_a_project_is_rebuilt_for_as_long_as_a_call_lasts(
    tenant: Tenant, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_ids = [await add_scored(tenant) for _ in range(3)]
    for lead_id in lead_ids:
        await alter(tenant, lead_id)
    monkeypatch.setattr(admin_api, "REBUILD_SECONDS", -1)
    monkeypatch.setattr(rebuilding, "LEADS_AT_ONCE", 2)
    path = f"/api/admin/rebuild-project/{tenant.actor.project_id}"
    first = data(await client.post(path, headers=tenant.bearer))
    assert (first["leads"], first["unrebuilt"]) == (2, [])
    second = data(
        await client.post(
            path, params={"cursor": first["nextCursor"]}, headers=tenant.bearer
        )
    )
    assert (second["leads"], second["nextCursor"]) == (1, None)
    health = await client.get("/api/admin/system-health", headers=tenant.bearer)
    assert data(health)["healthy"]


async def test_throughput_tells_what_was_scored(
    tenant: Tenant, client: httpx.AsyncClient
) -> None:
    await add_scored(tenant)
    path = "/api/analytics/throughput"
    found = data(await client.get(path, headers=tenant.bearer))
    assert found["events"] == 1
    assert len(found["minutes"]) == 61


ADMIN_ROUTES = [
    ("GET", FAILED),
    ("POST", f"{FAILED}/retry"),
    ("POST", f"{FAILED}/{{lead}}/retry"),
    ("DELETE", f"{FAILED}/{{lead}}"),
    ("GET", "/api/admin/system-health"),
    ("POST", "/api/admin/rebuild/{lead}"),
    ("POST", "/api/admin/rebuild-project/{project}"),
]


def _address(path: str, tenant: Tenant, lead_id: UUID) -> str:
    return path.format(lead=lead_id, project=tenant.actor.project_id)


@pytest.mark.parametrize(("method", "path"), ADMIN_ROUTES)
async def test_members_and_strangers_may_not(
    tenant: Tenant, client: httpx.AsyncClient, method: str, path: str
) -> None:
    address = _address(path, tenant, await tenant.add_lead())
    assert (await client.request(method, address)).status_code == 401
    async with transaction(tenant.actor.project_id) as session:
        await session.execute(
            update(Membership)
            .where(col(Membership.user_id) == tenant.actor.user_id)
            .values(role=Role.MEMBER)
        )
    answer = await client.request(method, address, headers=tenant.bearer)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("method", "path"), [route for route in ADMIN_ROUTES if "{" in route[1]]
)
async def test_what_is_another_project_s_is_not_there(
    tenant: Tenant, client: httpx.AsyncClient, method: str, path: str
) -> None:
    theirs = await make_tenant()
    lead_id = await add_failing(theirs)
    for address in (
        _address(path, theirs, lead_id),
        path.format(lead=uuid4(), project=uuid4()),
        path.format(lead="x", project="x"),
    ):
        answer = await client.request(method, address, headers=tenant.bearer)
        assert answer.status_code == 404
    (job,) = data(await client.get(FAILED, headers=theirs.bearer))["jobs"]
    assert job["id"] == str(lead_id)
    await client.delete(f"{FAILED}/{lead_id}", headers=theirs.bearer)
