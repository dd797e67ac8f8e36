"""The overview's figures and the newest lines of the ledger over the API."""

from uuid import uuid4

import httpx
import pytest

from tests.tenants import make_tenant

DASHBOARD = "/api/analytics/dashboard"
MUTATIONS = "/api/analytics/score-mutations"


async def test_the_dashboard_tells_of_the_last_week_unless_asked_for_more(
    client: httpx.AsyncClient,
) -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(name="Ada", score=65)
    event = await tenant.add_event(lead_id, type="demo_request")
    await tenant.add_entry(event, sequence=1, delta=65, rule_id=uuid4())
    answer = await client.get(DASHBOARD, headers=tenant.bearer)
    shown = answer.json()["data"]
    assert (shown["range"], shown["newLeads"]["value"]) == ("7d", 1)
    assert shown["newLeads"]["change"] is None
    assert [stage["reached"] for stage in shown["stages"]] == [1, 1, 1, 1]
    assert [each["type"] for each in shown["eventsByType"]] == ["demo_request"]
    assert len(shown["bars"]) == len(shown["eventsByType"][0]["counts"]) == 7
    [heating] = shown["heatingUp"]
    assert (heating["label"], heating["points"]) == ("Ada", 65)
    longer = await client.get(DASHBOARD, params={"range": "90d"}, headers=tenant.bearer)
    assert len(longer.json()["data"]["bars"]) == 90


@pytest.mark.parametrize("wanted", ["1y", "", "7"])
async def test_a_range_that_is_not_there_is_refused(
    client: httpx.AsyncClient, wanted: str
) -> None:
    tenant = await make_tenant()
    answer = await client.get(
        DASHBOARD, params={"range": wanted}, headers=tenant.bearer
    )
    assert answer.status_code == 400
    assert "range" in answer.json()["details"]


@pytest.mark.parametrize("path", [DASHBOARD, MUTATIONS])
async def test_nobody_reads_it_without_signing_in(
    client: httpx.AsyncClient, path: str
) -> None:
    assert (await client.get(path)).status_code == 401


async def test_mutations_are_paged_through_without_a_gap(
    client: httpx.AsyncClient,
) -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(name="Ada")
    wanted = []
    for number in range(3):
        event = await tenant.add_event(lead_id)
        for offset, rule_id in enumerate([None, *sorted((uuid4(), uuid4()))]):
            await tenant.add_entry(
                event, sequence=10 * number + offset + 1, delta=5, rule_id=rule_id
            )
            wanted.append((event.message_id, rule_id and str(rule_id)))
    order = [
        line
        for event in reversed([wanted[at : at + 3] for at in range(0, 9, 3)])
        for line in (event[0], *reversed(event[1:]))
    ]
    seen, cursor = [], None
    while True:
        given = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = await client.get(MUTATIONS, params=given, headers=tenant.bearer)
        page = answer.json()["data"]
        seen += [(each["messageId"], each["ruleId"]) for each in page["mutations"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert seen == order
    assert {each["leadLabel"] for each in page["mutations"]} == {"Ada"}


async def test_another_projects_mutations_are_not_listed(
    client: httpx.AsyncClient,
) -> None:
    theirs = await make_tenant()
    event = await theirs.add_event(await theirs.add_lead())
    await theirs.add_entry(event, sequence=1, delta=5, rule_id=None)
    mine = await make_tenant()
    answer = await client.get(MUTATIONS, headers=mine.bearer)
    assert answer.json()["data"] == {"mutations": [], "nextCursor": None}


async def test_a_cursor_of_another_list_is_refused(client: httpx.AsyncClient) -> None:
    tenant = await make_tenant()
    answer = await client.get(
        MUTATIONS, params={"cursor": "abc"}, headers=tenant.bearer
    )
    assert answer.status_code == 400
