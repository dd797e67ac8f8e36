"""Tests of the rules are listed with what comes out, and drafted, and removed."""

import json
from dataclasses import replace

import pytest

from leadpulse_app.domain.errors import ForbiddenError, NotFoundError
from leadpulse_app.domain.rule_tests import MAXIMUM_EVENTS, MAXIMUM_TESTS
from leadpulse_app.models import Role
from leadpulse_app.state.rule_simulator import MAXIMUM_PASTED
from leadpulse_app.state.rule_tests import RuleTestsState
from leadpulse_app.state.rules import RulesState
from tests.state.tab import Tab
from tests.tenants import NOBODYS_ID, Tenant, make_tenant

HOSTILE = [None, 5, "", "nobody", "\x00", {"id": 1}, ["new"], 1.5, NOBODYS_ID]
NO_SCORES: list[object] = [
    *(None, "", "-1", "10001", "1.5", "many", True, [], "9" * 5_000)
]
TWO = [{"type": "demo_request"}, {"type": "page_view", "daysAgo": 2}]
DEMO = {"name": "A demo is hot", "events": json.dumps(TWO), "expected": "hot"}


async def opened(tenant: Tenant | None = None) -> tuple[Tab, RulesState]:
    tab = Tab((tenant or await make_tenant()).actor, "/rules")
    return tab, await tab.open(RulesState)


async def add(tab: Tab, **entered: object) -> RuleTestsState:
    """Fill in the form and send it."""
    state = tab.state(RuleTestsState)
    await tab.call(state, "toggle", True)
    await tab.call(state, "add", {**DEMO, **entered})
    return state


async def test_a_test_about_events_is_drafted_run_and_published() -> None:
    tab, rules = await opened()
    adding = await add(tab)
    assert (adding.problems, adding.is_open) == ({}, False)
    (test,) = rules.tests
    assert (test.name, test.about) == ("A demo is hot", "demo_request, page_view")
    assert (test.passed, test.expected_stage, test.stage) == (True, "hot", "hot")
    assert (test.score, test.href) == ("55", "")
    assert rules.changes == ["Added test “A demo is hot”"]
    await tab.call(rules, "publish")
    assert (rules.has_draft, rules.tests) == (False, [test])


async def test_a_test_is_run_again_after_each_edit_of_the_draft() -> None:
    tab, rules = await opened()
    await add(tab, expected="score", score="55")
    assert rules.tests[0].passed
    (demo,) = (row for row in rules.rows if row.event == "demo_request")
    await tab.call(rules, "switch", demo.id, False)
    (test,) = rules.tests
    assert (test.passed, test.expected_score, test.score) == (False, "55 points", "5")
    assert test.told == "came out Cold at 5, 55 points expected"


async def test_a_test_about_events_tells_many_in_few_words_and_whom() -> None:
    tab, rules = await opened()
    types = ["visit", "visit", "a", "b", "c", "d"]
    await add(
        tab,
        events=json.dumps([{"type": each} for each in types]),
        lead_email=" ada@example.com ",
        lead_name="Ada",
        lead_company="",
    )
    assert rules.tests[0].about == (
        "2 \N{MULTIPLICATION SIGN} visit, a, b and 2 more · Ada · ada@example.com"
    )


async def test_a_test_about_a_lead_is_searched_for_and_runs_on_what_it_did() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(name="Ada Lovelace")
    for _ in range(2):
        await tenant.add_event(lead_id, type="signup")
    tab, rules = await opened(tenant)
    state = tab.state(RuleTestsState)
    await tab.call(state, "toggle", True)
    await tab.call(state, "choose_subject", "lead")
    await tab.call(state, "search", "lovelace")
    assert [lead.id for lead in state.found] == [str(lead_id)]
    await tab.call(state, "add", {**DEMO, "expected": "qualified"})
    assert state.problems == {"lead": "Search for a lead and choose it"}
    await tab.call(state, "choose_lead", str(lead_id))
    assert (state.chosen, state.found) == ("Ada Lovelace", [])
    await tab.call(state, "add", {**DEMO, "expected": "qualified"})
    (test,) = rules.tests
    assert (test.about, test.href) == ("Ada Lovelace", f"/leads/{lead_id}")
    assert (test.passed, test.stage, test.score) == (True, "qualified", "60")
    assert (state.chosen, state.subject) == ("", "events")


async def test_a_test_is_removed_from_the_draft() -> None:
    tab, rules = await opened()
    state = await add(tab)
    await tab.call(rules, "publish")
    await tab.call(state, "remove", rules.tests[0].id)
    assert (rules.tests, rules.changes) == ([], ["Removed test “A demo is hot”"])


async def test_a_name_that_a_test_has_already_is_said_beside_the_field() -> None:
    tab, rules = await opened()
    await add(tab)
    state = await add(tab)
    assert state.problems == {"name": "A test of this name is there already"}
    assert (state.is_open, len(rules.tests)) == (True, 1)


async def test_no_more_tests_are_added_than_there_is_room_for() -> None:
    tab, rules = await opened()
    for number in range(MAXIMUM_TESTS):
        assert not (await add(tab, name=f"Test {number}")).problems
    state = await add(tab)
    assert state.problems == {"tests": "A ruleset has 50 tests at most"}
    assert (state.is_open, len(rules.tests)) == (True, MAXIMUM_TESTS)


@pytest.mark.parametrize(
    ("field", "entered"),
    [
        ("name", {"name": None}),
        ("name", {"name": 5}),
        ("name", {"name": " "}),
        ("name", {"name": "x" * 121}),
        ("name", {"name": "a\nb"}),
        ("name", {"name": "\ud800"}),
        *(("expected", {"expected": each}) for each in (*HOSTILE, "boiling")),
        *(("expected", {"expected": "score", "score": each}) for each in NO_SCORES),
        ("known", {"lead_email": "\x00"}),
        ("known", {"lead_company": "\udfff"}),
    ],
)
async def test_what_a_test_can_not_say_is_said_beside_the_field(
    field: str, entered: dict[str, object]
) -> None:
    tab, rules = await opened()
    state = await add(tab, **entered)
    assert list(state.problems) == [field]
    assert all(state.problems.values())
    assert (state.is_open, rules.tests) == (True, [])


@pytest.mark.parametrize(
    ("events", "told"),
    [
        (None, "too long"),
        ([], "too long"),
        ("x" * (MAXIMUM_PASTED + 1), "too long"),
        ("", "not JSON"),
        ("[" * 20_000, "not JSON"),
        ("9" * 20_000, "not JSON"),
        ("{}", "events in a list"),
        ("[]", "events in a list"),
        (json.dumps([{"type": "x"}] * (MAXIMUM_EVENTS + 1)), "events in a list"),
        ("[5]", "Event 1 has to have"),
        ('[{"type": "x"}, {}]', 'Event 2 has to have a "type"'),
        ('[{"type": 5}]', "Event 1 has to have"),
        ('[{"type": "*"}]', "Event 1 has to have"),
        ('[{"type": "$adjust"}]', "no event that a test can hold"),
        ('[{"type": "x", "event": 1}]', "nothing but type, properties, daysAgo"),
        ('[{"type": "x", "daysAgo": -1}]', 'as "daysAgo"'),
        ('[{"type": "x", "daysAgo": 1e999}]', 'as "daysAgo"'),
        ('[{"type": "x", "daysAgo": "soon"}]', 'as "daysAgo"'),
        ('[{"type": "x", "properties": []}]', 'as its "properties"'),
        ('[{"type": "x", "properties": {"a": "\\u0000"}}]', "NUL"),
        ('[{"type": "x", "properties": {"a": "\\ud800"}}]', "Event 1"),
        ('[{"type": "x", "properties": {"a": NaN}}]', "too large"),
        ('[{"type": "x", "properties": {"a": ' + "[" * 900 + "]" * 900 + "}}]", ""),
    ],
)
async def test_what_are_no_events_is_said_and_not_kept(
    events: object, told: str
) -> None:
    tab, rules = await opened()
    state = await add(tab, events=events)
    assert list(state.problems) == ["events"]
    assert told in state.problems["events"]
    assert rules.tests == []


@pytest.mark.parametrize("form", [None, 5, "form", [], {}])
async def test_what_is_no_form_adds_nothing(form: object) -> None:
    tab, rules = await opened()
    state = tab.state(RuleTestsState)
    await tab.call(state, "add", form)
    assert {"name", "events", "expected"} <= set(state.problems)
    assert rules.tests == []


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_unknown_leads_and_tests_are_neither_chosen_nor_removed(
    hostile: object,
) -> None:
    tab, rules = await opened()
    state = await add(tab)
    for handler in ("choose_lead", "remove"):
        with pytest.raises(NotFoundError):
            await tab.call(state, handler, hostile)
    await tab.call(state, "choose_subject", hostile)
    await tab.call(state, "toggle", hostile)
    assert (state.chosen, state.subject, state.is_open) == ("", "events", False)
    assert len(rules.tests) == 1


@pytest.mark.parametrize("query", [None, 5, "\x00", "x" * 5_000, ["a"], {}, "%", "_"])
async def test_a_hostile_search_finds_no_lead(query: object) -> None:
    tenant = await make_tenant()
    await tenant.add_lead(name="Ada")
    tab, _ = await opened(tenant)
    state = tab.state(RuleTestsState)
    await tab.call(state, "search", query)
    assert state.found == []


async def test_leads_and_tests_of_another_project_are_not_reached() -> None:
    tenant, other = await make_tenant(), await make_tenant()
    lead_id = await tenant.add_lead(name="Ada Lovelace")
    tab, rules = await opened(tenant)
    await add(tab)
    theirs, their_rules = await opened(other)
    state = theirs.state(RuleTestsState)
    await theirs.call(state, "search", "Ada")
    assert (state.found, state.found_nothing) == ([], True)
    with pytest.raises(NotFoundError):
        await theirs.call(state, "choose_lead", str(lead_id))
    with pytest.raises(NotFoundError):
        await theirs.call(state, "remove", rules.tests[0].id)
    assert (state.chosen, their_rules.tests) == ("", [])


async def test_a_member_who_is_no_admin_reads_tests_and_changes_none() -> None:
    tenant = await make_tenant()
    await add((await opened(tenant))[0])
    tab = Tab(replace(tenant.actor, role=Role.MEMBER), "/rules")
    rules, state = await tab.open(RulesState), tab.state(RuleTestsState)
    assert (len(rules.tests), rules.may_edit) == (1, False)
    for handler, argument in (("add", DEMO), ("remove", rules.tests[0].id)):
        with pytest.raises(ForbiddenError):
            await tab.call(state, handler, argument)
    assert len(rules.tests) == 1
