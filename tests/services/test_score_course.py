"""A lead's course is read within bounds, from its own project's ledger alone."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.domain.reason import Reason
from leadpulse_app.domain.score_course import MAXIMUM_POINTS
from leadpulse_app.services import score_course
from leadpulse_app.services.score_course import ScoreCourse, read_score_course
from tests.services.scoring_project import ScoringProject, score_all
from tests.tenants import Tenant, make_tenant


async def course(tenant: Tenant, lead_id: UUID) -> ScoreCourse:
    async with transaction(tenant.actor.project_id) as session:
        return await read_score_course(
            session, tenant.actor, lead_id, now=datetime.now(UTC), zone=UTC
        )


async def make_scoring_tenant() -> Tenant:
    tenant = await make_tenant()
    await asyncio.to_thread(score_all)  # what other tests left behind
    ScoringProject(tenant.actor.project_id, version=1).publish_stored(
        [
            {
                "id": str(UUID(int=1)),
                "name": "Visit",
                "event_type": "visit",
                "points": 6,
                "expires_after_days": 3,
            },
        ],
        {"thresholds": {"warm": 5, "hot": 10, "qualified": 15}},
    )
    return tenant


async def test_a_lapse_stands_where_the_points_lapsed() -> None:
    tenant = await make_scoring_tenant()
    lead_id = await tenant.add_lead()
    happened = datetime.now(UTC) - timedelta(days=10)
    await tenant.add_pending(
        await tenant.add_event(lead_id, type="visit", occurred_at=happened)
    )
    await tenant.add_pending(await tenant.add_event(lead_id, type="visit"))
    await asyncio.to_thread(score_all)
    told = await course(tenant, lead_id)
    gained, lapsed, again = told.points
    assert (gained.change, gained.score, gained.at) == (6, 6, happened)
    assert (lapsed.change, lapsed.reason) == (-6, Reason.EXPIRED)
    assert lapsed.at == happened + timedelta(days=3)
    assert again.score == 6
    assert told.highest == gained
    assert told.thresholds.qualified == 15
    assert told.is_whole
    assert told.rule_names == {UUID(int=1): "Visit"}
    (rule,) = told.gains.rules
    assert (sum(rule.gained), rule.lapsed, rule.total) == (12, -6, 6)


async def test_a_lead_of_which_nothing_was_scored_has_no_points() -> None:
    tenant = await make_tenant()
    told = await course(tenant, await tenant.add_lead())
    assert (told.points, told.highest, told.is_whole) == ((), None, True)


async def test_however_long_a_ledger_is_few_points_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    async with transaction(tenant.actor.project_id) as session:
        await session.execute(
            text("""
                WITH sent AS (
                    INSERT INTO event (project_id, lead_id, message_id, type,
                        properties, received_at, occurred_at)
                    SELECT :project_id, :lead_id, 'm' || n, 'visit', '{}', now(),
                        now() - (2000 - n) * interval '1 hour'
                    FROM generate_series(1, 1000) AS n
                    RETURNING id, substr(message_id, 2)::integer AS n
                )
                INSERT INTO score_entry (project_id, lead_id, sequence, event_id,
                    ruleset_version, points, delta, reason, old_score, new_score)
                SELECT :project_id, :lead_id, n, id, 1, 1, 1, 'scored', n - 1, n
                FROM sent
            """),
            {"project_id": tenant.actor.project_id, "lead_id": lead_id},
        )
    told = await course(tenant, lead_id)
    assert len(told.points) <= MAXIMUM_POINTS
    assert (told.points[0].score, told.points[-1].score) == (1, 1_000)
    assert told.is_whole
    monkeypatch.setattr(score_course, "MAXIMUM_LINES", 100)
    told = await course(tenant, lead_id)
    assert (told.points[0].score, told.points[-1].score) == (901, 1_000)
    assert not told.is_whole


async def test_another_projects_course_is_not_found() -> None:
    theirs, tenant = await make_tenant(), await make_tenant()
    lead_id = await theirs.add_lead()
    with pytest.raises(NotFoundError):
        await course(tenant, lead_id)
    async with transaction(theirs.actor.project_id) as session:
        with pytest.raises(NotFoundError):
            await read_score_course(
                session, tenant.actor, lead_id, now=datetime.now(UTC), zone=UTC
            )
