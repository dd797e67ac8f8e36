"""The simulator tells which rules fire for an event or a lead, and why others don't."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.conditions import Condition, ConditionGroup
from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.domain.rule_edits import add_rule
from leadpulse_app.domain.ruleset import Cap, Period, Rule, RuleKind
from leadpulse_app.services.rulesets import edit_draft
from leadpulse_app.state.rule_simulator import MAXIMUM_PASTED, SimulatorState
from leadpulse_app.state.rules import RulesState
from tests.state.tab import Tab
from tests.tenants import NOBODYS_ID, Tenant, make_tenant

HOSTILE = [None, 5, "", "nobody", "\x00", {"id": 1}, ["new"], 1.5]

PRO = ConditionGroup(
    conditions=(Condition(field="properties.plan", operator="equals", value="pro"),)
)
AT_ACME = ConditionGroup(
    conditions=(Condition(field="lead.company", operator="equals", value="Acme"),)
)


async def opened() -> tuple[Tenant, Tab, SimulatorState]:
    tenant = await make_tenant()
    tab = Tab(tenant.actor, "/rules")
    await tab.open(RulesState)
    return tenant, tab, tab.state(SimulatorState)


async def draft(tab: Tab, **said: object) -> Rule:
    """Add a rule to the draft, and look at the page again."""
    rule = Rule.model_validate(
        {"id": uuid4(), "name": "Drafted", "event_type": "visit", "points": 7, **said}
    )
    async with transaction(tab.actor.project_id) as session:
        await edit_draft(session, tab.actor, add_rule(rule), now=datetime.now(UTC))
    await tab.open(RulesState)
    return rule


def why(state: SimulatorState, rule: Rule) -> str:
    (note,) = (each.note for each in state.resting if each.id == str(rule.id))
    return note


async def test_a_type_of_event_fires_rules_and_the_others_say_why_not() -> None:
    _, tab, state = await opened()
    await tab.call(state, "try_type", "demo_request")
    assert [each.name for each in state.firing] == ["Demo request"]
    assert (state.tried, state.total, state.stage) == ("demo_request", "+50", "")
    assert (state.chosen_type, len(state.resting)) == ("demo_request", 9)
    assert state.resting[0].note == "Only for page_view"


async def test_the_draft_is_tried_again_as_soon_as_it_changes() -> None:
    _, tab, state = await opened()
    await tab.call(state, "try_type", "demo_request")
    rules = tab.state(RulesState)
    (demo,) = (row for row in rules.rows if row.event == "demo_request")
    await tab.call(rules, "switch", demo.id, False)
    assert (state.firing, state.total) == ([], "0")
    assert [each.note for each in state.resting if each.id == demo.id] == [
        "Switched off"
    ]
    await tab.call(rules, "discard")
    assert [each.name for each in state.firing] == ["Demo request"]


async def test_an_event_that_was_pasted_is_held_against_the_conditions() -> None:
    _, tab, state = await opened()
    pro = await draft(tab, conditions=PRO)
    acme = await draft(tab, conditions=AT_ACME, event_type="*")
    fit = await draft(
        tab, kind=RuleKind.FIT, conditions=AT_ACME, event_type=None, points=20
    )
    pasted = {"event": "visit", "properties": {"plan": "free", "paid": [1]}}
    await tab.call(state, "try_event", {"event": json.dumps(pasted)})
    assert (state.problem, state.firing, state.total) == ("", [], "0")
    assert why(state, pro) == "Asks that plan is “pro”; it is “free”"
    company = "Asks that the lead's company is “Acme”; it is not set"
    assert (why(state, acme), why(state, fit)) == (company, company)
    pasted["properties"] = {"plan": "PRO"}
    await tab.call(
        state,
        "try_event",
        {"event": json.dumps(pasted), "lead_company": " acme ", "lead_email": 5},
    )
    assert [each.points for each in state.firing] == ["+7", "+7", "+20"]
    assert state.total == "+34"


async def test_a_lead_is_searched_for_and_tried_with_all_that_it_did() -> None:
    tenant, tab, state = await opened()
    capped = await draft(tab, cap=Cap(times=2, per=Period.DAY), event_type="page_view")
    lead_id = await tenant.add_lead(name="Ada Lovelace", email="ada@example.com")
    now = datetime.now(UTC) - timedelta(days=40)
    for second in range(3):
        await tenant.add_event(lead_id, occurred_at=now + timedelta(seconds=second))
    await tab.call(state, "search", " LOVELACE ")
    assert [(each.id, each.name, each.contact) for each in state.found] == [
        (str(lead_id), "Ada Lovelace", "ada@example.com")
    ]
    await tab.call(state, "try_lead", str(lead_id))
    assert (state.tried, state.events) == ("Ada Lovelace", "3 events")
    assert (state.total, state.stage) == ("29", "warm")
    assert [(each.name, each.points, each.note) for each in state.firing] == [
        ("Page view", "+15", "3 \N{MULTIPLICATION SIGN}"),
        ("Drafted", "+14", "2 \N{MULTIPLICATION SIGN}"),
    ]
    rules = tab.state(RulesState)
    await tab.call(rules, "remove", str(capped.id))
    assert (state.tried, state.total) == ("Ada Lovelace", "15")


async def test_a_rule_that_a_limit_keeps_from_giving_says_so() -> None:
    _, tab, state = await opened()
    capped = await draft(
        tab, cap=Cap(points=5, per=Period.EVER), event_type="demo_request"
    )
    rules = tab.state(RulesState)
    limits = {"warm": "11", "hot": "31", "qualified": "60", "behaviour": "50"}
    await tab.call(rules, "save_limits", limits)
    await tab.call(state, "try_type", "demo_request")
    assert [each.name for each in state.firing] == ["Demo request"]
    assert why(state, capped) == "The limit of its kind was reached"
    await tab.call(state, "try_type", "unsubscribe")
    (unsubscribe,) = (each for each in state.resting if each.name == "Unsubscribe")
    assert unsubscribe.note == "A score does not go below 0"


async def test_a_search_that_finds_nothing_says_so_until_it_is_emptied() -> None:
    tenant, tab, state = await opened()
    await tenant.add_lead(name="Ada")
    await tab.call(state, "search", "Grace")
    assert (state.found, state.found_nothing) == ([], True)
    await tab.call(state, "search", "")
    assert (state.found, state.found_nothing) == ([], False)


@pytest.mark.parametrize("query", [None, 5, "\x00", "x" * 5_000, ["a"], {}, "%", "_"])
async def test_a_hostile_search_finds_nothing(query: object) -> None:
    tenant, tab, state = await opened()
    await tenant.add_lead(name="Ada")
    await tab.call(state, "search", query)
    assert state.found == []


@pytest.mark.parametrize("lead_id", [*HOSTILE, NOBODYS_ID])
async def test_an_unknown_lead_is_not_tried(lead_id: object) -> None:
    _, tab, state = await opened()
    with pytest.raises(NotFoundError):
        await tab.call(state, "try_lead", lead_id)
    assert (state.tried, state.firing) == ("", [])


async def test_a_lead_of_another_project_is_neither_found_nor_tried() -> None:
    _, tab, state = await opened()
    other = await make_tenant()
    theirs = await other.add_lead(name="Ada Lovelace")
    await tab.call(state, "search", "Ada")
    assert (state.found, state.found_nothing) == ([], True)
    with pytest.raises(NotFoundError):
        await tab.call(state, "try_lead", str(theirs))
    assert (state.tried, state.total) == ("", "")


@pytest.mark.parametrize("event_type", [*HOSTILE[:3], *HOSTILE[4:], "*", "$fields"])
async def test_what_is_no_type_of_event_is_not_tried(event_type: object) -> None:
    _, tab, state = await opened()
    await tab.call(state, "try_type", event_type)
    assert (state.tried, state.firing, state.resting) == ("", [], [])


@pytest.mark.parametrize(
    "form",
    [
        None,
        "form",
        {},
        {"event": 5},
        *(
            {"event": text}
            for text in (
                "",
                "{",
                "[" * 20_000,
                "[]",
                "{}",
                '{"event": 5}',
                '{"event": "*"}',
                '{"event": "$fields"}',
                '{"event": "visit", "properties": []}',
                '{"event": "visit", "properties": {"a": "\\u0000"}}',
                json.dumps({"event": "x" * MAXIMUM_PASTED}),
                "9" * 20_000,
            )
        ),
    ],
)
async def test_what_is_no_event_is_said_and_not_tried(form: object) -> None:
    _, tab, state = await opened()
    await tab.call(state, "try_type", "demo_request")
    await tab.call(state, "try_event", form)
    assert state.problem.endswith(".")
    assert (state.tried, state.firing, state.chosen_type) == ("", [], "")


async def test_properties_are_cut_as_ingest_cuts_them() -> None:
    _, tab, state = await opened()
    rule = await draft(tab, conditions=PRO)
    deep = {"plan": {"a": {"b": {"c": 1}}}, "x": float("nan")}
    pasted = json.dumps({"event": "visit", "properties": deep})
    await tab.call(state, "try_event", {"event": pasted})
    assert why(state, rule) == 'Asks that plan is “pro”; it is {"a": null}'
