"""The page of a lead explains its score, and knows no other project's leads."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import psycopg
import pytest

from leadpulse_app.database import run_scoped, transaction
from leadpulse_app.domain.errors import ForbiddenError, NotFoundError
from leadpulse_app.domain.identity import AliasKind
from leadpulse_app.models import LeadAlias, Role
from leadpulse_app.services.identity.listing import MAXIMUM_LISTED
from leadpulse_app.services.identity.merging import merge
from leadpulse_app.settings import get_settings
from leadpulse_app.state.guard import explain_failure
from leadpulse_app.state.lead import LeadState
from leadpulse_app.state.leads import LEADS_PATH
from tests.product import free_port
from tests.services.scoring_project import ScoringProject, score_all
from tests.state.tab import Tab, sent
from tests.tenants import Tenant, make_tenant


async def test_every_line_says_what_happened_and_what_the_score_became() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(
        name="Ada", email="ada@example.com", score=5, sequence=1
    )
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
    assert state.is_admin
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


async def make_scoring_tenant() -> Tenant:
    """Somebody in whose project visits lapse after 3 days and count twice a day."""
    tenant = await make_tenant()
    await asyncio.to_thread(score_all)  # what other tests left behind
    ScoringProject(tenant.actor.project_id, version=1).publish_stored(
        [
            {
                "id": str(UUID(int=1)),
                "name": "Visit",
                "event_type": "visit",
                "points": 6,
                "cap": {"times": 2, "per": "day"},
                "expires_after_days": 3,
            },
            {
                "id": str(UUID(int=2)),
                "name": "Signup",
                "event_type": "signup",
                "points": 20,
            },
        ]
    )
    return tenant


async def happen(tenant: Tenant, lead_id: UUID, *event_types: str) -> None:
    for event_type in event_types:
        event = await tenant.add_event(lead_id, type=event_type)
        await tenant.add_pending(event)
        await asyncio.to_thread(score_all)


async def recorded(tenant: Tenant, lead_id: UUID) -> list[datetime]:
    project = ScoringProject(tenant.actor.project_id)
    ledger = await asyncio.to_thread(project.ledger, lead_id)
    return [line["recorded_at"] for line in ledger]


def page_at(lead_id: UUID, at: str) -> str:
    return f"{LEADS_PATH}/{lead_id}?{urlencode({'at': at})}"


async def test_a_score_says_why_it_is_that_by_rule() -> None:
    tenant = await make_scoring_tenant()
    lead_id = await tenant.add_lead()
    await happen(tenant, lead_id, "visit", "visit", "visit", "signup")
    state = await Tab(tenant.actor, f"/leads/{lead_id}").open(LeadState)
    assert [(row.name, row.times, row.delta) for row in state.why] == [
        ("Signup", "1 \N{MULTIPLICATION SIGN}", "+20"),
        ("Visit", "3 \N{MULTIPLICATION SIGN}", "+12"),
    ]
    assert state.why[0].note == ""
    assert "at most 2 a day" in state.why[1].note
    assert "lapse after 3 days" in state.why[1].note
    assert "1 capped" in state.why[1].note
    assert (state.score, state.stage) == ("32", "hot")
    _, capped, *_ = state.ledger
    assert capped.explanation == "+0 of 6 · daily cap reached"


async def test_a_lead_that_loses_its_stage_says_when() -> None:
    tenant = await make_scoring_tenant()
    lead_id = await tenant.add_lead()
    tab = Tab(tenant.actor, f"/leads/{lead_id}")
    await happen(tenant, lead_id, "signup")
    assert (await tab.open(LeadState)).outlook == ""
    await happen(tenant, lead_id, "visit", "visit")
    state = await tab.open(LeadState)
    due = datetime.now(UTC) + timedelta(days=3)
    assert state.outlook.startswith(f"Drops to Warm on {due:%a} ")
    assert state.outlook.endswith(" unless active")
    await happen(tenant, lead_id, "signup")
    assert (await tab.open(LeadState)).outlook == ""


async def test_as_of_a_moment_the_page_shows_what_it_said_then() -> None:
    tenant = await make_scoring_tenant()
    lead_id = await tenant.add_lead()
    await happen(tenant, lead_id, "visit", "visit", "signup")
    first, second, _ = await recorded(tenant, lead_id)
    tab = Tab(tenant.actor, page_at(lead_id, second.isoformat()))
    state = await tab.open(LeadState)
    assert (state.score, state.stage, state.outlook) == ("12", "warm", "")
    assert [row.name for row in state.why] == ["Visit"]
    assert [line.new_score for line in state.ledger] == ["12", "6"]
    assert state.as_of.endswith(f"{second:%H:%M:%S} UTC")
    assert state.as_of_value == f"{second:%Y-%m-%dT%H:%M:%S}"
    assert state.now_href == f"/leads/{lead_id}"
    tab.go(page_at(lead_id, first.isoformat()))
    assert (await tab.open(LeadState)).score == "6"
    tab.go(state.now_href)
    now = await tab.open(LeadState)
    assert (now.score, now.as_of, now.as_of_value) == ("32", "", "")


@pytest.mark.parametrize(
    ("at", "problem"),
    [
        ("nonsense", "names no moment"),
        ("2026-13-01T00:00:00Z", "names no moment"),
        ("9" * 4_000, "names no moment"),
        ("2000-01-01T00:00:00Z", "Nothing was scored"),
        ("9999-01-01T00:00:00Z", "in the future"),
    ],
)
async def test_a_moment_that_can_not_be_shown_says_so_beside_the_score_of_now(
    at: str, problem: str
) -> None:
    tenant = await make_scoring_tenant()
    lead_id = await tenant.add_lead()
    await happen(tenant, lead_id, "visit")
    state = await Tab(tenant.actor, page_at(lead_id, at)).open(LeadState)
    assert problem in state.as_of_problem
    assert (state.score, state.as_of) == ("6", "")


async def test_a_chosen_moment_is_taken_in_the_projects_time_zone() -> None:
    tenant = await make_scoring_tenant()
    actor = replace(tenant.actor, time_zone="Asia/Tokyo")
    lead_id = await tenant.add_lead()
    tab = Tab(actor, f"/leads/{lead_id}")
    state = tab.state(LeadState)
    chosen = await tab.call(state, "show_moment", {"at": "2026-01-02T09:30"})
    assert "2026-01-02T00%3A30%3A00.999999" in sent(chosen)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"at": ""},
        {"at": None},
        {"at": "nonsense"},
        {"at": "0001-01-01T00:00"},
        {"at": "9999-12-31T23:59:59"},
        {"at": "2026-01-01T00:00" + "0" * 10_000},
        {"at": {"at": 1}},
        None,
        7,
    ],
)
async def test_what_is_no_moment_is_refused_where_it_was_entered(form: object) -> None:
    tenant = await make_scoring_tenant()
    actor = replace(tenant.actor, time_zone="Asia/Tokyo")
    tab = Tab(actor, f"/leads/{await tenant.add_lead()}")
    state = tab.state(LeadState)
    assert await tab.call(state, "show_moment", form) is None
    assert state.as_of_problem


async def test_an_adjustment_is_made_once_however_often_the_dialog_is_sent() -> None:
    tenant = await make_scoring_tenant()
    lead_id = await tenant.add_lead()
    tab = Tab(tenant.actor, f"/leads/{lead_id}")
    state = await tab.open(LeadState)
    await tab.call(state, "toggle_adjusting", True)
    assert state.adjusting
    form = {"points": "\N{MINUS SIGN}4", "note": "Wrong person"}
    await happen(tenant, lead_id, "visit")
    for _ in range(2):
        toast = await tab.call(state, "adjust", form)
        assert "Adjusted by \N{MINUS SIGN}4" in sent(toast)
        assert not state.adjusting
    await asyncio.to_thread(score_all)
    state = await tab.open(LeadState)
    line, _ = state.ledger
    assert (state.score, line.delta) == ("2", "\N{MINUS SIGN}4")
    assert line.event_type == "Adjustment"
    assert line.explanation == f"{tenant.actor.user_name}: Wrong person"
    assert [row.name for row in state.why] == ["Visit", "Adjusted by hand"]
    assert state.recent_events == "1"


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, {"points", "note"}),
        ({"points": "", "note": "x"}, {"points"}),
        ({"points": "0", "note": "x"}, {"points"}),
        ({"points": "1.5", "note": "x"}, {"points"}),
        ({"points": "10001", "note": "x"}, {"points"}),
        ({"points": "9" * 9_000, "note": "x"}, {"points"}),
        ({"points": "\u0665", "note": "x"}, {"points"}),
        ({"points": ["5"], "note": "x"}, {"points"}),
        ({"points": "5", "note": " "}, {"note"}),
        ({"points": "5", "note": "x" * 501}, {"note"}),
        ({"points": "5", "note": "\0"}, {"note"}),
        (None, {"points", "note"}),
    ],
)
async def test_what_is_no_adjustment_is_refused_where_it_was_entered(
    form: Any, fields: set[str]
) -> None:
    tenant = await make_scoring_tenant()
    lead_id = await tenant.add_lead()
    tab = Tab(tenant.actor, f"/leads/{lead_id}")
    state = await tab.open(LeadState)
    await tab.call(state, "toggle_adjusting", True)
    assert await tab.call(state, "adjust", form) is None
    assert set(state.problems) == fields
    assert state.adjusting
    await asyncio.to_thread(score_all)
    assert (await tab.open(LeadState)).ledger == []


async def test_another_projects_lead_is_not_adjusted() -> None:
    theirs, tenant = await make_scoring_tenant(), await make_scoring_tenant()
    lead_id = await theirs.add_lead()
    tab = Tab(tenant.actor, f"/leads/{lead_id}")
    state = tab.state(LeadState)
    toast = await tab.call(state, "adjust", {"points": "5", "note": "x"})
    assert "no such lead" in sent(toast)
    await asyncio.to_thread(score_all)
    shown = await Tab(theirs.actor, f"/leads/{lead_id}").open(LeadState)
    assert shown.score == "0"


async def test_an_admin_deletes_the_lead_and_then_it_is_gone_for_everybody() -> None:
    tenant = await make_tenant()
    address = f"/leads/{await tenant.add_lead(name='Ada')}"
    member = Tab(replace(tenant.actor, role=Role.MEMBER), address)
    with pytest.raises(ForbiddenError):
        await member.call(member.state(LeadState), "erase")
    assert not (await member.open(LeadState)).is_admin
    admin = Tab(tenant.actor, address)
    state = await admin.open(LeadState)
    await admin.call(state, "toggle_erasing", True)
    assert state.erasing
    redirect, toast = await admin.call(state, "erase")
    assert LEADS_PATH in sent(redirect)
    assert "Deleted 1 lead" in sent(toast)
    assert not state.erasing
    with pytest.raises(NotFoundError):
        await member.open(LeadState)


async def test_nobody_deletes_a_lead_of_another_project() -> None:
    mine, theirs = await make_tenant(), await make_tenant()
    tab = Tab(mine.actor, f"/leads/{await theirs.add_lead()}")
    with pytest.raises(NotFoundError):
        await tab.call(tab.state(LeadState), "erase")


@pytest.mark.parametrize("is_open", [None, "yes", 1, [True]])
async def test_the_question_before_a_deletion_opens_for_nothing_odd(
    is_open: object,
) -> None:
    tenant = await make_tenant()
    tab = Tab(tenant.actor, f"/leads/{await tenant.add_lead()}")
    state = await tab.open(LeadState)
    await tab.call(state, "toggle_erasing", is_open)
    assert not state.erasing
