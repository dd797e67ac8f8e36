"""The pipeline lists of each stage the highest scores, of one project alone."""

from datetime import UTC, datetime, timedelta

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.intelligence import NextAction
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.pipeline import Column, read_pipeline
from tests.tenants import Tenant, make_tenant

NOW = datetime.now(UTC)


async def read(tenant: Tenant, length: int = 10) -> dict[Stage, Column]:
    async with transaction(tenant.actor.project_id) as session:
        return await read_pipeline(
            session, tenant.actor, now=NOW, lengths=dict.fromkeys(Stage, length)
        )


async def test_each_stage_lists_its_highest_scores_and_counts_them_all() -> None:
    tenant = await make_tenant()
    for score in (61, 90, 75, 12):
        await tenant.add_lead(score=score, name=f"Lead {score}")
    root = await tenant.add_lead(score=40)
    await tenant.add_lead(score=99, root_id=root)
    columns = await read(tenant, length=2)
    qualified = columns[Stage.QUALIFIED]
    assert [card.label for card in qualified.cards] == ["Lead 90", "Lead 75"]
    assert {stage: column.leads for stage, column in columns.items()} == {
        Stage.COLD: 0,
        Stage.WARM: 1,
        Stage.HOT: 1,
        Stage.QUALIFIED: 3,
    }


async def test_a_card_tells_its_owner_when_it_was_seen_and_what_to_do() -> None:
    tenant = await make_tenant(name="Grace Hopper")
    lead_id = await tenant.add_lead(score=70, owner_id=tenant.actor.user_id)
    merged = await tenant.add_lead(root_id=lead_id)
    seen_at = NOW - timedelta(hours=1)
    await tenant.add_event(lead_id, occurred_at=NOW - timedelta(days=3))
    await tenant.add_event(merged, occurred_at=seen_at)
    await tenant.add_event(
        lead_id, type="$fields", occurred_at=NOW - timedelta(minutes=1)
    )
    [card] = (await read(tenant))[Stage.QUALIFIED].cards
    assert (card.owner_name, card.seen_at) == ("Grace Hopper", seen_at)
    assert card.next_action is NextAction.IMMEDIATE_SALES_CONTACT


@pytest.mark.parametrize("length", [0, 201])
async def test_a_length_out_of_range_is_refused(length: int) -> None:
    tenant = await make_tenant()
    with pytest.raises(InvalidInputError):
        await read(tenant, length)


async def test_another_projects_leads_are_in_no_column() -> None:
    theirs, mine = await make_tenant(), await make_tenant()
    await theirs.add_lead(score=70)
    async with transaction(mine.actor.project_id, theirs.actor.project_id) as session:
        columns = await read_pipeline(
            session, mine.actor, now=NOW, lengths=dict.fromkeys(Stage, 10)
        )
    assert [(column.leads, column.cards) for column in columns.values()] == [
        (0, ())
    ] * 4
