"""Rules, versions and the draft over the API, for admins, members and strangers."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import col

from leadpulse_app.database import transaction
from leadpulse_app.models import Membership, Role
from tests.tenants import Tenant, make_tenant

RULE = {"name": "Trial begun", "eventType": "trial begun", "points": 40}


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


class Caller:
    """Calls the API as one person."""

    def __init__(self, client: httpx.AsyncClient, tenant: Tenant) -> None:
        self.client = client
        self.headers = tenant.bearer

    async def answer(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.client.request(
            method,
            f"/api{path}",
            headers=self.headers,
            **({} if body is None else {"json": body}),
        )

    async def __call__(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.answer(method, path, body)
        assert answer.is_success, answer.text
        return answer.json()["data"]

    async def refused(
        self, status: int, method: str, path: str, body: Any = None
    ) -> dict[str, Any]:
        answer = await self.answer(method, path, body)
        assert answer.status_code == status, answer.text
        return dict(answer.json())


@pytest.fixture
def call(client: httpx.AsyncClient, tenant: Tenant) -> Caller:
    return Caller(client, tenant)


async def test_a_written_rule_is_in_force_at_once_as_a_new_version(
    call: Caller,
) -> None:
    answer = await call.answer("POST", "/rules", RULE)
    assert answer.status_code == 201
    rule = answer.json()["data"]
    assert rule == {
        "id": rule["id"],
        "name": "Trial begun",
        "description": "",
        "eventType": "trial begun",
        "points": 40,
        "active": True,
        "conditions": [],
        "cap": None,
        "expiresAfterDays": None,
        "version": 2,
    }
    shown = await call("GET", f"/rules/{rule['id']}")
    assert {**shown, "version": 2} == rule
    changed = await call("PUT", f"/rules/{rule['id']}", {**shown, "active": False})
    assert (changed["id"], changed["active"], changed["version"]) == (
        rule["id"],
        False,
        3,
    )
    removed = await call("DELETE", f"/rules/{rule['id']}")
    assert removed == {"id": rule["id"], "version": 4}
    listed = await call("GET", "/rules")
    assert (listed["version"], len(listed["rules"])) == (4, 10)
    await call.refused(404, "GET", f"/rules/{rule['id']}")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("eventType", "*"),
        ("eventType", "$fields"),
        ("points", 10_001),
        ("points", "5"),
        ("description", "x" * 501),
        ("active", "perhaps"),
        ("conditions", [{"field": "plan"}]),
        ("conditions", {}),
        ("cap", 3),
        ("expiresAfterDays", 30),
    ],
)
async def test_what_a_rule_can_not_say_is_refused_by_field(
    call: Caller, field: str, value: object
) -> None:
    refusal = await call.refused(400, "POST", "/rules", {**RULE, field: value})
    assert set(refusal["details"]) == {field}
    assert (await call("GET", "/rules"))["version"] == 1


async def test_what_comes_later_may_be_sent_empty(call: Caller) -> None:
    nothing = {"conditions": None, "cap": None, "expiresAfterDays": None}
    assert (await call("POST", "/rules", {**RULE, **nothing}))["conditions"] == []


async def test_a_draft_is_written_shown_and_published(call: Caller) -> None:
    assert await call("GET", "/rulesets/draft") is None
    [first, second, *_] = (await call("GET", "/rules"))["rules"]
    rule = await call("POST", "/rules?draft=true", RULE)
    assert rule["version"] == 1
    await call("PUT", f"/rules/{first['id']}?draft=true", {**first, "points": 7})
    await call("DELETE", f"/rules/{second['id']}?draft=true")
    assert (await call("GET", "/rules"))["version"] == 1
    draft = await call("GET", "/rulesets/draft")
    assert draft["baseVersion"] == draft["activeVersion"] == 1
    assert not draft["outdated"]
    assert draft["updatedBy"] == "Ada"
    changes = draft["changes"]
    assert changes["added"][0]["rule"]["id"] == rule["id"]
    assert [each["id"] for each in changes["removed"]] == [second["id"]]
    assert changes["changed"] == [
        {
            "id": first["id"],
            "name": first["name"],
            "fields": [{"field": "points", "before": 5, "after": 7}],
        }
    ]
    published = await call(
        "POST", "/rulesets/publish", {"updatedAt": draft["updatedAt"]}
    )
    assert published["version"] == 2
    assert published["rules"] == draft["rules"]
    assert await call("GET", "/rulesets/draft") is None
    await call.refused(409, "POST", "/rulesets/publish")


async def test_a_draft_is_replaced_brought_up_to_date_and_discarded(
    call: Caller,
) -> None:
    rules = (await call("GET", "/rules"))["rules"]
    draft = await call("POST", "/rulesets/draft", {"rules": [RULE, rules[0]]})
    assert [rule["name"] for rule in draft["rules"]] == ["Page view", "Trial begun"]
    await call("PUT", f"/rules/{rules[0]['id']}", {**rules[0], "points": 9})
    refusal = await call.refused(409, "POST", "/rulesets/publish")
    assert refusal["code"] == "conflict"
    rebased = await call("POST", "/rulesets/draft/rebase")
    assert [rule["points"] for rule in rebased["rules"]] == [9, 40]
    stale = {"updatedAt": draft["updatedAt"]}
    await call.refused(409, "POST", "/rulesets/publish", stale)
    await call("DELETE", "/rulesets/draft")
    assert await call("GET", "/rulesets/draft") is None
    assert await call("POST", "/rulesets/draft", {"rules": rules}) is not None
    for wrong in ([], [RULE] * 201, [{**RULE, "id": str(uuid4())}], [rules[0]] * 2):
        await call.refused(400, "POST", "/rulesets/draft", {"rules": wrong})


async def test_versions_are_listed_shown_and_rolled_back_to(call: Caller) -> None:
    before = await call("GET", "/rules")
    await call("POST", "/rules", RULE)
    back = await call("POST", "/rulesets/1/rollback")
    assert (back["version"], back["rules"]) == (3, before["rules"])
    newest = await call("GET", "/rulesets?limit=2")
    [third, second] = newest["versions"]
    assert (third["version"], third["active"], third["restoredVersion"]) == (3, True, 1)
    assert len(third["changes"]["removed"]) == len(second["changes"]["added"]) == 1
    assert second["publishedBy"] == "Ada"
    rest = await call("GET", f"/rulesets?cursor={newest['nextCursor']}")
    assert [each["version"] for each in rest["versions"]] == [1]
    assert (await call("GET", "/rulesets/1"))["rules"] == before["rules"]
    for path in ("/rulesets/4", "/rulesets/0", f"/rulesets/{2**31}", "/rulesets/x"):
        await call.refused(404, "GET", path)
        await call.refused(404, "POST", f"{path}/rollback")
    await call.refused(400, "GET", "/rulesets?cursor=x")


async def test_a_simulation_says_what_fires_and_why_the_rest_does_not(
    call: Caller, tenant: Tenant
) -> None:
    [first, *_] = (await call("GET", "/rules"))["rules"]
    event = {"event": {"event": "page_view", "anonymousId": "a", "properties": {}}}
    outcome = await call("POST", "/rules/simulate", event)
    assert (outcome["events"], outcome["points"]) == (1, 5)
    assert outcome["rules"][0].items() >= {"fires": True, "reason": None}.items()
    assert outcome["rules"][1]["reason"] == "other_event_type"
    await call("PUT", f"/rules/{first['id']}?draft=true", {**first, "active": False})
    outcome = await call("POST", "/rules/simulate", {**event, "draft": True})
    assert outcome["rules"][0].items() >= {"fires": False, "reason": "inactive"}.items()

    lead_id = await tenant.add_lead()
    for event_type in ("page_view", "page_view", "signup"):
        await tenant.add_event(lead_id, type=event_type)
    outcome = await call("POST", "/rules/simulate", {"leadId": str(lead_id)})
    assert (outcome["events"], outcome["points"]) == (3, 40)
    assert outcome["rules"][0].items() >= {"times": 2, "points": 10}.items()


@pytest.mark.parametrize(
    "body", [{}, {"event": {}}, {"event": {"event": "*"}}, {"leadId": "x"}, []]
)
async def test_nothing_is_simulated_for_nothing(call: Caller, body: Any) -> None:
    await call.refused(400, "POST", "/rules/simulate", body)
    both = {"event": {"event": "x"}, "leadId": str(uuid4())}
    await call.refused(400, "POST", "/rules/simulate", both)


async def test_another_projects_rules_versions_and_leads_are_not_there(
    client: httpx.AsyncClient, call: Caller
) -> None:
    stranger = await make_tenant()
    theirs = Caller(client, stranger)
    rule = await theirs("POST", "/rules", RULE)
    lead_id = await stranger.add_lead()
    for draft in ("", "?draft=true"):
        path = f"/rules/{rule['id']}{draft}"
        await call.refused(404, "PUT", path, RULE)
        await call.refused(404, "DELETE", path)
    await call.refused(404, "GET", f"/rules/{rule['id']}")
    await call.refused(404, "GET", "/rulesets/2")
    await call.refused(404, "POST", "/rulesets/2/rollback")
    await call.refused(404, "POST", "/rules/simulate", {"leadId": str(lead_id)})
    stolen = {"rules": [{**RULE, "id": rule["id"]}]}
    await call.refused(400, "POST", "/rulesets/draft", stolen)
    await call.refused(404, "GET", "/rules/nonsense")
    assert (await theirs("GET", "/rules"))["version"] == 2


WRITES = [
    ("POST", "/rules", RULE),
    ("PUT", f"/rules/{uuid4()}", RULE),
    ("DELETE", f"/rules/{uuid4()}", None),
    ("POST", "/rules?draft=true", RULE),
    ("POST", "/rulesets/draft", {"rules": [RULE]}),
    ("DELETE", "/rulesets/draft", None),
    ("POST", "/rulesets/draft/rebase", None),
    ("POST", "/rulesets/publish", None),
    ("POST", "/rulesets/1/rollback", None),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_a_member_reads_and_does_not_write(
    call: Caller, tenant: Tenant, method: str, path: str, body: Any
) -> None:
    async with transaction() as session:
        await session.execute(
            update(Membership)
            .where(col(Membership.user_id) == tenant.actor.user_id)
            .values(role=Role.MEMBER)
        )
    await call.refused(403, method, path, body)
    for readable in ("/rules", "/rulesets", "/rulesets/draft", "/rulesets/1"):
        await call("GET", readable)


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_nobody_writes_without_signing_in(
    client: httpx.AsyncClient, method: str, path: str, body: Any
) -> None:
    answer = await client.request(method, f"/api{path}", json=body)
    assert answer.status_code == 401
