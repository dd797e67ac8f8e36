"""A ruleset that fails its own tests is published only by those who say so."""

from typing import Any

import httpx
import pytest

from tests.api.test_rules import data
from tests.tenants import Tenant, make_tenant

TESTS = "/api/rulesets/tests"
PUBLISH = "/api/rulesets/publish"


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


async def post(
    client: httpx.AsyncClient, tenant: Tenant, path: str, body: Any = None
) -> httpx.Response:
    return await client.post(path, json=body, headers=tenant.bearer)


async def results(client: httpx.AsyncClient, tenant: Tenant) -> list[dict[str, Any]]:
    return list(data(await client.get(TESTS, headers=tenant.bearer)))


def demo(**expected: Any) -> dict[str, Any]:
    return {
        "name": "A demo is hot",
        "events": [{"type": "demo_request"}, {"type": "page_view", "daysAgo": 2}],
    } | expected


async def test_a_test_belongs_to_the_draft_and_the_version_made_of_it(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    added = data(
        await post(client, tenant, TESTS, demo(expectedStage="hot")), status=201
    )
    (result,) = await results(client, tenant)
    assert (result["id"], result["passed"]) == (added["id"], True)
    assert (result["score"], result["stage"]) == (55, "hot")
    assert data(await post(client, tenant, PUBLISH))["version"] == 2
    assert len(await results(client, tenant)) == 1
    removed = await client.delete(f"{TESTS}/{added['id']}", headers=tenant.bearer)
    assert data(removed) is None
    assert await results(client, tenant) == []
    again = await client.delete(f"{TESTS}/{added['id']}", headers=tenant.bearer)
    assert again.status_code == 404


async def test_a_failing_test_holds_up_every_way_to_publish(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    data(await post(client, tenant, TESTS, demo(expectedScore=50)), status=201)
    refused = await post(client, tenant, PUBLISH)
    assert (refused.status_code, refused.json()["code"]) == (409, "rule_tests_failed")
    assert refused.json()["details"] == {
        "A demo is hot": "It came out hot at 55; 50 was expected"
    }
    assert data(await post(client, tenant, PUBLISH, {"overrideTests": True}))
    rule = {"name": "Visit", "eventType": "visit", "points": 7}
    refused = await post(client, tenant, "/api/rules", rule)
    assert refused.json()["code"] == "rule_tests_failed"
    kept = await post(client, tenant, "/api/rules?overrideTests=true", rule)
    assert data(kept, status=201)["version"] == 3
    refused = await post(client, tenant, "/api/rulesets/2/rollback")
    assert refused.json()["code"] == "rule_tests_failed"
    back = await post(client, tenant, "/api/rulesets/1/rollback")
    assert data(back)["version"] == 4  # it had no tests


async def test_a_lead_is_tested_as_it_is(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    lead_id = await tenant.add_lead()
    for _ in range(2):
        await tenant.add_event(lead_id, type="signup")
    about = {"name": "Ada", "leadId": str(lead_id), "expectedStage": "qualified"}
    data(await post(client, tenant, TESTS, about), status=201)
    (result,) = await results(client, tenant)
    assert (result["passed"], result["score"]) == (True, 60)
    other = await make_tenant()
    data(await post(client, other, TESTS, about), status=201)
    (result,) = await results(client, other)
    assert (result["passed"], result["score"]) == (False, None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        demo(),
        demo(expectedStage="hot", expectedScore=5),
        demo(expectedScore=-1),
        demo(expectedScore="50"),
        demo(expectedStage="boiling"),
        demo(expectedScore=1, events=[]),
        demo(expectedScore=1, events=[{"type": "$adjust"}]),
        demo(expectedScore=1, events=[{"type": "x"}] * 101),
        demo(expectedScore=1, events=[{"type": "x", "daysAgo": 1e9}]),
        demo(expectedScore=1, events=[{"type": "x", "properties": {"a": "\x00"}}]),
        demo(expectedScore=1, name="\x00"),
        demo(expectedScore=1, company="\x00"),
        demo(expectedScore=1, leadId="not an id"),
    ],
)
async def test_what_is_no_test_is_refused(
    client: httpx.AsyncClient, tenant: Tenant, body: dict[str, Any]
) -> None:
    answer = await post(client, tenant, TESTS, body)
    assert answer.status_code == 400
    assert answer.json()["details"]
    assert await results(client, tenant) == []


async def test_a_version_may_be_applied_to_the_past(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    async def rescore() -> Any:
        path = "/api/rulesets/rescore"
        return data(await client.get(path, headers=tenant.bearer))

    assert await rescore() is None
    await tenant.add_lead()
    data(await post(client, tenant, TESTS, demo(expectedStage="hot")), status=201)
    data(await post(client, tenant, PUBLISH))
    assert await rescore() is None
    back = await post(client, tenant, "/api/rulesets/1/rollback", {"rescore": True})
    assert data(back)["version"] == 3
    progress = await rescore()
    assert (progress["version"], progress["leads"], progress["allLeads"]) == (3, 0, 1)
    assert progress["finishedAt"] is None
