"""The timeline of a lead over HTTP."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx

from tests.tenants import make_tenant

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def test_sessions_come_newest_first_and_the_cursor_goes_on(
    client: httpx.AsyncClient,
) -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    for hour in range(3):
        event = await tenant.add_event(
            lead_id,
            type="visit",
            occurred_at=NOON + timedelta(hours=hour),
            properties={"path": "/pricing", "hour": hour},
        )
        await tenant.add_entry(event, sequence=hour + 1, delta=5, rule_id=uuid4())
    told, cursor = [], {}
    for _ in range(3):
        answer = await client.get(
            f"/api/leads/{lead_id}/timeline",
            params={"limit": 1, **cursor},
            headers=tenant.bearer,
        )
        page = answer.json()["data"]
        told += page["sessions"]
        cursor = {"cursor": page["nextCursor"]}
    assert cursor == {"cursor": None}
    assert [each["events"][0]["properties"]["hour"] for each in told] == [2, 1, 0]
    newest = told[0]
    assert (newest["points"], newest["durationSeconds"]) == (5, 0)
    assert newest["firstPage"] == newest["lastPage"] == "/pricing"
    assert newest["events"][0]["oldScore"] == 0
    assert newest["events"][0]["newScore"] == 5


async def test_another_projects_timeline_answers_404_and_nobodys_401(
    client: httpx.AsyncClient,
) -> None:
    theirs, tenant = await make_tenant(), await make_tenant()
    path = f"/api/leads/{await theirs.add_lead()}/timeline"
    assert (await client.get(path, headers=tenant.bearer)).status_code == 404
    assert (await client.get(path)).status_code == 401


async def test_what_is_no_page_answers_400_and_says_so(
    client: httpx.AsyncClient,
) -> None:
    tenant = await make_tenant()
    path = f"/api/leads/{await tenant.add_lead()}/timeline"
    for asked in ({"limit": 0}, {"limit": 101}, {"cursor": "nonsense"}):
        answer = await client.get(path, params=asked, headers=tenant.bearer)
        assert answer.status_code == 400, asked
        assert next(iter(asked)) in answer.text
