"""However many leads and events there are, no query of the overview reads them all."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.database import get_engine, transaction
from leadpulse_app.domain.period import Range, period_of
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.overview import (
    read_distribution,
    read_figures,
    read_movers,
)
from leadpulse_app.services.pipeline import read_pipeline
from tests.services.overview_rows import fill
from tests.tenants import Tenant, make_tenant

NOW = datetime.now(UTC)

BIG = {"lead", "event", "score_entry", "stage_change"}


@pytest.fixture(scope="module")
async def tenant() -> Tenant:
    tenant = await make_tenant()
    fill(tenant, leads=20_000)
    return tenant


@contextmanager
def noted() -> Iterator[list[tuple[str, Any]]]:
    """The statements that are executed meanwhile, with their parameters."""
    statements: list[tuple[str, Any]] = []

    def note(*given: Any) -> None:
        _, _, statement, parameters, *_ = given
        statements.append((statement, parameters))

    engine = get_engine().sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from steps(below)


async def sequential_scans(
    session: AsyncSession, statements: list[tuple[str, Any]]
) -> list[str]:
    """What of the big tables these statements read from end to end."""
    connection = await session.connection()
    found = []
    for statement, parameters in statements:
        answer = await connection.exec_driver_sql(
            f"EXPLAIN (FORMAT JSON) {statement}", parameters
        )
        plan = answer.scalar_one()
        plan = json.loads(plan) if isinstance(plan, str) else plan
        found += [
            f"{step['Relation Name']}: {statement}"
            for step in steps(plan[0]["Plan"])
            if step["Node Type"] == "Seq Scan" and step["Relation Name"] in BIG
        ]
    return found


@pytest.mark.parametrize("wanted", Range)
async def test_figures_read_ranges_of_indexes_alone(
    tenant: Tenant, wanted: Range
) -> None:
    period = period_of(wanted, now=NOW, zone=UTC)
    async with transaction(tenant.actor.project_id) as session:
        with noted() as statements:
            figures = await read_figures(session, tenant.actor, period=period)
        assert figures.events.value > 0
        assert await sequential_scans(session, statements) == []


async def test_the_distribution_reads_indexes_alone(tenant: Tenant) -> None:
    async with transaction(tenant.actor.project_id) as session:
        with noted() as statements:
            assert (await read_distribution(session, tenant.actor)).leads == 20_000
        assert await sequential_scans(session, statements) == []


async def test_movers_look_through_the_newest_rows_alone(tenant: Tenant) -> None:
    async with transaction(tenant.actor.project_id) as session:
        with noted() as statements:
            movers = await read_movers(session, tenant.actor, now=NOW)
        assert movers.heating
        assert movers.qualified
        assert movers.cooling
        assert await sequential_scans(session, statements) == []


async def test_the_pipeline_reads_as_many_leads_as_it_shows(tenant: Tenant) -> None:
    lengths = dict.fromkeys(Stage, 200)
    async with transaction(tenant.actor.project_id) as session:
        with noted() as statements:
            columns = await read_pipeline(
                session, tenant.actor, now=NOW, lengths=lengths
            )
        assert {len(column.cards) for column in columns.values()} == {200}
        assert await sequential_scans(session, statements) == []
