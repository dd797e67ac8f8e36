"""A person's data leaves as one file: all of it, and nobody else's."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from leadpulse_app.database import transaction
from leadpulse_app.models import LeadNote, QuarantinedEvent, RejectedEvent
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.person_export import stream_person
from tests.services.people import People, settle
from tests.services.scoring_project import ScoringProject
from tests.tenants import Tenant, make_tenant


@pytest.fixture
async def tenant() -> Tenant:
    tenant = await make_tenant()
    ScoringProject(tenant.actor.project_id, version=1).publish({"visit": 35})
    return tenant


def send(tenant: Tenant, **names: str) -> UUID:
    return People(tenant.actor.project_id).send(**names)


async def data_of(
    client: httpx.AsyncClient, tenant: Tenant, lead_id: UUID
) -> dict[str, Any]:
    answer = await client.get(f"/api/leads/{lead_id}/data", headers=tenant.bearer)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    held: dict[str, Any] = answer.json()
    return held


async def keep(actor: Actor, *rows: Any) -> None:
    async with transaction(actor.project_id) as session:
        for row in rows:
            row.project_id = actor.project_id
            session.add(row)


async def test_everything_held_of_a_person_is_in_the_file_and_nothing_of_others(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    device = send(tenant, anonymous="ada-device")
    person = send(tenant, user="ada", email="ada@example.com", name="Ada Ü")
    send(tenant, user="ada", anonymous="ada-device")  # so both are one
    bob = send(tenant, user="bob", email="bob@example.com")
    settle()
    now = datetime.now(UTC)
    held = await tenant.add_event(person, type="crawl", properties={"page": "/ü"})
    await keep(
        tenant.actor,
        LeadNote(id=uuid4(), lead_id=person, author_id=tenant.actor.user_id, body="Hi"),
        LeadNote(id=uuid4(), lead_id=bob, author_id=tenant.actor.user_id, body="Bob's"),
        QuarantinedEvent(event_id=held.id, lead_id=person, reason="Googlebot"),
        *(
            RejectedEvent(
                id=uuid4(), received_at=now, code="c", message="m", payload=payload
            )
            for payload in (
                '{"email": "ADA@example.com"}',
                '{"anonymousId": "ada-device"}',
                '{"userId": "bob", "cheat": "ada"}',
            )
        ),
    )
    await client.post(
        f"/api/leads/{person}/tags", json={"tag": "fair"}, headers=tenant.bearer
    )
    owner = {"ids": [str(person)], "action": "assign"}
    await client.post(
        "/api/leads/bulk",
        json={**owner, "ownerId": str(tenant.actor.user_id)},
        headers=tenant.bearer,
    )

    answer = await client.get(f"/api/leads/{device}/data", headers=tenant.bearer)
    root_id = min(device, person)
    disposition = answer.headers["content-disposition"]
    assert disposition == f'attachment; filename="lead-{root_id}.json"'
    data = answer.json()
    assert data["leadId"] == str(root_id)
    assert {lead["id"] for lead in data["leads"]} == {str(device), str(person)}
    assert {lead["owner"] for lead in data["leads"]} == {"Ada", None}
    assert {(each["kind"], each["value"]) for each in data["identities"]} == {
        ("anonymous", "ada-device"),
        ("user", "ada"),
        ("email", "ada@example.com"),
    }
    assert len(data["merges"]) == 1
    assert [tag["tag"] for tag in data["tags"]] == ["fair"]
    assert [(note["body"], note["author"]) for note in data["notes"]] == [("Hi", "Ada")]
    by_type = {event["type"]: event for event in data["events"]}
    assert len(data["events"]) == 4
    assert by_type.keys() == {"visit", "crawl"}
    assert by_type["visit"]["held"] is None
    assert by_type["crawl"]["held"] == "Googlebot"
    assert by_type["crawl"]["properties"] == {"page": "/ü"}
    assert {entry["messageId"] for entry in data["ledger"]} <= {
        event["messageId"] for event in data["events"]
    }
    assert [change["newStage"] for change in data["stageChanges"]]
    assert {each["payload"] for each in data["rejectedEvents"]} == {
        '{"email": "ADA@example.com"}',
        '{"anonymousId": "ada-device"}',
    }
    assert "bob" not in answer.text.lower()


async def test_a_lead_of_which_little_is_known_has_empty_lists(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    data = await data_of(client, tenant, await tenant.add_lead(name="Grace"))
    assert [lead["name"] for lead in data.pop("leads")] == ["Grace"]
    assert data.pop("leadId")
    assert data.pop("project") == "Ada's project"
    assert datetime.fromisoformat(data.pop("exportedAt")).tzinfo
    assert data == {
        name: []
        for name in (
            *("identities", "merges", "tags", "notes", "events", "ledger"),
            *("stageChanges", "rejectedEvents"),
        )
    }


async def test_only_so_much_of_it_is_in_memory_at_once(tenant: Tenant) -> None:
    lead_id = await tenant.add_lead()
    for _ in range(7):
        await tenant.add_event(lead_id)
    async with transaction(tenant.actor.project_id) as session:
        sizes = [
            len(records)
            async for records in stream_person(session, tenant.actor, lead_id, chunk=3)
        ]
    assert sizes == [1, 3, 3, 1]


async def test_nobody_has_the_data_of_another_projects_people(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    lead_id, eve = await tenant.add_lead(), await make_tenant(name="Eve")
    path = f"/api/leads/{lead_id}/data"
    assert (await client.get(path, headers=eve.bearer)).status_code == 404
    assert (await client.get(path)).status_code == 401
    async with transaction(tenant.actor.project_id) as session:
        theirs = [each async for each in stream_person(session, eve.actor, lead_id)]
    assert theirs == []


async def test_a_burst_of_downloads_leaves_connections_for_others(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    lead_id = send(tenant, user="ada")
    address = f"/api/leads/{lead_id}/data"
    answers = await asyncio.gather(
        *(client.get(address, headers=tenant.bearer) for _ in range(10))
    )
    busy = [answer for answer in answers if answer.status_code != 200]
    assert 1 <= len(answers) - len(busy) < len(answers)
    assert {answer.status_code for answer in busy} == {503}
    assert {answer.headers["retry-after"] for answer in busy} == {"10"}
    assert (await client.get(address, headers=tenant.bearer)).status_code == 200
