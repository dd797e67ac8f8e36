"""Columns follow what changes, and hold still while somebody looks into them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from leadpulse_app.database import transaction
from leadpulse_app.domain.stage import DEFAULT_THRESHOLDS
from leadpulse_app.models import Lead
from leadpulse_app.state.pipeline import STEP, ColumnView, PipelineState
from tests.state.tab import Tab
from tests.tenants import Tenant, make_tenant


async def set_score(tenant: Tenant, lead_id: UUID, score: int) -> None:
    async with transaction(tenant.actor.project_id) as session:
        await session.execute(
            update(Lead)
            .where(
                col(Lead.project_id) == tenant.actor.project_id, col(Lead.id) == lead_id
            )
            .values(score=score, stage=DEFAULT_THRESHOLDS.stage_of(score))
        )


async def again(state: PipelineState, tenant: Tenant) -> None:
    state._show(await state._read(tenant.actor, datetime.now(UTC)))


def names(column: ColumnView) -> list[str]:
    return [card.name for card in column.cards]


async def test_a_card_that_changes_stage_moves_and_is_marked() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(name="Ada", score=40)
    await tenant.add_lead(name="Grace", score=70)
    state = await Tab(tenant.actor, "/pipeline").open(PipelineState)
    assert (names(state.hot), names(state.qualified)) == (["Ada"], ["Grace"])
    for score, moved in ((80, "odd"), (80, "odd"), (40, "even")):
        await set_score(tenant, lead_id, score)
        await again(state, tenant)
        [card] = [
            card
            for card in (*state.hot.cards, *state.qualified.cards)
            if card.name == "Ada"
        ]
        assert card.moved == moved
    assert (state.hot.count, names(state.hot)) == ("1", ["Ada"])
    assert state.qualified.cards[0].moved == ""


async def test_a_held_column_keeps_its_order_and_says_how_much_changed() -> None:
    tenant = await make_tenant()
    await tenant.add_lead(name="Ada", score=70)
    grace = await tenant.add_lead(name="Grace", score=65)
    tab = Tab(tenant.actor, "/pipeline")
    state = await tab.open(PipelineState)
    await tab.call(state, "hold", "qualified", "pointer")
    await set_score(tenant, grace, 90)
    await again(state, tenant)
    assert names(state.qualified) == ["Ada", "Grace"]
    assert state.qualified.held_back == "1 changed"
    await tab.call(state, "show_changes", "qualified")
    assert names(state.qualified) == ["Grace", "Ada"]
    assert state.qualified.held_back == ""


async def test_more_cards_are_shown_on_request() -> None:
    tenant = await make_tenant()
    for _ in range(STEP + 1):
        await tenant.add_lead(score=70)
    tab = Tab(tenant.actor, "/pipeline")
    state = await tab.open(PipelineState)
    assert (len(state.qualified.cards), state.qualified.has_more) == (STEP, True)
    await tab.call(state, "show_more", "qualified")
    await again(state, tenant)
    assert (len(state.qualified.cards), state.qualified.has_more) == (STEP + 1, False)


@pytest.mark.parametrize("stage", ["lukewarm", "", None, 7, ["hot"], "_lengths"])
@pytest.mark.parametrize("handler", ["choose", "show_more", "show_changes"])
async def test_what_is_no_stage_changes_nothing(handler: str, stage: Any) -> None:
    tenant = await make_tenant()
    tab = Tab(tenant.actor, "/pipeline")
    state = await tab.open(PipelineState)
    lengths, chosen = dict(state._lengths), state.chosen
    await tab.call(state, handler, stage)
    assert (state._lengths, state.chosen) == (lengths, chosen)


@pytest.mark.parametrize(
    ("stage", "how"), [("hot", "glue"), ("mild", "focus"), (None, None), ([], {})]
)
async def test_only_pointer_and_focus_hold_a_column(stage: Any, how: Any) -> None:
    tenant = await make_tenant()
    tab = Tab(tenant.actor, "/pipeline")
    state = await tab.open(PipelineState)
    await tab.call(state, "hold", stage, how)
    assert state._holds == set()


async def test_another_projects_leads_are_not_shown() -> None:
    theirs = await make_tenant()
    await theirs.add_lead(score=70)
    state = await Tab((await make_tenant()).actor, "/pipeline").open(PipelineState)
    assert state.is_empty
    assert state.qualified.cards == []
