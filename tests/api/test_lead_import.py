"""A file of leads is previewed, taken in once, and scored as what it says."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import httpx
import pytest

from leadpulse_app.api.app import create_api
from leadpulse_app.services.ingest import GroupCommit
from leadpulse_app.services.lead_import import import_leads
from leadpulse_app.settings import get_settings
from tests.services.people import settle
from tests.services.scoring_project import ScoringProject
from tests.tenants import Tenant, make_tenant

IMPORT = "/api/leads/import"

FITS = {
    "id": "00000000-0000-0000-0000-000000000001",
    "name": "Has a company",
    "kind": "fit",
    "points": 12,
    "conditions": [{"field": "lead.company", "operator": "exists"}],
}

FILE = (
    "Email,Name,Company,Anonymous ID,Plan\n"
    "ada@example.com,Ada,Engines,,pro\n"
    "nonsense,Bob,,,\n"
    "grace@example.com,Grace,,d1,=1+1\n"
    ",,,,\n"
    "ada@example.com,Ada,Engines,,pro\n"
    ",Linus,Kernel,d2,\n"
)


@pytest.fixture
async def group_commit() -> AsyncIterator[GroupCommit]:
    commit = GroupCommit(enqueue_hint=lambda: None)
    commit.start()
    yield commit
    await commit.stop()


@pytest.fixture
async def client(group_commit: GroupCommit) -> AsyncIterator[httpx.AsyncClient]:
    app = create_api()
    app.state.group_commit = group_commit
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url=get_settings().public_url
    ) as caller:
        yield caller


@pytest.fixture
async def ada() -> Tenant:
    """Somebody in whose project a company is worth 12 points."""
    tenant = await make_tenant()
    ScoringProject(tenant.actor.project_id, version=1).publish_stored([FITS])
    return tenant


async def send(
    client: httpx.AsyncClient, tenant: Tenant, content: str, query: str = ""
) -> dict[str, Any]:
    answer = await client.post(
        f"{IMPORT}{query}", content=content.encode(), headers=tenant.bearer
    )
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def leads(client: httpx.AsyncClient, tenant: Tenant) -> list[dict[str, Any]]:
    settle()
    assert ScoringProject(tenant.actor.project_id).differences() == []
    answer = await client.get("/api/leads?limit=500", headers=tenant.bearer)
    return sorted(answer.json()["data"]["leads"], key=lambda lead: lead["name"] or "")


async def test_a_file_is_taken_in_and_scored_by_what_its_leads_are(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    result = await send(client, ada, FILE)
    assert {name: result[name] for name in ("accepted", "duplicates", "rejected")} == {
        "accepted": 3,
        "duplicates": 1,
        "rejected": 1,
    }
    (problem,) = result["errors"]
    assert (problem["line"], problem["code"]) == (3, "invalid_row")
    found = await leads(client, ada)
    assert [
        (lead["name"], lead["email"], lead["anonymousId"], lead["currentScore"])
        for lead in found
    ] == [
        ("Ada", "ada@example.com", None, 12),
        ("Grace", "grace@example.com", "d1", 0),
        ("Linus", None, "d2", 12),
    ]
    # To be brought in is nothing that they did.
    assert {(lead["eventsLast24h"], lead["lastEventAt"]) for lead in found} == {
        (0, None)
    }
    events = await client.get("/api/events", headers=ada.bearer)
    assert events.json()["data"]["events"] == []
    data = await client.get(f"/api/leads/{found[0]['id']}/data", headers=ada.bearer)
    assert [each["properties"] for each in data.json()["events"]] == [{"Plan": "pro"}]


async def test_a_file_that_comes_again_changes_nothing(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    await send(client, ada, FILE)
    before = await leads(client, ada)
    again = await send(client, ada, FILE)
    assert (again["accepted"], again["duplicates"], again["rejected"]) == (0, 4, 1)
    assert await leads(client, ada) == before


async def test_a_row_about_a_lead_that_is_there_adds_to_it(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    made = await client.post(
        "/api/leads", json={"email": "ada@example.com"}, headers=ada.bearer
    )
    lead_id = made.json()["data"]["id"]
    await send(
        client,
        ada,
        "email,user id,name,company\n"
        "ADA@example.com,,Ada,\n"
        "ada@example.com,u1,,Engines\n",  # two names, and so one person
    )
    (found,) = await leads(client, ada)
    assert found["id"] == lead_id
    assert (found["name"], found["company"], found["currentScore"]) == (
        "Ada",
        "Engines",
        12,
    )


async def test_of_rows_about_one_lead_the_last_holds(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    rows = "".join(f"ada@example.com,Ada {n}\n" for n in range(30))
    await send(client, ada, f"email,name\n{rows}")
    (found,) = await leads(client, ada)
    assert found["name"] == "Ada 29"


async def test_a_preview_tells_what_would_be_and_does_nothing(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    await client.post(
        "/api/leads", json={"email": "ada@example.com"}, headers=ada.bearer
    )
    preview = await send(client, ada, FILE, "?dryRun=true")
    assert preview["columns"] == [
        {"name": "Email", "meaning": "email"},
        {"name": "Name", "meaning": "name"},
        {"name": "Company", "meaning": "company"},
        {"name": "Anonymous ID", "meaning": "anonymousId"},
        {"name": "Plan", "meaning": "trait"},
    ]
    assert (preview["rows"], preview["newLeads"], preview["knownLeads"]) == (4, 2, 1)
    assert preview["rejected"] == len(preview["errors"]) == 1
    assert preview["sample"][1] == ["nonsense", "Bob", "", "", ""]
    assert len(preview["sample"]) == 5
    assert [lead["email"] for lead in await leads(client, ada)] == ["ada@example.com"]


async def test_a_preview_shows_ten_rows_and_tells_a_hundred_problems(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    bad, good = "x\n" * 150, "".join(f"{n}@example.com\n" for n in range(1_100))
    preview = await send(client, ada, f"email\n{good}{bad}", "?dryRun=true")
    assert (preview["rows"], preview["newLeads"], preview["knownLeads"]) == (
        1_100,
        1_100,
        0,
    )
    assert (preview["rejected"], len(preview["errors"])) == (150, 100)
    assert len(preview["sample"]) == 10


async def test_another_projects_leads_are_neither_known_nor_touched(
    client: httpx.AsyncClient, ada: Tenant
) -> None:
    eve = await make_tenant(name="Eve")
    await send(client, ada, FILE)
    preview = await send(client, eve, FILE, "?dryRun=true")
    assert (preview["newLeads"], preview["knownLeads"]) == (3, 0)
    await send(client, eve, FILE.replace("Ada", "Eve's"))
    assert [lead["name"] for lead in await leads(client, ada)] == [
        "Ada",
        "Grace",
        "Linus",
    ]


@pytest.mark.parametrize("query", ["", "?dryRun=true"])
@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"name,company\nAda,X\n", 400),
        (b"email\n\xff@example.com\n", 400),
        (b"email\n" + b"x" * (11 * 1024 * 1024), 413),
    ],
)
async def test_a_file_that_can_not_be_read_is_refused_whole(
    client: httpx.AsyncClient, ada: Tenant, query: str, content: bytes, status: int
) -> None:
    answer = await client.post(IMPORT + query, content=content, headers=ada.bearer)
    assert answer.status_code == status
    assert answer.json()["message"]


async def test_nobody_imports_without_signing_in(client: httpx.AsyncClient) -> None:
    for query in ("", "?dryRun=true"):
        answer = await client.post(IMPORT + query, content=FILE)
        assert answer.status_code == 401


async def test_a_file_of_many_chunks_goes_in_whole(
    group_commit: GroupCommit, ada: Tenant
) -> None:
    rows = "".join(f"{n}@example.com,Lead {n}\n" for n in range(1_203))
    result = await import_leads(
        group_commit,
        ada.actor.project_id,
        BytesIO(f"email,name\n{rows}".encode()),
        received_at=datetime.now(UTC),
    )
    assert (result.accepted, result.duplicates, result.rejected) == (1_203, 0, 0)
    settle()
    assert ScoringProject(ada.actor.project_id).differences() == []
