"""The page of a lead explains its score, and knows no other project's leads."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from leadpulse_app.database import run_scoped, transaction
from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.domain.identity import AliasKind
from leadpulse_app.models import LeadAlias
from leadpulse_app.services.identity.listing import MAXIMUM_LISTED
from leadpulse_app.services.identity.merging import merge
from leadpulse_app.settings import get_settings
from leadpulse_app.state.guard import explain_failure
from leadpulse_app.state.lead import LeadState
from tests.product import free_port
from tests.state.tab import Tab, sent
from tests.tenants import make_tenant


async def test_every_line_says_what_happened_and_what_the_score_became() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(name="Ada", email="ada@example.com", score=5)
    event = await tenant.add_event(lead_id, type="page_view")
    await tenant.add_entry(event, sequence=1, delta=5, rule_id=None)
    state = await Tab(tenant.actor, f"/leads/{lead_id}").open(LeadState)
    assert (state.name, state.contact, state.score) == ("Ada", "ada@example.com", "5")
    [line] = state.ledger
    assert (line.event_type, line.delta) == ("page_view", "+5")
    assert (line.old_score, line.new_score) == ("0", "5")


@pytest.mark.parametrize("address", ["/leads/nobody", "/leads/{}?before=nonsense"])
async def test_an_address_that_leads_nowhere_is_not_found(address: str) -> None:
    tenant = await make_tenant()
    tab = Tab(tenant.actor, address.format(await tenant.add_lead()))
    with pytest.raises(NotFoundError):
        await tab.open(LeadState)


async def test_another_projects_lead_is_not_found() -> None:
    theirs = await make_tenant()
    lead_id = await theirs.add_lead(name="Theirs")
    tab = Tab((await make_tenant()).actor, f"/leads/{lead_id}")
    with pytest.raises(NotFoundError):
        await tab.open(LeadState)


async def test_going_to_another_lead_leaves_nothing_of_the_one_before() -> None:
    tenant = await make_tenant()
    tab = Tab(tenant.actor, f"/leads/{await tenant.add_lead(name='Ada')}")
    state = await tab.open(LeadState)
    tab.go(f"/leads/{await tenant.add_lead(name='Grace')}")
    state._open()
    assert state.name == ""
    assert state.status == "loading"


async def test_a_merge_is_shown_and_an_admin_takes_it_back() -> None:
    tenant = await make_tenant()
    ada, visitor = await tenant.add_lead(name="Ada"), await tenant.add_lead()

    def merge_both(connection: psycopg.Connection) -> str:
        return str(
            merge(
                connection,
                tenant.actor.project_id,
                (ada, visitor),
                lead_id=ada,
                other_id=visitor,
                event_id=None,
            )
        )

    root = await run_scoped(tenant.actor.project_id, merge_both)
    other = ({str(ada), str(visitor)} - {root}).pop()
    tab = Tab(tenant.actor, f"/leads/{root}")
    state = await tab.open(LeadState)
    assert state.may_unmerge
    [shown] = state.merges
    assert shown.name == f"{ada} and {visitor}"
    toast = await tab.call(state, "unmerge", shown.id)
    assert "two leads again" in sent(toast)
    assert (await tab.open(LeadState)).merges == []
    tab.go(f"/leads/{other}")
    assert (await tab.open(LeadState)).status == "loading"


@contextmanager
def postgres_away() -> Iterator[None]:
    """Let connections that are made meanwhile find no Postgres."""
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("DATABASE_URL", url)
        get_settings.cache_clear()
        yield
    get_settings.cache_clear()


async def test_a_merge_that_can_not_be_taken_back_now_says_why() -> None:
    tenant = await make_tenant()
    tab = Tab(tenant.actor, f"/leads/{await tenant.add_lead()}")
    with postgres_away(), pytest.raises(psycopg.OperationalError) as failed:
        await tab.call(tab.state(LeadState), "unmerge", str(uuid4()))
    assert "can't reach its database" in sent(explain_failure(failed.value))


@pytest.mark.parametrize("merge_id", ["", "nonsense", "0" * 32, None, 7])
async def test_a_merge_that_is_not_there_is_not_taken_back(merge_id: object) -> None:
    tenant = await make_tenant()
    tab = Tab(tenant.actor, f"/leads/{await tenant.add_lead()}")
    state = await tab.open(LeadState)
    assert "no such" in sent(await tab.call(state, "unmerge", merge_id))


async def test_a_lead_of_many_names_lists_the_newest_and_how_many_more() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    async with transaction(tenant.actor.project_id) as session:
        session.add_all(
            LeadAlias(
                project_id=tenant.actor.project_id,
                kind=AliasKind.ANONYMOUS,
                value=f"device-{number:03}",
                lead_id=lead_id,
                created_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
            )
            for number in range(MAXIMUM_LISTED + 2)
        )
    state = await Tab(tenant.actor, f"/leads/{lead_id}").open(LeadState)
    assert [row.value for row in state.names] == [
        f"device-{number:03}" for number in range(2, MAXIMUM_LISTED + 2)
    ]
    assert state.names_left_out == "And 2 older names."
    assert state.merges_left_out == ""
