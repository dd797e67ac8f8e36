from datetime import UTC, datetime, timedelta

import httpx
import pytest

from leadpulse_app.database import transaction
from leadpulse_app.models import LeadTag
from tests.tenants import Tenant, make_tenant


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


@pytest.fixture
async def crowd(tenant: Tenant) -> Tenant:
    """A tenant with three leads: Ada, who is hot, Grace, who is cold, and Nobody."""
    now = datetime.now(UTC)
    ada = await tenant.add_lead(
        score=40,
        name="Ada",
        last_event_at=now - timedelta(hours=1),
        owner_id=tenant.actor.user_id,
    )
    await tenant.add_lead(score=5, name="Grace", last_event_at=now - timedelta(days=20))
    await tenant.add_lead(name="Nobody", created_at=now - timedelta(days=10))
    await tenant.add_event(ada, type="demo_request")
    async with transaction(tenant.actor.project_id) as session:
        session.add(LeadTag(project_id=tenant.actor.project_id, tag="vip", lead_id=ada))
    return tenant


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Ada", "Grace", "Nobody"]),
        ("q=ad", ["Ada"]),
        ("minScore=5", ["Ada", "Grace"]),
        ("minScore=5&maxScore=39", ["Grace"]),
        ("seenWithinDays=1", ["Ada"]),
        ("risk=high", ["Grace"]),
        ("risk=medium", ["Nobody"]),
        ("owner=none", ["Grace", "Nobody"]),
        ("owner=me", ["Ada"]),
        ("tag=VIP", ["Ada"]),
        ("event=demo_request", ["Ada"]),
        ("tag=vip&q=grace", []),
        ("sort=last_seen", ["Ada", "Grace", "Nobody"]),
        ("stage=hot&risk=low&event=demo_request", ["Ada"]),
    ],
)
async def test_filters_leave_the_same_in_the_list_and_in_the_export(
    client: httpx.AsyncClient, crowd: Tenant, query: str, names: list[str]
) -> None:
    query = query.replace("owner=me", f"owner={crowd.actor.user_id}")
    answer = await client.get(f"/api/leads?{query}", headers=crowd.bearer)
    page = answer.json()["data"]
    assert [lead["name"] for lead in page["leads"]] == names
    assert (page["total"], page["totalIsExact"]) == (len(names), True)
    export = await client.get(f"/api/leads/export?{query}", headers=crowd.bearer)
    assert [line.split(",")[0] for line in export.text.splitlines()[1:]] == names


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("minScore=-1", "minScore"),
        ("minScore=x", "minScore"),
        ("minScore=9&maxScore=3", "maxScore"),
        ("maxScore=10001", "maxScore"),
        ("seenWithinDays=366", "seenWithinDays"),
        ("risk=none", "risk"),
        ("owner=me", "owner"),
        ("tag=%20", "tag"),
        (f"tag={'x' * 41}", "tag"),
        ("event=", "event"),
        (f"event={'x' * 65}", "event"),
    ],
)
@pytest.mark.parametrize("route", ["/api/leads", "/api/leads/export"])
async def test_a_filter_out_of_range_is_refused_by_the_name_of_its_parameter(
    client: httpx.AsyncClient, tenant: Tenant, route: str, query: str, field: str
) -> None:
    answer = await client.get(f"{route}?{query}", headers=tenant.bearer)
    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [field]


async def test_a_lead_tells_its_owner_and_tags(
    client: httpx.AsyncClient, crowd: Tenant
) -> None:
    answer = await client.get("/api/leads?limit=1", headers=crowd.bearer)
    (lead,) = answer.json()["data"]["leads"]
    assert (lead["ownerId"], lead["ownerName"], lead["tags"]) == (
        str(crowd.actor.user_id),
        "Ada",
        ["vip"],
    )


@pytest.mark.parametrize("route", ["/api/leads/leaderboard", "/api/leaderboard"])
async def test_the_leaderboard_shows_the_highest_scores(
    client: httpx.AsyncClient, crowd: Tenant, route: str
) -> None:
    answer = await client.get(f"{route}?limit=2", headers=crowd.bearer)
    leads = answer.json()["data"]["leads"]
    assert [lead["name"] for lead in leads] == ["Ada", "Grace"]
    refused = await client.get(f"{route}?limit=101", headers=crowd.bearer)
    assert refused.status_code == 400
    other = await make_tenant()
    theirs = await client.get(route, headers=other.bearer)
    assert theirs.json()["data"]["leads"] == []


async def test_each_stage_has_its_leaders(
    client: httpx.AsyncClient, crowd: Tenant
) -> None:
    answer = await client.get("/api/leaderboard/by-stage?limit=1", headers=crowd.bearer)
    stages = answer.json()["data"]["stages"]
    assert [
        (each["stage"], each["count"], [lead["name"] for lead in each["leads"]])
        for each in stages
    ] == [
        ("qualified", 0, []),
        ("hot", 1, ["Ada"]),
        ("warm", 0, []),
        ("cold", 2, ["Grace"]),
    ]


async def test_leaderboards_want_somebody_signed_in(client: httpx.AsyncClient) -> None:
    for route in ("/api/leaderboard", "/api/leaderboard/by-stage"):
        assert (await client.get(route)).status_code == 401
