import asyncio
import csv
import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from starlette.types import Message

from leadpulse_app.api import download
from leadpulse_app.api.app import create_api
from leadpulse_app.api.download import MAXIMUM_DOWNLOADS_PER_PROJECT
from leadpulse_app.api.lead_list import _exported
from leadpulse_app.database import get_engine, transaction
from leadpulse_app.domain.identity import AliasKind
from leadpulse_app.models import LeadAlias, LeadMerge
from leadpulse_app.services.leads import LeadFilter, LeadSort
from leadpulse_app.services.rulesets import active_ruleset
from tests.tenants import Tenant, make_tenant


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


async def test_the_highest_score_comes_first_and_the_cursor_goes_on(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    for score in (10, 65, 31):
        await tenant.add_lead(score=score)
    pages, cursor = [], {}
    for _ in range(3):
        answer = await client.get(
            "/api/leads", params={"limit": 1, **cursor}, headers=tenant.bearer
        )
        page = answer.json()["data"]
        assert (page["total"], page["limit"], page["skip"]) == (3, 1, 0)
        pages += page["leads"]
        cursor = {"cursor": page["nextCursor"]}
    assert cursor == {"cursor": None}
    assert [lead["currentScore"] for lead in pages] == [65, 31, 10]
    skipped = await client.get("/api/leads?skip=2", headers=tenant.bearer)
    assert [lead["id"] for lead in skipped.json()["data"]["leads"]] == [pages[2]["id"]]


async def test_a_lead_is_shown_whole(client: httpx.AsyncClient, tenant: Tenant) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
    lead_id = await tenant.add_lead(
        score=65,
        anonymous_id="visitor",
        name="Ada",
        email="ada@example.com",
        company="Engines",
        last_event_at=moment,
        created_at=moment,
    )
    answer = await client.get(f"/api/leads/{lead_id}", headers=tenant.bearer)
    assert answer.json() == {
        "success": True,
        "data": {
            "id": str(lead_id),
            "anonymousId": "visitor",
            "name": "Ada",
            "email": "ada@example.com",
            "company": "Engines",
            "currentScore": 65,
            "leadStage": "qualified",
            "velocity": 0,
            "risk": "high",
            "nextAction": "re_engagement_required",
            "eventsLast24h": 0,
            "lastEventAt": "2026-01-02T03:04:05.678000Z",
            "createdAt": "2026-01-02T03:04:05.678000Z",
            "ownerId": None,
            "ownerName": None,
            "tags": [],
        },
    }


async def test_intelligence_judges_the_last_day(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    lead_id = await tenant.add_lead(score=65, last_event_at=datetime.now(UTC))
    await tenant.add_event(lead_id)
    answer = await client.get(
        f"/api/leads/{lead_id}/intelligence", headers=tenant.bearer
    )
    judged = answer.json()["data"]
    assert judged["leadId"] == str(lead_id)
    assert (judged["velocity"], judged["risk"]) == (3, "low")
    assert judged["nextAction"] == "immediate_sales_contact"


async def test_history_explains_every_point(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    async with transaction(tenant.actor.project_id) as session:
        rule, *_ = (await active_ruleset(session, tenant.actor)).rules
    lead_id = await tenant.add_lead(score=5)
    event = await tenant.add_event(lead_id)
    await tenant.add_entry(event, sequence=1, delta=5, rule_id=rule.id)
    answer = await client.get(f"/api/leads/{lead_id}/history", headers=tenant.bearer)
    page = answer.json()["data"]
    assert page["nextCursor"] is None
    (entry,) = page["entries"]
    assert entry.pop("occurredAt").endswith("Z")
    assert entry.pop("recordedAt").endswith("Z")
    assert entry == {
        "sequence": 1,
        "eventId": event.message_id,
        "eventType": "page_view",
        "ruleId": str(rule.id),
        "ruleName": "Page view",
        "rulesetVersion": 1,
        "points": 5,
        "delta": 5,
        "oldScore": 0,
        "newScore": 5,
        "reason": "scored",
        "note": None,
        "adjustedBy": None,
    }


@pytest.mark.parametrize(
    "part", ["", "/history", "/explain", "/intelligence", "/identities"]
)
async def test_another_projects_lead_is_not_found(
    client: httpx.AsyncClient, tenant: Tenant, part: str
) -> None:
    other = await make_tenant()
    lead_id = await other.add_lead(name="Secret", score=65)
    for wanted in (lead_id, uuid4(), "1", "%00", "nonsense"):
        answer = await client.get(f"/api/leads/{wanted}{part}", headers=tenant.bearer)
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"
    assert (
        await client.get(f"/api/leads/{lead_id}{part}", headers=other.bearer)
    ).is_success
    for route in ("/api/leads", "/api/leads/export"):
        assert "Secret" not in (await client.get(route, headers=tenant.bearer)).text


async def test_the_export_survives_a_spreadsheet(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    names = ['=HYPERLINK("x")', "+1", "-1", "@x", "\tx", "\rx"]
    plain = ['quote " comma, and\r\nline', "Zoë", "NA", None]
    for score, name in enumerate(reversed(names + plain)):
        await tenant.add_lead(score=score, name=name, created_at=moment)
    answer = await client.get("/api/leads/export", headers=tenant.bearer)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert list(rows[0]) == ["Name", "Email", "Company", "Score", "Stage", "Created At"]
    assert [row["Name"] for row in rows] == [
        *(f"'{name}" for name in names),
        *(name or "" for name in plain),
    ]
    assert [row["Score"] for row in rows] == [str(score) for score in range(9, -1, -1)]
    assert {row["Created At"] for row in rows} == {"2026-01-02T03:04:05Z"}


async def test_the_export_takes_the_filters_of_the_list(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    await tenant.add_lead(name="Ada", score=65)
    await tenant.add_lead(name="Ada", score=1)
    await tenant.add_lead(name="Eve", score=65)
    answer = await client.get(
        "/api/leads/export?stage=qualified&q=ada", headers=tenant.bearer
    )
    assert [line.split(",")[0] for line in answer.text.splitlines()] == ["Name", "Ada"]
    nobody = await client.get("/api/leads/export?q=nobody", headers=tenant.bearer)
    assert nobody.text == "Name,Email,Company,Score,Stage,Created At\r\n"


async def test_an_export_larger_than_a_chunk_has_every_lead_once(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    await _fill(tenant, 2_500)
    answer = await client.get("/api/leads/export", headers=tenant.bearer)
    names = [row["Name"] for row in csv.DictReader(io.StringIO(answer.text))]
    assert len(names) == 2_500
    assert set(names) == {str(n) for n in range(1, 2_501)}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=ten", "limit"),
        (f"limit={10**40}", "limit"),
        ("skip=-1", "skip"),
        (f"skip={2**63}", "skip"),
        ("stage=lukewarm", "stage"),
        ("sort=luck", "sort"),
        ("q=%00", "q"),
        (f"q={'x' * 201}", "q"),
        ("cursor=%00", "cursor"),
        ("cursor=bm9uc2Vuc2U", "cursor"),
        ("cursor=WyJzY29yZSIsLTEsIngiXQ", "cursor"),
    ],
)
async def test_a_query_out_of_range_is_refused_by_name(
    client: httpx.AsyncClient, tenant: Tenant, query: str, field: str
) -> None:
    answer = await client.get(f"/api/leads?{query}", headers=tenant.bearer)
    assert answer.status_code == 400
    assert set(answer.json()["details"]) == {field}


async def test_a_cursor_of_another_order_or_on_top_of_a_skip_is_refused(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    for _ in range(2):
        await tenant.add_lead()
    page = await client.get("/api/leads?limit=1", headers=tenant.bearer)
    cursor = page.json()["data"]["nextCursor"]
    for options in ({"sort": "newest"}, {"skip": 1}):
        answer = await client.get(
            "/api/leads", params={"cursor": cursor, **options}, headers=tenant.bearer
        )
        assert answer.status_code == 400


async def test_rules_in_force_are_listed(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    answer = await client.get("/api/rules", headers=tenant.bearer)
    ruleset = answer.json()["data"]
    assert ruleset["version"] == 1
    assert len(ruleset["rules"]) == 10
    assert (
        ruleset["rules"][0].items() >= {"eventType": "page_view", "points": 5}.items()
    )


async def test_a_reader_who_leaves_gives_the_connection_back(tenant: Tenant) -> None:
    await _fill(tenant, 20_000)
    left, begun = asyncio.Event(), asyncio.Event()

    async def receive() -> Message:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message.get("body"):
            begun.set()
            left.set()
            await asyncio.Event().wait()  # nothing is read from here on

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/leads/export",
        "query_string": b"",
        "headers": [(b"authorization", tenant.bearer["Authorization"].encode())],
    }
    await create_api()(scope, receive, send)
    assert begun.is_set()
    async with asyncio.timeout(5):
        while get_engine().pool.checkedout():  # noqa: ASYNC110  (the pool has no event)
            await asyncio.sleep(0)


async def test_a_project_exports_twice_at_once_and_leaves_the_others_room(
    tenant: Tenant, client: httpx.AsyncClient
) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(MAXIMUM_DOWNLOADS_PER_PROJECT):
            await stack.enter_async_context(export_that_nobody_reads(tenant))
        refused = await client.get("/api/leads/export", headers=tenant.bearer)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]
        other = await make_tenant()
        theirs = await client.get("/api/leads/export", headers=other.bearer)
        assert theirs.status_code == 200
    again = await client.get("/api/leads/export", headers=tenant.bearer)
    assert again.status_code == 200


def export_of(tenant: Tenant) -> download.Download:
    return download.Download(
        _exported(tenant.actor, LeadFilter(), LeadSort.SCORE),
        project_id=tenant.actor.project_id,
        filename="leads.csv",
        media_type="text/csv",
    )


async def say_nothing() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


@asynccontextmanager
async def export_that_nobody_reads(tenant: Tenant) -> AsyncIterator[None]:
    begun = asyncio.Event()

    async def send(message: Message) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(export_of(tenant)({"type": "http"}, say_nothing, send))
        await begun.wait()
        yield
        task.cancel()


async def test_a_download_that_nobody_reads_is_given_up(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "READER_PATIENCE_SECONDS", 0.05)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    for _ in range(MAXIMUM_DOWNLOADS_PER_PROJECT + 1):  # each leaves its place
        with pytest.raises(TimeoutError):
            await export_of(tenant)({"type": "http"}, say_nothing, send)


async def _fill(tenant: Tenant, count: int) -> None:
    async with transaction(tenant.actor.project_id) as session:
        await session.execute(
            text(
                "INSERT INTO lead (project_id, id, name, score) "
                "SELECT :project, gen_random_uuid(), n::text, n % 7 "
                "FROM generate_series(1, :count) AS n"
            ),
            {"project": tenant.actor.project_id, "count": count},
        )


async def merged_pair(tenant: Tenant) -> tuple[UUID, UUID, UUID]:
    """A lead, another one that was merged into it, and the merge."""
    root_id, merge_id = await tenant.add_lead(score=5, name="Ada"), uuid4()
    other_id = await tenant.add_lead(score=65, name="Visitor", root_id=root_id)
    event = await tenant.add_event(other_id)
    rows = (
        LeadAlias(kind=AliasKind.USER, value="u", lead_id=root_id),
        LeadAlias(kind=AliasKind.ANONYMOUS, value="a", lead_id=other_id),
        LeadMerge(id=merge_id, lead_id=other_id, other_id=root_id, event_id=event.id),
    )
    async with transaction(tenant.actor.project_id) as session:
        for row in rows:
            row.project_id = tenant.actor.project_id
            session.add(row)
    return root_id, other_id, merge_id


async def test_a_merged_lead_is_shown_as_the_lead_it_is_part_of(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    root_id, other_id, _ = await merged_pair(tenant)
    for part in ("", "/intelligence"):
        of_root, of_other = [
            await client.get(f"/api/leads/{lead_id}{part}", headers=tenant.bearer)
            for lead_id in (root_id, other_id)
        ]
        assert of_root.json() == of_other.json()
        assert of_root.json()["data"]["eventsLast24h"] == 1
    page = (await client.get("/api/leads", headers=tenant.bearer)).json()["data"]
    assert (page["total"], [lead["id"] for lead in page["leads"]]) == (
        1,
        [str(root_id)],
    )
    export = await client.get("/api/leads/export", headers=tenant.bearer)
    assert "Visitor" not in export.text


async def test_a_lead_tells_its_names_and_its_merges_and_a_merge_can_be_undone(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    root_id, other_id, merge_id = await merged_pair(tenant)
    answer = await client.get(
        f"/api/leads/{other_id}/identities", headers=tenant.bearer
    )
    found = answer.json()["data"]
    assert found["leadId"] == str(root_id)
    assert {
        (alias["kind"], alias["value"], alias["leadId"]) for alias in found["aliases"]
    } == {("user", "u", str(root_id)), ("anonymous", "a", str(other_id))}
    (merge,) = found["merges"]
    assert (merge["id"], merge["leadId"]) == (str(merge_id), str(other_id))
    assert merge["event"]

    path, body = f"/api/leads/{root_id}/unmerge", {"mergeId": str(merge_id)}
    stranger = await make_tenant()
    refused = await client.post(path, json=body, headers=stranger.bearer)
    assert refused.status_code == 404
    undone = await client.post(path, json=body, headers=tenant.bearer)
    assert undone.json()["data"]["id"] == str(other_id)
    again = await client.post(path, json=body, headers=tenant.bearer)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    page = (await client.get("/api/leads", headers=tenant.bearer)).json()["data"]
    assert page["total"] == 2


async def test_only_an_admin_may_undo_a_merge(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    root_id, _, merge_id = await merged_pair(tenant)
    async with transaction(tenant.actor.project_id) as session:
        await session.execute(
            text("UPDATE membership SET role = 'member' WHERE project_id = :id"),
            {"id": tenant.actor.project_id},
        )
    refused = await client.post(
        f"/api/leads/{root_id}/unmerge",
        json={"mergeId": str(merge_id)},
        headers=tenant.bearer,
    )
    assert refused.status_code == 403
