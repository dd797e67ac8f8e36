"""Over the API people bring in leads, edit them, and delete them for good."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from leadpulse_app.api.app import create_api
from leadpulse_app.database import transaction
from leadpulse_app.models import Membership, Role
from leadpulse_app.services.ingest import GroupCommit
from leadpulse_app.settings import get_settings
from tests.services.people import settle
from tests.services.scoring_project import ScoringProject
from tests.tenants import NOBODYS_ID, Tenant, make_tenant

FITS = {
    "id": str(uuid4()),
    "name": "Has an email",
    "kind": "fit",
    "points": 12,
    "conditions": [{"field": "lead.email", "operator": "exists"}],
}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    commit = GroupCommit(enqueue_hint=lambda: None)
    commit.start()
    app = create_api()
    app.state.group_commit = commit
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url=get_settings().public_url
    ) as caller:
        yield caller
    await commit.stop()


@pytest.fixture
async def ada() -> Tenant:
    """Somebody in whose project an email is worth 12 points."""
    tenant = await make_tenant()
    ScoringProject(tenant.actor.project_id, version=1).publish_stored([FITS])
    return tenant


@pytest.fixture
async def eve() -> Tenant:
    return await make_tenant(name="Eve")


async def make(
    client: httpx.AsyncClient, tenant: Tenant, **fields: Any
) -> dict[str, Any]:
    answer = await client.post("/api/leads", json=fields, headers=tenant.bearer)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


async def change(
    client: httpx.AsyncClient, tenant: Tenant, lead_id: str, **fields: Any
) -> httpx.Response:
    return await client.patch(
        f"/api/leads/{lead_id}", json=fields, headers=tenant.bearer
    )


async def add_member(to: Tenant, name: str = "Grace") -> Tenant:
    """A member of somebody's project, who is an admin only of their own."""
    member = await make_tenant(name=name)
    async with transaction(to.actor.project_id) as session:
        session.add(
            Membership(
                project_id=to.actor.project_id,
                user_id=member.actor.user_id,
                role=Role.MEMBER,
            )
        )
    return member


def assert_verified(tenant: Tenant) -> None:
    settle()
    assert ScoringProject(tenant.actor.project_id).differences() == []


async def test_a_new_lead_is_known_scored_and_found_at_once(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    made = await make(
        client,
        ada,
        email=" Grace@Example.com ",
        anonymousId="device",
        name="Grace Hopper",
        company="Navy",
        traits={"plan": "pro", "seats": 3},
    )
    assert made["email"] == "grace@example.com"
    assert (made["anonymousId"], made["name"], made["company"]) == (
        "device",
        "Grace Hopper",
        "Navy",
    )
    assert (made["currentScore"], made["leadStage"]) == (12, "warm")
    assert (made["eventsLast24h"], made["lastEventAt"]) == (0, None)
    found = await client.get("/api/leads?q=hopper", headers=ada.bearer)
    assert [lead["id"] for lead in found.json()["data"]["leads"]] == [made["id"]]
    assert_verified(ada)


async def test_what_is_sent_by_its_names_is_of_the_lead_that_was_brought_in(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    made = await make(client, ada, email="grace@example.com", userId="u1")
    for name in ({"userId": "u1"}, {"anonymousId": "later", "userId": "u1"}):
        event = {"event": "visit", **name}
        await client.post(
            "/api/events/batch",
            json=[event],
            headers=ada.bearer,
        )
    settle()
    names = await client.get(f"/api/leads/{made['id']}/identities", headers=ada.bearer)
    assert {(a["kind"], a["value"]) for a in names.json()["data"]["aliases"]} == {
        ("email", "grace@example.com"),
        ("user", "u1"),
        ("anonymous", "later"),
    }
    assert_verified(ada)


@pytest.mark.parametrize(
    ("name", "value"),
    [("email", "Grace@example.com"), ("anonymousId", "d1"), ("userId", "u1")],
)
async def test_a_name_that_another_lead_has_is_refused_and_says_whose_it_is(
    client: httpx.AsyncClient, ada: Tenant, name: str, value: str
) -> None:
    made = await make(
        client, ada, email="grace@example.com", anonymousId="d1", userId="u1"
    )
    taken = {"email": "new@example.com", name: value}
    answer = await client.post("/api/leads", json=taken, headers=ada.bearer)
    assert answer.status_code == 409
    assert answer.json()["code"] == "conflict"
    assert answer.json()["details"].keys() == {name, "leadId"}
    assert answer.json()["details"]["leadId"] == made["id"]
    listed = await client.get("/api/leads", headers=ada.bearer)
    assert listed.json()["data"]["total"] == 1


async def test_of_those_who_bring_in_a_lead_at_once_one_does(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    body = {"email": "grace@example.com", "userId": "u1"}
    answers = await asyncio.gather(
        *(client.post("/api/leads", json=body, headers=ada.bearer) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert_verified(ada)


async def test_another_project_may_have_a_lead_of_the_same_name(
    client: httpx.AsyncClient, ada: Tenant, eve: Tenant
) -> None:
    hers = await make(client, ada, email="grace@example.com")
    other = await make(client, eve, email="grace@example.com")
    assert hers["id"] != other["id"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"name": "Nobody"},
        {"email": "no address"},
        {"email": "x" * 300 + "@example.com"},
        {"email": "a\0@example.com"},
        {"anonymousId": ""},
        {"userId": "x" * 257},
        {"email": "a@example.com", "name": " "},
        {"email": "a@example.com", "name": "x" * 256},
        {"email": "a@example.com", "company": "a\nb"},
        {"email": "a@example.com", "traits": {"a": {"b": {"c": {}}}}},
        {"email": "a@example.com", "traits": {"a": "\0"}},
        {"email": "a@example.com", "traits": {"a": "x" * 1_001}},
        {"email": "a@example.com", "traits": {str(n): n for n in range(51)}},
    ],
)
async def test_a_lead_that_can_not_be_is_refused(
    client: httpx.AsyncClient, ada: Tenant, fields: dict[str, Any]
) -> None:
    answer = await client.post("/api/leads", json=fields, headers=ada.bearer)
    assert answer.status_code == 400, answer.text
    assert answer.json()["details"]


async def test_a_lead_is_edited_emptied_and_scored_by_what_it_is_now(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    lead_id = (await make(client, ada, anonymousId="d1", name="G", company="N"))["id"]
    answer = await change(
        client, ada, lead_id, email="grace@example.com", name="Grace", company=None
    )
    lead = answer.json()["data"]
    assert (lead["email"], lead["name"], lead["company"]) == (
        "grace@example.com",
        "Grace",
        None,
    )
    assert lead["currentScore"] == 12
    lead = (await change(client, ada, lead_id, email=None)).json()["data"]
    assert (lead["email"], lead["name"], lead["currentScore"]) == (None, "Grace", 0)
    assert_verified(ada)


async def test_what_is_known_already_is_not_said_again(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    lead_id = (await make(client, ada, anonymousId="d1", name="Grace"))["id"]

    async def said() -> int:
        data = await client.get(f"/api/leads/{lead_id}/data", headers=ada.bearer)
        return len(data.json()["events"])

    for fields in ({"name": "Grace", "company": None}, {"tags": ["fair"]}, {}):
        answer = await change(client, ada, lead_id, **fields)
        assert answer.json()["data"]["name"] == "Grace"
        assert await said() == 1
    await change(client, ada, lead_id, name="Grace", company="Navy")
    assert await said() == 2
    assert_verified(ada)


async def test_an_owner_and_tags_are_set_with_the_fields_or_nothing_is(
    client: httpx.AsyncClient, ada: Tenant, eve: Tenant
) -> None:
    lead_id = (await make(client, ada, email="grace@example.com"))["id"]
    me = str(ada.actor.user_id)
    answer = await change(
        client, ada, lead_id, name="Grace", ownerId=me, tags=["VIP", "fair"]
    )
    lead = answer.json()["data"]
    assert (lead["ownerId"], lead["tags"]) == (me, ["fair", "vip"])
    answer = await change(
        client, ada, lead_id, name="Eve's", ownerId=str(eve.actor.user_id), tags=[]
    )
    assert answer.status_code == 400
    kept = await client.get(f"/api/leads/{lead_id}", headers=ada.bearer)
    assert kept.json()["data"] == lead
    lead = (await change(client, ada, lead_id, ownerId=None, tags=["vip"])).json()
    assert (lead["data"]["ownerId"], lead["data"]["tags"]) == (None, ["vip"])
    assert lead["data"]["name"] == "Grace"


async def test_the_email_of_another_lead_is_refused(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    first = await make(client, ada, email="grace@example.com")
    second = await make(client, ada, email="hopper@example.com")
    answer = await change(
        client, ada, second["id"], email="grace@example.com", name="Grace"
    )
    assert answer.status_code == 409
    assert answer.json()["details"]["leadId"] == first["id"]
    kept = await client.get(f"/api/leads/{second['id']}", headers=ada.bearer)
    assert kept.json()["data"]["name"] is None
    again = await change(client, ada, first["id"], email="Grace@example.com")
    assert again.status_code == 200


async def test_only_an_admin_deletes_and_then_the_lead_is_gone(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    grace = await add_member(ada)
    switched = await client.post(
        f"/api/projects/{ada.actor.project_id}/switch", headers=grace.bearer
    )
    client.cookies.clear()
    as_member = {"Authorization": f"Bearer {switched.json()['data']['token']}"}
    path = f"/api/leads/{(await make(client, ada, email='gone@example.com'))['id']}"
    assert (await client.delete(path, headers=as_member)).status_code == 403
    assert (await client.delete(path, headers=ada.bearer)).status_code == 200
    assert (await client.get(path, headers=ada.bearer)).status_code == 404
    assert (await client.delete(path, headers=ada.bearer)).status_code == 404
    await make(client, ada, email="gone@example.com")
    assert_verified(ada)


async def test_many_leads_are_tagged_untagged_assigned_and_deleted(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    ids = [str(await ada.add_lead()) for _ in range(3)]
    me = str(ada.actor.user_id)
    for body, changed in (
        ({"action": "tag", "tag": "Fair"}, 3),
        ({"action": "tag", "tag": "fair"}, 0),
        ({"action": "untag", "tag": "fair"}, 3),
        ({"action": "assign", "ownerId": me}, 3),
        ({"action": "assign", "ownerId": None}, 3),
        ({"action": "delete"}, 3),
    ):
        answer = await client.post(
            "/api/leads/bulk", json={"ids": ids, **body}, headers=ada.bearer
        )
        assert answer.json()["data"] == {"changed": changed}, body
    listed = await client.get("/api/leads", headers=ada.bearer)
    assert listed.json()["data"]["total"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"action": "tag"},
        {"action": "tag", "tag": " "},
        {"action": "burn"},
        {"action": "assign"},
        {"action": "assign", "owner": NOBODYS_ID},
        {"action": "untag", "tag": "x", "ids": []},
        {"action": "untag", "tag": "x", "ids": [str(UUID(int=n)) for n in range(501)]},
    ],
)
async def test_a_change_of_many_that_can_not_be_is_refused(
    client: httpx.AsyncClient, ada: Tenant, body: dict[str, Any]
) -> None:
    ids = [str(await ada.add_lead())]
    answer = await client.post(
        "/api/leads/bulk", json={"ids": ids, **body}, headers=ada.bearer
    )
    assert answer.status_code == 400


async def test_tags_and_notes_of_a_lead_come_and_go(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    path = f"/api/leads/{await ada.add_lead()}"
    for tag in ("Fair", "a/b"):
        await client.post(f"{path}/tags", json={"tag": tag}, headers=ada.bearer)
    tags = await client.get("/api/leads/tags", headers=ada.bearer)
    assert tags.json()["data"] == ["a/b", "fair"]
    await client.delete(f"{path}/tags/a/b", headers=ada.bearer)
    lead = (await client.get(path, headers=ada.bearer)).json()["data"]
    assert lead["tags"] == ["fair"]

    made = await client.post(
        f"{path}/notes", json={"body": " Called. "}, headers=ada.bearer
    )
    assert made.status_code == 201
    note = made.json()["data"]
    assert (note["body"], note["authorName"], note["isOwn"]) == ("Called.", "Ada", True)
    listed = await client.get(f"{path}/notes", headers=ada.bearer)
    assert listed.json()["data"] == [note]
    gone = await client.delete(f"{path}/notes/{note['id']}", headers=ada.bearer)
    assert gone.status_code == 200
    assert (await client.get(f"{path}/notes", headers=ada.bearer)).json()["data"] == []
    for body in ("", "x" * 5_001):
        answer = await client.post(
            f"{path}/notes", json={"body": body}, headers=ada.bearer
        )
        assert answer.status_code == 400


async def test_another_projects_lead_is_not_found_by_any_of_it(
    client: httpx.AsyncClient, ada: Tenant, eve: Tenant
) -> None:
    lead_id = str(await ada.add_lead(name="Grace"))
    path = f"/api/leads/{lead_id}"
    asked: list[tuple[str, str, Any]] = [
        ("PATCH", path, {"name": "Eve's"}),
        ("DELETE", path, None),
        ("POST", f"{path}/tags", {"tag": "x"}),
        ("DELETE", f"{path}/tags/x", None),
        ("GET", f"{path}/notes", None),
        ("POST", f"{path}/notes", {"body": "x"}),
        ("DELETE", f"{path}/notes/{uuid4()}", None),
        ("POST", "/api/leads/bulk", {"ids": [lead_id], "action": "delete"}),
        (
            "POST",
            "/api/leads/bulk",
            {"ids": [lead_id], "action": "assign", "ownerId": None},
        ),
    ]
    for method, address, body in asked:
        answer = await client.request(method, address, json=body, headers=eve.bearer)
        assert answer.status_code == 404, (method, address)
        assert (await client.request(method, address, json=body)).status_code == 401
    kept = await client.get(path, headers=ada.bearer)
    assert kept.json()["data"]["name"] == "Grace"
    tags = await client.get("/api/leads/tags", headers=eve.bearer)
    assert tags.json()["data"] == []


async def test_members_are_those_of_the_project_one_works_in(
    client: httpx.AsyncClient, ada: Tenant, eve: Tenant
) -> None:
    grace = await add_member(ada)
    listed = await client.get("/api/projects/members", headers=ada.bearer)
    assert listed.json()["data"] == [
        {"id": str(each.user_id), "name": each.user_name, "email": each.email}
        for each in (ada.actor, grace.actor)
    ]
    alone = await client.get("/api/projects/members", headers=eve.bearer)
    assert [each["name"] for each in alone.json()["data"]] == ["Eve"]
