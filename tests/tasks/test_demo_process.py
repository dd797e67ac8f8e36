"""Sample data that a page asked for: once, for an admin, in development."""

import asyncio
from dataclasses import asdict

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import ConflictError
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.demo import MOST_OWN_LEADS, Progress
from leadpulse_app.services.leads import count_by_stage
from leadpulse_app.tasks.demo_process import fill_beside
from tests.tenants import Tenant, make_tenant


async def fill(tenant: Tenant, people: int = 20) -> list[Progress]:
    return [told async for told in fill_beside(tenant.token, people=people)]


async def leads(actor: Actor) -> int:
    async with transaction(actor.project_id) as session:
        return sum((await count_by_stage(session, actor)).values())


async def test_a_project_is_filled_beside_and_tells_how_far_it_is() -> None:
    ada, eve = await make_tenant(), await make_tenant(name="Eve")
    told = await fill(ada)
    assert {each.doing for each in told} == {"Sending events", "Scoring"}
    assert asdict(told[-1]) == {"doing": "Scoring", "done": 1, "total": 1}
    assert (await leads(ada.actor), await leads(eve.actor)) == (20, 0)
    await fill(ada)  # as what was interrupted is finished
    assert await leads(ada.actor) == 20
    for _ in range(MOST_OWN_LEADS + 1):
        await eve.add_lead()
    with pytest.raises(ConflictError, match="has leads already"):
        await fill(eve)


async def test_a_project_is_filled_by_one_at_a_time() -> None:
    ada = await make_tenant()
    outcomes = await asyncio.gather(fill(ada), fill(ada), return_exceptions=True)
    refused = [each for each in outcomes if isinstance(each, ConflictError)]
    assert len(refused) == 1
    assert await leads(ada.actor) == 20


async def test_production_and_strangers_get_no_sample_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ada = await make_tenant()
    monkeypatch.setenv("LEADPULSE_ENV", "production")
    with pytest.raises(ConflictError, match="development only"):
        await fill(ada)
    monkeypatch.delenv("LEADPULSE_ENV")
    with pytest.raises(ConflictError, match="Sign in"):
        await anext(fill_beside("", people=20))
    assert await leads(ada.actor) == 0
