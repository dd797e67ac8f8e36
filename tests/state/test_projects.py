"""The menu lists a person's own projects, whoever opens it with whatever."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.services.projects import create_project
from leadpulse_app.state.projects import ProjectsState
from tests.state.tab import Tab
from tests.tenants import Tenant, make_tenant


async def add_project(tenant: Tenant, name: str) -> UUID:
    async with transaction(tenant.actor.project_id) as session:
        made = await create_project(
            session, tenant.actor, name=name, now=datetime.now(UTC)
        )
    return made.id


async def listed(tab: Tab) -> list[tuple[str, bool]]:
    state = tab.state(ProjectsState)
    await tab.call(state, "list_choices", True)
    return [(each.name, each.is_current) for each in state.choices]


async def test_it_lists_ones_own_projects_and_marks_the_current_one() -> None:
    ada, eve = await make_tenant(), await make_tenant(name="Eve")
    second = await add_project(ada, "Second")
    assert await listed(Tab(ada.actor)) == [("Ada's project", True), ("Second", False)]
    there = replace(ada.actor, project_id=second)
    assert await listed(Tab(there)) == [("Ada's project", False), ("Second", True)]
    assert await listed(Tab(eve.actor)) == [("Eve's project", True)]


async def test_a_project_that_was_made_meanwhile_is_listed_the_next_time() -> None:
    ada = await make_tenant()
    tab = Tab(ada.actor)
    assert len(await listed(tab)) == 1
    await add_project(ada, "Second")
    assert len(await listed(tab)) == 2


@pytest.mark.parametrize("argument", [None, "yes", 1, [True], {}])
async def test_what_is_no_answer_opens_nothing(argument: Any) -> None:
    tab = Tab((await make_tenant()).actor)
    state = tab.state(ProjectsState)
    for handler in ("list_choices", "toggle_naming"):
        await tab.call(state, handler, argument)
    assert (state.choices, state.is_naming) == ([], False)
