"""However many events there are, no page of the stream reads them all."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest

from leadpulse_app.database import (
    connection_scope,
    database_url,
    get_pool,
    transaction,
)
from leadpulse_app.services.events import (
    find_event,
    list_event_types,
    list_events,
    list_recent_events,
)
from tests.services.test_lead_plans import sequential_scans
from tests.tenants import Tenant, make_tenant

NOW = datetime.now(UTC)
EVENTS = 60_000

_FILL = (
    """
    INSERT INTO lead (project_id, id, name, score, stage)
    SELECT %(project)s, uuidv7(), 'Person ' || n, 0, 'cold'
    FROM generate_series(1, 5000) AS n
    """,
    """
    INSERT INTO lead (project_id, id, root_id, score, stage)
    SELECT %(project)s, uuidv7(), %(busy)s, 0, 'cold' FROM generate_series(1, 3)
    """,
    """
    INSERT INTO event (project_id, lead_id, message_id, type, properties, received_at,
        occurred_at)
    SELECT project_id, id, gen_random_uuid(), CASE WHEN n = 1 AND num %% 100 = 0
        THEN 'purchase' ELSE 'click_' || n %% 10 END, '{}', now(),
        now() - num * interval '1 second'
    FROM (
        SELECT project_id, id, row_number() OVER () AS num
        FROM lead WHERE project_id = %(project)s
    ) AS person, generate_series(1, %(events)s / 5000) AS n
    """,
    """
    INSERT INTO event (project_id, lead_id, message_id, type, properties, received_at,
        occurred_at)
    SELECT %(project)s, %(busy)s, gen_random_uuid(), 'click_1', '{}', now(),
        now() - n * interval '1 minute'
    FROM generate_series(1, 20000) AS n
    """,
    """
    INSERT INTO quarantined_event (project_id, lead_id, event_id, reason)
    SELECT project_id, lead_id, id, 'Googlebot' FROM event
    WHERE project_id = %(project)s AND id %% 10 = 0
    """,
)


@pytest.fixture(scope="module")
async def busy() -> tuple[Tenant, UUID]:
    """A project, and the lead of it that did as much as a third of all."""
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(name="Busy")
    project_id = tenant.actor.project_id
    given = {"project": project_id, "busy": lead_id, "events": EVENTS}
    with (
        get_pool().connection() as connection,
        connection_scope(connection, [project_id]),
    ):
        for statement in _FILL:
            connection.execute(statement, given)
    with psycopg.connect(database_url(), autocommit=True) as connection:
        connection.execute("ANALYZE lead, event, quarantined_event")
    return tenant, lead_id


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"event_type": "click_1"},
        {"event_type": "purchase"},
        {"lead": True},
        {"lead": True, "event_type": "click_1"},
        {"only_held": True},
        {"only_held": True, "event_type": "click_1"},
        {"only_held": True, "lead": True},
    ],
    ids=str,
)
async def test_a_page_reads_indexes_alone(
    busy: tuple[Tenant, UUID], wanted: Mapping[str, Any]
) -> None:
    tenant, lead_id = busy
    wanted = dict(wanted)
    if wanted.pop("lead", False):
        wanted["lead_id"] = lead_id
    cursor = None
    seen: list[str] = []
    with sequential_scans() as found:
        for _ in range(3):
            async with transaction(tenant.actor.project_id) as session:
                page = await list_events(
                    session, tenant.actor, limit=10, cursor=cursor, **wanted
                )
            assert len(page.events) == 10
            seen += [event.message_id for event in page.events]
            cursor = page.next_cursor
    assert len(set(seen)) == 30
    assert found == []


async def test_types_are_told_from_the_index_alone(busy: tuple[Tenant, UUID]) -> None:
    tenant, _ = busy
    with sequential_scans() as found:
        async with transaction(tenant.actor.project_id) as session:
            types = await list_event_types(session, tenant.actor)
    assert types == (*(f"click_{n}" for n in range(10)), "purchase")
    assert found == []


async def test_the_newest_event_and_any_one_are_looked_up(
    busy: tuple[Tenant, UUID],
) -> None:
    tenant, _ = busy
    with sequential_scans() as found:
        async with transaction(tenant.actor.project_id) as session:
            (event,) = await list_recent_events(session, tenant.actor, limit=1)
            assert await find_event(session, tenant.actor, event.message_id) == event
    assert found == []
