"""However many leads and events there are, no list of leads reads them all."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text

from leadpulse_app.database import (
    connection_scope,
    database_url,
    get_engine,
    get_pool,
    transaction,
)
from leadpulse_app.domain.intelligence import Risk
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.leads import (
    LeadFilter,
    LeadSort,
    count_by_stage,
    list_leads,
    stream_leads,
)
from tests.services.test_overview_plans import steps
from tests.tenants import Tenant, make_tenant

NOW = datetime.now(UTC)
LEADS = 20_000

BIG = {"lead", "event", "score_entry", "lead_token", "lead_tag"}

_FILL = (
    """
    INSERT INTO lead (project_id, id, name, email, score, stage, sequence,
        last_event_at, created_at, owner_id)
    SELECT %(project)s, uuidv7(), 'Person ' || n, 'p' || n || '@rare.example', n %% 90,
        CASE WHEN n %% 90 >= 60 THEN 'qualified' WHEN n %% 90 >= 31 THEN 'hot'
            WHEN n %% 90 >= 11 THEN 'warm' ELSE 'cold' END, 3,
        now() - n %% 40 * interval '1 day', now() - n * interval '1 minute',
        CASE WHEN n %% 100 = 1 THEN %(owner)s::uuid END
    FROM generate_series(1, %(leads)s) AS n
    """,
    """
    INSERT INTO event (project_id, lead_id, message_id, type, properties, received_at,
        occurred_at)
    SELECT project_id, id, gen_random_uuid(), CASE WHEN n = 1 THEN 'view'
        WHEN score = 7 THEN 'purchase' ELSE 'click' END, '{}', now(), last_event_at
    FROM lead, generate_series(1, 3) AS n WHERE project_id = %(project)s
    """,
    """
    INSERT INTO lead_token (project_id, token, lead_id)
    SELECT project_id, token, id
    FROM lead, LATERAL (
        VALUES ('person'), (split_part(name, ' ', 2)), ('rare'), ('example')
    ) AS word (token)
    WHERE project_id = %(project)s
    """,
    """
    INSERT INTO lead_tag (project_id, tag, lead_id)
    SELECT project_id, CASE WHEN score = 3 THEN 'few' ELSE 'many' END, id
    FROM lead WHERE project_id = %(project)s
    """,
)


@pytest.fixture(scope="module")
async def tenant() -> Tenant:
    tenant = await make_tenant()
    project_id = tenant.actor.project_id
    given = {"project": project_id, "owner": tenant.actor.user_id, "leads": LEADS}
    with (
        get_pool().connection() as connection,
        connection_scope(connection, [project_id]),
    ):
        for statement in _FILL:
            connection.execute(statement, given)
    with psycopg.connect(database_url(), autocommit=True) as connection:
        connection.execute("ANALYZE lead, event, lead_token, lead_tag")
    return tenant


@contextmanager
def sequential_scans() -> Iterator[list[str]]:
    """What of the big tables is read from end to end by statements run meanwhile.

    Each is planned under the settings that it is run under.
    """
    found: list[str] = []

    def explain(
        connection: Any, _cursor: Any, statement: str, given: Any, *_: Any
    ) -> None:
        if not statement.lstrip().startswith(("SELECT", "WITH")):
            return
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", given)
        (plan,) = cursor.fetchone()
        cursor.close()
        plan = json.loads(plan) if isinstance(plan, str) else plan
        found.extend(
            f"{step['Relation Name']}: {statement}"
            for step in steps(plan[0]["Plan"])
            if step["Node Type"] == "Seq Scan" and step["Relation Name"] in BIG
        )

    engine = get_engine().sync_engine
    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", explain)


_PLANS = text(
    "SELECT name, setting FROM pg_settings WHERE name LIKE 'enable%' OR name = 'jit'"
)

WANTED = {
    "everything": LeadFilter(),
    "a narrow word": LeadFilter(query="4711"),
    "broad words": LeadFilter(query="person exam"),
    "a stage": LeadFilter(stage=Stage.HOT),
    "scores": LeadFilter(minimum_score=30, maximum_score=80),
    "few scores": LeadFilter(minimum_score=89),
    "seen": LeadFilter(seen_within_days=30),
    "risk": LeadFilter(risk=Risk.HIGH),
    "unowned": LeadFilter(unowned=True),
    "a rare tag": LeadFilter(tag="few"),
    "a common tag": LeadFilter(tag="many"),
    "a rare event": LeadFilter(event_type="purchase"),
    "a common event": LeadFilter(event_type="view"),
    "all at once": LeadFilter(
        query="person", stage=Stage.HOT, risk=Risk.LOW, tag="many", event_type="view"
    ),
}


@pytest.mark.parametrize("sort", LeadSort)
@pytest.mark.parametrize("filtered", WANTED)
async def test_a_list_reads_indexes_alone(
    tenant: Tenant, filtered: str, sort: LeadSort
) -> None:
    cursor = None
    with sequential_scans() as found:
        for _ in range(2):
            async with transaction(tenant.actor.project_id) as session:
                page = await list_leads(
                    session,
                    tenant.actor,
                    now=NOW,
                    limit=1 if filtered == "a narrow word" else 50,
                    wanted=WANTED[filtered],
                    sort=sort,
                    cursor=cursor,
                )
            assert page.leads
            if (cursor := page.next_cursor) is None:
                break
    assert found == []


@pytest.mark.parametrize(
    ("filtered", "sort"),
    [
        *((name, LeadSort.SCORE) for name in WANTED),
        ("everything", LeadSort.NEWEST),
        ("broad words", LeadSort.LAST_SEEN),
    ],
)
async def test_an_export_reads_indexes_alone(
    tenant: Tenant, filtered: str, sort: LeadSort
) -> None:
    with sequential_scans() as found:
        async with transaction(tenant.actor.project_id) as session:
            chunks = stream_leads(
                session,
                tenant.actor,
                now=NOW,
                wanted=WANTED[filtered],
                sort=sort,
                chunk=5_000,
            )
            assert sum([len(chunk) async for chunk in chunks])
    assert found == []


async def test_stages_are_counted_from_an_index_alone(tenant: Tenant) -> None:
    with sequential_scans() as found:
        async with transaction(tenant.actor.project_id) as session:
            counts = await count_by_stage(session, tenant.actor)
    assert sum(counts.values()) == LEADS
    assert found == []


async def test_the_plans_of_what_follows_a_list_are_left_as_they_were(
    tenant: Tenant,
) -> None:
    async with transaction(tenant.actor.project_id) as session:
        before = (await session.execute(_PLANS)).all()
        await list_leads(session, tenant.actor, now=NOW)
        assert (await session.execute(_PLANS)).all() == before
