"""Rules come into force on the terms that their publisher chose, and say how far."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from leadpulse_app.database import get_pool, transaction
from leadpulse_app.domain.errors import ConflictError, ForbiddenError, NotFoundError
from leadpulse_app.domain.rule_edits import Edit, add_rule, add_test, remove_test
from leadpulse_app.domain.rule_tests import ExampleEvent, RuleTest
from leadpulse_app.domain.ruleset import Rule
from leadpulse_app.models import Role
from leadpulse_app.services.leads import get_lead
from leadpulse_app.services.rescoring import RescoreProgress, rescore_some
from leadpulse_app.services.rulesets import edit_draft
from leadpulse_app.state.rescoring import RescoreState, read_progress
from leadpulse_app.state.rule_publish import DRAFT, PublishState
from leadpulse_app.state.rules import RulesState
from tests.services.people import settle
from tests.state.tab import Tab, sent
from tests.tenants import Tenant, make_tenant

HOSTILE = [None, 5, "", "nobody", "\x00", {"id": 1}, ["new"], 1.5, True, "9" * 5_000]
VISIT = Rule(id=uuid4(), name="Visit", event_type="visit", points=7)


async def opened() -> tuple[Tab, RulesState, PublishState]:
    tab = Tab((await make_tenant()).actor, "/rules")
    return tab, await tab.open(RulesState), tab.state(PublishState)


def expects(score: int) -> Edit:
    """Add a test to the draft: a visit is worth so much."""
    return add_test(
        RuleTest(
            id=UUID(int=score + 1),
            name=f"A visit of {score}",
            events=(ExampleEvent(type="visit"),),
            expected_score=score,
        )
    )


async def draft(tab: Tab, *edits: Edit) -> None:
    for edit in edits:
        async with transaction(tab.actor.project_id) as session:
            await edit_draft(session, tab.actor, edit, now=datetime.now(UTC))
    await tab.open(RulesState)


async def test_a_draft_whose_tests_fail_is_held_up_until_that_is_overridden() -> None:
    tab, state, asking = await opened()
    await draft(tab, add_rule(VISIT), expects(8))
    await tab.call(asking, "toggle", DRAFT, True)
    assert [(test.name, test.told) for test in asking.failing] == [
        ("A visit of 8", "came out Cold at 7, 8 points expected")
    ]
    (refused,) = await tab.call(state, "publish")
    assert "A test of the rules fails." in sent(refused)
    assert (state.version, asking.asked, len(asking.failing)) == ("1", DRAFT, 1)
    await tab.call(asking, "choose_override", True)
    await tab.call(state, "publish")
    assert (state.version, state.has_draft) == ("2", False)
    assert (asking.asked, asking.overrides, asking.failing) == ("", False, [])


async def test_a_refusal_asks_though_the_tests_passed_when_it_was_asked() -> None:
    tab, state, asking = await opened()
    await draft(tab, add_rule(VISIT), expects(7))
    await tab.call(asking, "toggle", DRAFT, True)
    assert asking.failing == []
    await tab.call(asking, "choose_override", True)
    await tab.call(asking, "choose_reach", "past")
    await draft(tab, expects(8))
    await tab.call(state, "publish")
    assert (state.version, asking.asked, len(asking.failing)) == ("1", DRAFT, 1)
    assert (asking.reach, asking.overrides) == ("past", False)


async def test_closing_the_question_forgets_the_terms() -> None:
    tab, _, asking = await opened()
    await draft(tab, expects(8))
    await tab.call(asking, "toggle", DRAFT, True)
    await tab.call(asking, "choose_override", True)
    await tab.call(asking, "choose_reach", "past")
    await tab.call(asking, "toggle", DRAFT, False)
    await tab.call(asking, "toggle", DRAFT, True)
    assert (asking.reach, asking.overrides) == ("new", False)


async def test_terms_that_were_chosen_for_one_thing_hold_for_no_other() -> None:
    tab, state, asking = await opened()
    await draft(tab, expects(8))
    await tab.call(asking, "toggle", DRAFT, True)
    await tab.call(asking, "choose_override", True)
    await tab.call(state, "publish")
    await draft(tab, remove_test(UUID(int=9)))
    await tab.call(state, "publish")
    await tab.call(asking, "toggle", "1", True)
    await tab.call(asking, "choose_reach", "past")
    (refused,) = await tab.call(state, "roll_back", "2")
    assert "A test of the rules fails." in sent(refused)
    assert (state.version, asking.asked, len(asking.failing)) == ("3", "2", 1)
    await tab.call(asking, "choose_override", True)
    (told, follow) = await tab.call(state, "roll_back", "2")
    assert "Version 4 is in force, with the rules of version 2." in sent(told)
    assert (follow, state.version) == (RescoreState.follow, "4")


async def test_a_version_like_the_one_in_force_stays_and_is_not_applied() -> None:
    tab, state, asking = await opened()
    await tab.call(asking, "toggle", "1", True)
    await tab.call(asking, "choose_reach", "past")
    (told,) = await tab.call(state, "roll_back", "1")
    assert "Version 1 stays" in sent(told)
    assert await read_progress(tab.actor) is None


def rescore_all() -> None:
    """Rescore until nobody waits for it."""
    found: UUID | None = uuid4()
    while found is not None:
        with get_pool().connection() as connection, connection.transaction():
            found = rescore_some(connection)


async def scored_visit() -> tuple[Tenant, UUID]:
    await asyncio.to_thread(settle)  # what other tests left behind
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    await tenant.add_pending(await tenant.add_event(lead_id, type="visit"))
    await asyncio.to_thread(settle)
    return tenant, lead_id


async def score(tenant: Tenant, lead_id: UUID) -> int:
    async with transaction(tenant.actor.project_id) as session:
        lead = await get_lead(session, tenant.actor, lead_id, now=datetime.now(UTC))
    return lead.score


async def test_rules_are_applied_to_the_past_on_demand_and_taken_back_from_it() -> None:
    tenant, lead_id = await scored_visit()
    tab = Tab(tenant.actor, "/rules")
    state, asking = await tab.open(RulesState), tab.state(PublishState)
    rescore = tab.state(RescoreState)
    await draft(tab, add_rule(VISIT))
    await tab.call(asking, "toggle", DRAFT, True)
    await tab.call(asking, "choose_reach", "past")
    told, follow = await tab.call(state, "publish")
    assert "Every lead is scored again" in sent(told)
    assert (follow, asking.reach) == (RescoreState.follow, "new")
    rescore._show(await read_progress(tenant.actor))
    assert rescore.text == "Version 2 is applied to the past: 0 of 1 lead"
    assert (rescore.is_running, rescore.percent) == (True, 0)
    await asyncio.to_thread(rescore_all)
    rescore._show(await read_progress(tenant.actor))
    assert (rescore.text, rescore.is_running) == ("", False)
    assert await score(tenant, lead_id) == 7
    await tab.call(asking, "toggle", "1", True)
    await tab.call(asking, "choose_reach", "past")
    await tab.call(state, "roll_back", "1")
    await asyncio.to_thread(rescore_all)
    assert await score(tenant, lead_id) == 0


async def test_rules_hold_from_now_on_where_nothing_else_was_chosen() -> None:
    tenant, lead_id = await scored_visit()
    tab = Tab(tenant.actor, "/rules")
    state, asking = await tab.open(RulesState), tab.state(PublishState)
    await draft(tab, add_rule(VISIT))
    await tab.call(asking, "toggle", DRAFT, True)
    (told,) = await tab.call(state, "publish")
    assert "Version 2 is in force for new events." in sent(told)
    await asyncio.to_thread(rescore_all)
    assert await score(tenant, lead_id) == 0


async def test_progress_counts_leads_and_tells_those_that_kept_their_score() -> None:
    rescore = (await opened())[0].state(RescoreState)
    now = datetime.now(UTC)
    progress = RescoreProgress(7, 1_200, 5_400, 0, now, None)
    rescore._show(progress)
    assert rescore.text == "Version 7 is applied to the past: 1,200 of 5,400 leads"
    assert (rescore.percent, rescore.has_failed) == (22, False)
    # Leads that came meanwhile are counted only among those that were passed.
    rescore._show(replace(progress, leads=5_402, failures=1))
    assert "5,400 of 5,400 leads; 1 lead kept the old score" in rescore.text
    rescore._show(replace(progress, leads=5_402, failures=2, finished_at=now))
    assert rescore.text.startswith(
        "Version 7 was applied to the past, but 2 leads kept the old score"
    )
    assert (rescore.is_running, rescore.has_failed) == (False, True)
    rescore._show(None)
    assert (rescore.text, rescore.has_failed) == ("", False)


@pytest.mark.parametrize("subject", [*HOSTILE, "0", "-1", "2", str(2**31)])
async def test_a_hostile_subject_is_not_asked_about(subject: object) -> None:
    tab, _, asking = await opened()
    with pytest.raises(NotFoundError):
        await tab.call(asking, "toggle", subject, True)
    assert asking.asked == ""


async def test_nothing_is_asked_about_a_draft_that_is_not_there() -> None:
    tab, _, asking = await opened()
    with pytest.raises(ConflictError):
        await tab.call(asking, "toggle", DRAFT, True)
    assert asking.asked == ""


@pytest.mark.parametrize("hostile", [*HOSTILE[:-2], 1, "true"])
async def test_hostile_terms_change_nothing(hostile: object) -> None:
    tab, _, asking = await opened()
    await draft(tab, expects(8))
    await tab.call(asking, "toggle", DRAFT, True)
    await tab.call(asking, "choose_reach", hostile)
    await tab.call(asking, "choose_override", hostile)
    assert (asking.reach, asking.overrides) == ("new", False)
    await tab.call(asking, "toggle", DRAFT, hostile)
    assert asking.asked == ""


async def test_a_member_chooses_terms_and_publishes_nothing() -> None:
    tenant = await make_tenant()
    await draft(Tab(tenant.actor, "/rules"), expects(8))
    tab = Tab(replace(tenant.actor, role=Role.MEMBER), "/rules")
    state, asking = await tab.open(RulesState), tab.state(PublishState)
    await tab.call(asking, "toggle", DRAFT, True)
    await tab.call(asking, "choose_override", True)
    for handler, *arguments in (("publish",), ("roll_back", "1")):
        with pytest.raises(ForbiddenError):
            await tab.call(state, handler, *arguments)
    assert state.version == "1"


async def test_the_versions_and_drafts_of_another_project_are_not_asked_about() -> None:
    tab, state, asking = await opened()
    await draft(tab, add_rule(VISIT))
    await tab.call(state, "publish")
    await draft(tab, expects(8))
    other, _, others = await opened()
    with pytest.raises(NotFoundError):
        await other.call(others, "toggle", "2", True)
    with pytest.raises(ConflictError):
        await other.call(others, "toggle", DRAFT, True)
    assert (others.asked, others.failing, asking.asked) == ("", [], "")
