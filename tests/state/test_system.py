"""The system page shows what its project's members may see, and admins act on it."""

import asyncio
import platform
import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest

from leadpulse_app import __version__
from leadpulse_app.database import database_url
from leadpulse_app.domain.errors import ForbiddenError, LeadPulseError, NotFoundError
from leadpulse_app.models import Role
from leadpulse_app.services.project_check import Progress, check_project
from leadpulse_app.services.worker_presence import announce_worker
from leadpulse_app.state.system import PAGE_SIZE, SystemState
from tests.api.test_admin import add_failing, add_scored, alter, put_in_force
from tests.services.scoring_project import score_all
from tests.state.tab import Tab, sent
from tests.tenants import NOBODYS_ID, Tenant, make_tenant


@pytest.fixture
async def tenant() -> Tenant:
    await asyncio.to_thread(score_all)  # what other tests left behind
    return await make_tenant()


def as_member(tenant: Tenant) -> Tab:
    return Tab(replace(tenant.actor, role=Role.MEMBER), "/system")


async def discard(tenant: Tenant, lead_id: UUID) -> None:
    tab = Tab(tenant.actor, "/system")
    await tab.call(tab.state(SystemState), "discard", str(lead_id))


async def test_a_project_where_all_is_well_says_so(tenant: Tenant) -> None:
    await add_scored(tenant)
    state = await Tab(tenant.actor, "/system").open(SystemState)
    assert (state.pending, state.oldest) == ("0", "all is scored")
    for figure in (state.arrivals, state.scored):
        assert figure.said == "1 event in the last 60 minutes"
        assert max(figure.bars) == 100
    assert (state.failed_events, state.any_failed) == ("no scoring has failed", False)
    assert [(part.name, part.works) for part in state.parts] == [
        ("Worker", False),
        ("Postgres", True),
        ("Redis", True),
    ]
    told = {part.name: part.said for part in state.parts}
    assert re.fullmatch(r"Answers · \d+\.\d+", told["Postgres"])
    assert re.fullmatch(r"Answers · (Valkey|Redis) \d+(\.\d+)+", told["Redis"])
    assert re.fullmatch(r"No worker runs · scored (just now|\d+ s ago)", told["Worker"])
    assert dict(state.versions) == {
        "LeadPulse": __version__,
        "Python": platform.python_version(),
        "Rules in force": "Version 1",
    }
    assert state.may_act


async def test_workers_that_run_are_counted(tenant: Tenant) -> None:
    with psycopg.connect(database_url(), autocommit=True) as connection:
        announce_worker(connection)
        state = await Tab(tenant.actor, "/system").open(SystemState)
        assert (state.parts[0].works, state.parts[0].said) == (True, "Running")
        with psycopg.connect(database_url(), autocommit=True) as another:
            announce_worker(another)
            state = await Tab(tenant.actor, "/system").open(SystemState)
    assert state.parts[0].said == "2 running"


async def test_a_failed_lead_is_shown_retried_and_gone(tenant: Tenant) -> None:
    lead_id = await add_failing(tenant)
    tab = Tab(tenant.actor, "/system")
    state = await tab.open(SystemState)
    (row,) = state.failed
    assert (row.id, row.href) == (str(lead_id), f"/leads/{lead_id}")
    assert (row.attempts, row.events) == ("1", "1")
    assert row.next_try.startswith("Again at ")
    assert (state.pending, state.failed_leads) == ("0", "1")
    await put_in_force(tenant, 1)
    assert "scored again" in sent(await tab.call(state, "retry", row.id))
    (row,) = (await tab.open(SystemState)).failed
    assert row.next_try == "Again now"
    await asyncio.to_thread(score_all)
    assert (await tab.open(SystemState)).failed == []


async def test_all_are_retried_and_what_is_discarded_is_held_back(
    tenant: Tenant,
) -> None:
    lead_id = await add_failing(tenant)
    await add_failing(tenant)
    tab = Tab(tenant.actor, "/system")
    state = await tab.open(SystemState)
    toast = await tab.call(state, "discard", str(lead_id))
    assert "1 event held back" in sent(toast)
    await put_in_force(tenant, 1)
    assert "1 lead" in sent(await tab.call(state, "retry_all"))
    assert "No lead" in sent(await tab.call(state, "retry_all"))
    await asyncio.to_thread(score_all)
    assert (await tab.open(SystemState)).failed == []


async def test_members_look_and_do_not_act(tenant: Tenant) -> None:
    lead_id = str(await add_failing(tenant))
    tab = as_member(tenant)
    state = await tab.open(SystemState)
    assert [row.id for row in state.failed] == [lead_id]
    assert not state.may_act
    for handler, *arguments in (
        ("retry", lead_id),
        ("retry_all",),
        ("discard", lead_id),
        ("rebuild", lead_id),
    ):
        with pytest.raises(ForbiddenError):
            await tab.call(state, handler, *arguments)
    await discard(tenant, UUID(lead_id))


@pytest.mark.parametrize("handler", ["retry", "discard", "rebuild"])
@pytest.mark.parametrize(
    "argument", ["", "nonsense", "0" * 32, None, 7, ["x"], {"a": 1}, "\0", "x" * 10_000]
)
async def test_no_argument_finds_a_lead_that_is_not_there(
    tenant: Tenant, handler: str, argument: Any
) -> None:
    tab = Tab(tenant.actor, "/system")
    with pytest.raises(NotFoundError):
        await tab.call(tab.state(SystemState), handler, argument)


@pytest.mark.parametrize("handler", ["retry", "discard", "rebuild"])
async def test_another_project_s_lead_is_neither_shown_nor_touched(
    tenant: Tenant, handler: str
) -> None:
    theirs = await make_tenant()
    lead_id = await add_failing(theirs)
    tab = Tab(tenant.actor, "/system")
    state = await tab.open(SystemState)
    assert state.failed == []
    with pytest.raises(LeadPulseError):
        await tab.call(state, handler, str(lead_id))
    await discard(theirs, lead_id)


@pytest.mark.parametrize("cursor", ["x", "x" * 101, "AAAA", NOBODYS_ID])
async def test_a_cursor_that_somebody_made_up_leads_to_nothing(
    tenant: Tenant, cursor: str
) -> None:
    lead_id = await add_failing(tenant)
    state = await Tab(tenant.actor, f"/system?before={cursor}").open(SystemState)
    assert state.failed == []
    await discard(tenant, lead_id)


async def test_more_failed_leads_stand_behind_the_first(tenant: Tenant) -> None:
    lead_ids = [await add_failing(tenant) for _ in range(PAGE_SIZE + 1)]
    tab = Tab(tenant.actor, "/system")
    state = await tab.open(SystemState)
    assert (len(state.failed), state.newest_href) == (PAGE_SIZE, "")
    tab.go(state.older_href)
    await tab.open(SystemState)
    assert (len(state.failed), state.older_href) == (1, "")
    assert state.newest_href == "/system"
    for lead_id in lead_ids:
        await discard(tenant, lead_id)


async def test_what_differs_is_named_and_rebuilt(tenant: Tenant) -> None:
    lead_id = await add_scored(tenant)
    await alter(tenant, lead_id)
    tab = Tab(tenant.actor, "/system")
    state = await tab.open(SystemState)
    state._show_check(await asyncio.to_thread(check_project, tenant.actor, Progress()))
    assert (state.clean, state.checked) == (False, "1 lead checked, and 1 differs.")
    (row,) = state.differing
    assert row.href == f"/leads/{lead_id}"
    assert "Rebuilt" in sent(await tab.call(state, "rebuild", row.id))
    assert state.differing == []
    state._show_check(await asyncio.to_thread(check_project, tenant.actor, Progress()))
    assert state.clean
