"""Rules, their draft and their versions over the API."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import col

from leadpulse_app.database import transaction
from leadpulse_app.models import Membership, Role
from tests.tenants import Tenant, make_tenant

NESTED: Any = []
for _ in range(4):
    NESTED = {"conditions": [NESTED] if NESTED else []}

VISIT = {"name": "Visit", "eventType": "visit", "points": 7}
HALF = "half \ud800"
DRAFT = "/api/rulesets/draft"
PUBLISH = "/api/rulesets/publish"


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


def data(answer: httpx.Response, *, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


async def rules_of(client: httpx.AsyncClient, tenant: Tenant) -> list[dict[str, Any]]:
    return list(
        data(await client.get("/api/rules", headers=tenant.bearer))["rules"],
    )


async def draft_of(client: httpx.AsyncClient, tenant: Tenant) -> Any:
    return data(await client.get(DRAFT, headers=tenant.bearer))


async def add(client: httpx.AsyncClient, tenant: Tenant, *, draft: bool) -> Any:
    answer = await client.post(
        "/api/rules", params={"draft": draft}, json=VISIT, headers=tenant.bearer
    )
    return data(answer, status=201)


async def test_a_rule_is_added_changed_and_removed_in_force_at_once(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    added = await add(client, tenant, draft=False)
    path = f"/api/rules/{added['id']}"
    assert added == {
        "id": added["id"],
        "name": "Visit",
        "description": "",
        "kind": "behaviour",
        "eventType": "visit",
        "points": 7,
        "active": True,
        "conditions": {"match": "all", "conditions": []},
        "cap": None,
        "expiresAfterDays": None,
        "version": 2,
    }
    shown = data(await client.get(path, headers=tenant.bearer))
    assert {**shown, "version": 2} == added
    whole = {**shown, "points": -3, "active": False}
    changed = await client.put(path, json=whole, headers=tenant.bearer)
    assert data(changed) == {**whole, "version": 3}
    assert (await rules_of(client, tenant))[-1] == whole
    again = await client.put(path, json=whole, headers=tenant.bearer)
    assert data(again)["version"] == 3
    removed = await client.delete(path, headers=tenant.bearer)
    assert data(removed) == {"id": added["id"], "version": 4}
    assert len(await rules_of(client, tenant)) == 10


async def test_a_draft_is_edited_and_published(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    assert await draft_of(client, tenant) is None
    added = await add(client, tenant, draft=True)
    assert added["version"] == 1
    path = f"/api/rules/{added['id']}"
    assert (await client.get(path, headers=tenant.bearer)).status_code == 404
    first, second, *_ = await rules_of(client, tenant)
    edit = {**first, "points": 9}
    for method, rule, body in (("PUT", first, edit), ("DELETE", second, None)):
        address = f"/api/rules/{rule['id']}?draft=true"
        data(await client.request(method, address, json=body, headers=tenant.bearer))
    draft = await draft_of(client, tenant)
    assert (draft["baseVersion"], draft["activeVersion"]) == (1, 1)
    assert (draft["outdated"], draft["updatedBy"]) == (False, "Ada")
    changes = draft["changes"]
    assert [each["rule"]["name"] for each in changes["added"]] == ["Visit"]
    assert changes["removed"] == [second]
    assert changes["changed"] == [
        {
            "id": first["id"],
            "name": first["name"],
            "fields": [{"field": "points", "before": 5, "after": 9}],
        }
    ]
    seen = {"updatedAt": draft["updatedAt"]}
    ruleset = data(await client.post(PUBLISH, json=seen, headers=tenant.bearer))
    assert (ruleset["version"], ruleset["rules"]) == (2, draft["rules"])
    assert await draft_of(client, tenant) is None
    assert await rules_of(client, tenant) == draft["rules"]


async def test_a_draft_is_replaced_whole_and_dropped(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    first, *_ = rules = await rules_of(client, tenant)
    body = {"rules": [VISIT, {**first, "points": 1}]}
    draft = data(await client.post(DRAFT, json=body, headers=tenant.bearer))
    assert [rule["name"] for rule in draft["rules"]] == [first["name"], "Visit"]
    assert len(draft["changes"]["removed"]) == 9
    same = await client.post(DRAFT, json={"rules": rules}, headers=tenant.bearer)
    assert data(same) is None
    await add(client, tenant, draft=True)
    assert data(await client.delete(DRAFT, headers=tenant.bearer)) is None
    assert await draft_of(client, tenant) is None
    assert await rules_of(client, tenant) == rules


async def test_what_can_not_be_published_is_a_conflict(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    async def conflict(path: str, body: dict[str, str] | None = None) -> str:
        answer = await client.post(path, json=body, headers=tenant.bearer)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        return str(answer.json()["message"])

    assert "no draft" in await conflict(PUBLISH)
    await conflict(f"{DRAFT}/rebase")
    await add(client, tenant, draft=True)
    seen = {"updatedAt": (await draft_of(client, tenant))["updatedAt"]}
    await add(client, tenant, draft=True)
    assert "Somebody changed" in await conflict(PUBLISH, seen)
    await add(client, tenant, draft=False)
    assert (await draft_of(client, tenant))["outdated"]
    assert "Version 2 came into force" in await conflict(PUBLISH)
    rebased = data(await client.post(f"{DRAFT}/rebase", headers=tenant.bearer))
    assert (rebased["baseVersion"], rebased["outdated"]) == (2, False)
    published = await client.post(PUBLISH, headers=tenant.bearer)
    assert (data(published)["version"], len(data(published)["rules"])) == (3, 13)


async def test_versions_are_paged_shown_and_rolled_back_to(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    rules = await rules_of(client, tenant)
    added = await add(client, tenant, draft=False)
    back = await client.post("/api/rulesets/1/rollback", headers=tenant.bearer)
    assert (data(back)["version"], data(back)["rules"]) == (3, rules)
    path = "/api/rulesets"
    page = data(await client.get(path, params={"limit": 2}, headers=tenant.bearer))
    newest, older = page["versions"]
    assert (newest["version"], newest["active"]) == (3, True)
    assert (newest["restoredVersion"], newest["publishedBy"]) == (1, "Ada")
    assert [rule["id"] for rule in newest["changes"]["removed"]] == [added["id"]]
    assert (older["version"], older["restoredVersion"]) == (2, None)
    cursor = {"cursor": page["nextCursor"]}
    rest = data(await client.get(path, params=cursor, headers=tenant.bearer))
    assert [each["version"] for each in rest["versions"]] == [1]
    assert rest["nextCursor"] is None
    second = data(await client.get(f"{path}/2", headers=tenant.bearer))
    assert second["rules"][:-1] == rules
    assert second["rules"][-1]["id"] == added["id"]


async def test_rules_are_tried_on_an_event_and_on_a_lead(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    await add(client, tenant, draft=True)
    lead_id = await tenant.add_lead()
    for event_type in ("page_view", "page_view", "visit"):
        await tenant.add_event(lead_id, type=event_type)

    async def simulate(**body: Any) -> Any:
        answer = await client.post(
            "/api/rules/simulate", json=body, headers=tenant.bearer
        )
        return data(answer)

    event = {"event": "visit", "anonymousId": "visitor", "properties": {}}
    tried = await simulate(event=event)
    assert (tried["events"], tried["points"], len(tried["rules"])) == (1, 0, 10)
    assert {each["reason"] for each in tried["rules"]} == {"other_event_type"}
    assert (await simulate(event=event, draft=True))["points"] == 7
    first, *_ = await rules_of(client, tenant)
    off = await client.put(
        f"/api/rules/{first['id']}?draft=true",
        json={**first, "active": False},
        headers=tenant.bearer,
    )
    assert data(off)["active"] is False
    page_view = await simulate(event={"event": "page_view"}, draft=True)
    assert page_view["rules"][0]["reason"] == "inactive"
    data(
        await client.put(
            f"/api/rules/{first['id']}?draft=true", json=first, headers=tenant.bearer
        )
    )
    on_lead = await simulate(leadId=str(lead_id), draft=True)
    assert (on_lead["events"], on_lead["points"]) == (3, 17)
    assert [
        (each["rule"]["name"], each["times"], each["points"])
        for each in on_lead["rules"]
        if each["fires"]
    ] == [("Page view", 2, 10), ("Visit", 1, 7)]


async def test_an_event_is_tried_at_its_time(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    lapsing = {**VISIT, "expiresAfterDays": 30}
    data(
        await client.post("/api/rules", json=lapsing, headers=tenant.bearer), status=201
    )
    now = datetime.now(UTC)

    async def tried(timestamp: str | None) -> Any:
        event = {"event": "visit", "timestamp": timestamp}
        answer = await client.post(
            "/api/rules/simulate",
            json={"event": event, "lead": {"company": "Acme"}},
            headers=tenant.bearer,
        )
        found = data(answer)
        (outcome,) = (each for each in found["rules"] if each["times"])
        assert outcome["fires"] is (outcome["reason"] is None)
        return found["events"], found["score"], outcome["reason"]

    assert await tried(None) == (1, 7, None)
    assert await tried((now - timedelta(days=29)).isoformat()) == (1, 7, None)
    assert await tried((now - timedelta(days=30)).isoformat()) == (1, 0, "lapsed")
    for wrong in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59"):
        assert await tried(wrong) == (1, 7, None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "event"),
        ({"event": {}}, "event.event"),
        ({"event": {"event": "$adjust"}}, "event.event"),
        ({"event": {"event": "*"}}, "event.event"),
        ({"event": {"event": "x", "properties": []}}, "event.properties"),
        ({"event": {"event": "x", "properties": {"a": "\0"}}}, "event.properties"),
        ({"event": {"event": "x", "properties": {"a": HALF}}}, "event.properties"),
        ({"event": {"event": "x", "properties": {HALF: 1}}}, "event.properties"),
        ({"event": {"event": "x", "timestamp": "today"}}, "event.timestamp"),
        ({"event": {"event": "x", "timestamp": 5}}, "event.timestamp"),
        (
            {"event": {"event": "x", "timestamp": "0001-01-01T00:00:00+14:00"}},
            "event.timestamp",
        ),
        ({"event": {"event": "x"}, "lead": {"email": "x" * 10_000}}, "lead.email"),
        ({"event": {"event": "x"}, "lead": {"name": 5}}, "lead.name"),
        ({"leadId": "x"}, "leadId"),
    ],
)
async def test_what_can_not_be_tried_is_refused_by_field(
    client: httpx.AsyncClient, tenant: Tenant, body: dict[str, Any], field: str
) -> None:
    path = "/api/rules/simulate"
    answer = await client.post(
        path,
        content=json.dumps(body),
        headers={**tenant.bearer, "Content-Type": "application/json"},
    )
    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])
    both = {"event": {"event": "x"}, "leadId": str(await tenant.add_lead())}
    answer = await client.post(path, json=both, headers=tenant.bearer)
    assert answer.status_code == 400


@pytest.mark.parametrize("draft", [True, False])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "  "),
        ("name", "x" * 121),
        ("name", "two\nlines"),
        ("description", "x" * 501),
        ("eventType", ""),
        ("eventType", "<b>"),
        ("eventType", "$fields"),
        ("points", 10_001),
        ("points", 1.5),
        ("points", "7"),
        ("points", True),
        ("active", None),
        ("conditions", [{"field": "path", "equals": "/pricing"}]),
        ("cap", {"times": 1}),
        ("cap", {"times": 1, "points": 1, "per": "day"}),
        ("cap", {"times": 0, "per": "day"}),
        ("cap", "daily"),
        ("expiresAfterDays", 0),
        ("expiresAfterDays", 1.5),
        ("expiresAfterDays", 3_651),
        ("kind", "other"),
        ("eventType", None),
        ("conditions", "none"),
        ("conditions", {"match": "some", "conditions": []}),
        ("conditions", [{"field": "path", "operator": "equals", "value": "a"}]),
        ("conditions", [{"field": "lead.score", "operator": "exists"}]),
        ("conditions", [{"field": "lead.name", "operator": "equals"}]),
        ("conditions", [{"field": "lead.name", "operator": "in", "value": "a"}]),
        (
            "conditions",
            [{"field": "lead.name", "operator": "greater_than", "value": "a"}],
        ),
        ("conditions", [{"field": "lead.name", "operator": "exists"}] * 51),
        ("conditions", [[[[[]]]]]),
        ("conditions", NESTED),
    ],
)
async def test_a_rule_that_can_not_be_is_refused_by_field(
    client: httpx.AsyncClient, tenant: Tenant, field: str, value: Any, *, draft: bool
) -> None:
    rule, *_ = await rules_of(client, tenant)
    query = {"draft": draft}
    for method, path in (("POST", "/api/rules"), ("PUT", f"/api/rules/{rule['id']}")):
        answer = await client.request(
            method,
            path,
            params=query,
            json={**VISIT, field: value},
            headers=tenant.bearer,
        )
        assert answer.status_code == 400
        assert set(answer.json()["details"]) == {field}
    assert await draft_of(client, tenant) is None
    assert (await rules_of(client, tenant))[0] == rule


async def test_conditions_cap_and_expiry_may_be_sent_as_none(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    none = {"conditions": None, "cap": None, "expiresAfterDays": None}
    body = {**VISIT, **none}
    answer = await client.post("/api/rules", json=body, headers=tenant.bearer)
    rule = data(answer, status=201)
    nothing = {"match": "all", "conditions": []}
    assert {name: rule[name] for name in none} == {**none, "conditions": nothing}


async def test_conditions_cap_and_expiry_are_kept_as_they_were_sent(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    plan = {"field": "properties.plan", "operator": "in", "value": ["pro", 5, True]}
    known = {"field": "lead.email", "operator": "exists", "value": False}
    group = {
        "match": "any",
        "conditions": [plan, {"match": "all", "conditions": [known]}],
    }
    said = {
        "conditions": group,
        "cap": {"times": 3, "points": None, "per": "week"},
        "expiresAfterDays": 30,
        "eventType": "*",
    }
    sent = {**VISIT, **said, "conditions": [group]}
    rule = data(
        await client.post("/api/rules", json=sent, headers=tenant.bearer), status=201
    )
    assert rule["conditions"] == {"match": "all", "conditions": [group]}
    rule = data(
        await client.put(
            f"/api/rules/{rule['id']}", json={**VISIT, **said}, headers=tenant.bearer
        )
    )
    assert {name: rule[name] for name in said} == said
    versions = data(await client.get("/api/rulesets", headers=tenant.bearer))
    (changed,) = versions["versions"][0]["changes"]["changed"]
    (field,) = changed["fields"]
    assert (field["field"], field["after"]) == ("conditions", group)


FIT = {
    "name": "Acme",
    "kind": "fit",
    "points": 25,
    "conditions": [{"field": "lead.company", "operator": "equals", "value": "Acme"}],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("eventType", "page_view"),
        ("conditions", []),
        (
            "conditions",
            [{"field": "properties.plan", "operator": "exists", "value": True}],
        ),
        ("cap", {"times": 1, "per": "day"}),
        ("expiresAfterDays", 3),
    ],
)
async def test_a_rule_for_what_a_lead_is_has_nothing_of_events(
    client: httpx.AsyncClient, tenant: Tenant, field: str, value: Any
) -> None:
    answer = await client.post(
        "/api/rules", json={**FIT, field: value}, headers=tenant.bearer
    )
    assert answer.status_code == 400
    assert set(answer.json()["details"]) == {field}


async def test_a_rule_keeps_its_kind(client: httpx.AsyncClient, tenant: Tenant) -> None:
    rule = data(
        await client.post("/api/rules", json=FIT, headers=tenant.bearer), status=201
    )
    path = f"/api/rules/{rule['id']}"
    for query in ({"draft": True}, {}):
        answer = await client.put(path, json=VISIT, params=query, headers=tenant.bearer)
        assert answer.status_code == 400
        assert set(answer.json()["details"]) == {"kind"}
    replaced = {"rules": [{**VISIT, "id": rule["id"]}]}
    answer = await client.post(DRAFT, json=replaced, headers=tenant.bearer)
    assert answer.status_code == 400


async def test_stages_and_limits_belong_to_the_ruleset(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    rules = await rules_of(client, tenant)
    limits = {
        "thresholds": {"warm": 5, "hot": 50, "qualified": 90},
        "groupCaps": {"behaviour": 200, "fit": None},
    }
    body = {"rules": rules, **limits}
    draft = data(await client.post(DRAFT, json=body, headers=tenant.bearer))
    assert {name: draft[name] for name in limits} == limits
    assert draft["changes"]["limits"] == [
        {"field": "thresholds.warm", "before": 11, "after": 5},
        {"field": "thresholds.hot", "before": 31, "after": 50},
        {"field": "thresholds.qualified", "before": 60, "after": 90},
        {"field": "group_caps.behaviour", "before": None, "after": 200},
    ]
    kept = data(await client.post(DRAFT, json={"rules": rules}, headers=tenant.bearer))
    assert kept["thresholds"] == limits["thresholds"]
    published = data(await client.post(PUBLISH, headers=tenant.bearer))
    assert {name: published[name] for name in limits} == limits
    tried = await client.post(
        "/api/rules/simulate",
        json={"event": {"event": "page_view"}},
        headers=tenant.bearer,
    )
    assert (data(tried)["score"], data(tried)["stage"]) == (5, "warm")
    back = await client.post("/api/rulesets/1/rollback", headers=tenant.bearer)
    assert data(back)["thresholds"] == {"warm": 11, "hot": 31, "qualified": 60}


async def test_of_many_rules_the_one_that_can_not_be_is_named(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    rules = [VISIT, {**VISIT, "cap": {"times": 0, "per": "day"}}]
    answer = await client.post(DRAFT, json={"rules": rules}, headers=tenant.bearer)
    assert answer.status_code == 400
    ((field, told),) = answer.json()["details"].items()
    assert (field, told[:9]) == ("rules.cap", "Rule 2: A")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("thresholds", {"warm": 1, "hot": 2, "qualified": 3, "boiling": 4}),
        ("thresholds", 5),
        ("groupCaps", {"behaviour": 0}),
        ("groupCaps", {"fit": 10_001}),
        ("groupCaps", {"fit": 1.5}),
        ("groupCaps", {"other": 1}),
    ],
)
async def test_stages_and_limits_that_can_not_be_are_refused_by_field(
    client: httpx.AsyncClient, tenant: Tenant, name: str, value: Any
) -> None:
    body = {"rules": [VISIT], name: value}
    answer = await client.post(DRAFT, json=body, headers=tenant.bearer)
    assert answer.status_code == 400
    assert all(each.startswith(name) for each in answer.json()["details"])


@pytest.mark.parametrize(
    "thresholds",
    [
        {"warm": 31, "hot": 31, "qualified": 60},
        {"warm": 0, "hot": 31, "qualified": 60},
        {"warm": 1, "hot": 2, "qualified": 10_001},
        {"warm": "1", "hot": 2, "qualified": 3},
    ],
)
async def test_stages_that_do_not_ascend_are_refused(
    client: httpx.AsyncClient, tenant: Tenant, thresholds: dict[str, Any]
) -> None:
    body = {"rules": [VISIT], "thresholds": thresholds}
    answer = await client.post(DRAFT, json=body, headers=tenant.bearer)
    assert answer.status_code == 400


async def test_a_simulation_names_what_does_not_hold(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    pro = {"field": "properties.plan", "operator": "equals", "value": "pro"}
    for rule in ({**VISIT, "conditions": [pro]}, FIT):
        await client.post("/api/rules?draft=true", json=rule, headers=tenant.bearer)

    async def tried(plan: str, company: str) -> list[Any]:
        body = {
            "event": {"event": "visit", "properties": {"plan": plan}},
            "lead": {"company": company},
            "draft": True,
        }
        answer = await client.post(
            "/api/rules/simulate", json=body, headers=tenant.bearer
        )
        return list(data(answer)["rules"][-2:])

    assert [each["points"] for each in await tried("PRO", "acme")] == [7, 25]
    visit, fit = await tried("free", "Other")
    assert (visit["fires"], visit["reason"]) == (False, "conditions")
    assert visit["unmet"] == {**pro, "found": "free"}
    assert (fit["reason"], fit["unmet"]["found"]) == ("fit", "Other")


async def test_a_project_keeps_one_rule_and_has_200_at_most(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    kept, *others = await rules_of(client, tenant)
    alone = await client.post(DRAFT, json={"rules": [kept]}, headers=tenant.bearer)
    assert len(data(alone)["rules"]) == 1
    path = f"/api/rules/{kept['id']}"
    last = await client.delete(f"{path}?draft=true", headers=tenant.bearer)
    assert (last.status_code, set(last.json()["details"])) == (400, {"rules"})
    full = {"rules": [kept, *others, *[VISIT] * 190]}
    data(await client.post(DRAFT, json=full, headers=tenant.bearer))
    one_more = await client.post(
        "/api/rules?draft=true", json=VISIT, headers=tenant.bearer
    )
    assert one_more.status_code == 400
    for rules in ([], [VISIT] * 201, [{**VISIT, "id": str(uuid4())}], [kept, kept]):
        answer = await client.post(DRAFT, json={"rules": rules}, headers=tenant.bearer)
        assert answer.status_code == 400, rules


READS = [
    ("GET", "/api/rules"),
    ("GET", "/api/rules/{rule}"),
    ("POST", "/api/rules/simulate"),
    ("GET", "/api/rulesets"),
    ("GET", "/api/rulesets/1"),
    ("GET", DRAFT),
]
WRITES = [
    *(
        (method, f"{path}?draft={draft}")
        for draft in ("true", "false")
        for method, path in (
            ("POST", "/api/rules"),
            ("PUT", "/api/rules/{rule}"),
            ("DELETE", "/api/rules/{rule}"),
        )
    ),
    ("POST", DRAFT),
    ("DELETE", DRAFT),
    ("POST", f"{DRAFT}/rebase"),
    ("POST", PUBLISH),
    ("POST", "/api/rulesets/1/rollback"),
]
BODY = {**VISIT, "rules": [VISIT], "event": {"event": "visit"}}


@pytest.mark.parametrize(("method", "path"), READS + WRITES)
async def test_who_is_not_signed_in_sees_nothing(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    address = path.format(rule=uuid4())
    assert (await client.request(method, address, json=BODY)).status_code == 401


@pytest.mark.parametrize(("method", "path"), READS + WRITES)
async def test_a_member_reads_and_does_not_write(
    client: httpx.AsyncClient, tenant: Tenant, method: str, path: str
) -> None:
    await add(client, tenant, draft=True)
    rule, *_ = await rules_of(client, tenant)
    async with transaction(tenant.actor.project_id) as session:
        await session.execute(
            update(Membership)
            .where(col(Membership.user_id) == tenant.actor.user_id)
            .values(role=Role.MEMBER)
        )
    before = await draft_of(client, tenant)
    answer = await client.request(
        method, path.format(rule=rule["id"]), json=BODY, headers=tenant.bearer
    )
    assert answer.status_code == (200 if (method, path) in READS else 403)
    assert await draft_of(client, tenant) == before


async def test_what_is_another_projects_is_not_there(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    theirs = await make_tenant()
    await add(client, theirs, draft=False)
    await add(client, theirs, draft=True)
    rules, draft = await rules_of(client, theirs), await draft_of(client, theirs)
    assert await draft_of(client, tenant) is None
    for rule_id in (rules[0]["id"], str(uuid4()), "x", "%00"):
        path = f"/api/rules/{rule_id}"
        for method, query in (
            ("GET", ""),
            ("PUT", ""),
            ("DELETE", ""),
            ("PUT", "?draft=true"),
            ("DELETE", "?draft=true"),
        ):
            answer = await client.request(
                method, path + query, json=VISIT, headers=tenant.bearer
            )
            assert answer.status_code == 404, (method, path)
    for method, path in (
        ("GET", "/api/rulesets/2"),
        ("POST", "/api/rulesets/2/rollback"),
        ("GET", "/api/rulesets/0"),
        ("POST", f"/api/rulesets/{2**31}/rollback"),
        ("GET", "/api/rulesets/x"),
    ):
        answer = await client.request(method, path, headers=tenant.bearer)
        assert answer.status_code == 404, (method, path)
    lead = {"leadId": str(await theirs.add_lead())}
    tried = await client.post("/api/rules/simulate", json=lead, headers=tenant.bearer)
    assert tried.status_code == 404
    adopted = {"rules": [rules[0]]}
    answer = await client.post(DRAFT, json=adopted, headers=tenant.bearer)
    assert answer.status_code == 400
    assert data(await client.delete(DRAFT, headers=tenant.bearer)) is None
    assert await draft_of(client, theirs) == draft
    assert await rules_of(client, theirs) == rules


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "cursor=%00", "cursor=x"])
async def test_a_page_out_of_range_is_refused_by_name(
    client: httpx.AsyncClient, tenant: Tenant, query: str
) -> None:
    answer = await client.get(f"/api/rulesets?{query}", headers=tenant.bearer)
    assert answer.status_code == 400
    assert set(answer.json()["details"]) == {query.partition("=")[0]}
