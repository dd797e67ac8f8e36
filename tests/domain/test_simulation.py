from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.conditions import Condition, ConditionGroup, Operator, Unmet
from leadpulse_app.domain.fold import Input, Position, fold
from leadpulse_app.domain.reserved import ADJUST, FIELDS
from leadpulse_app.domain.ruleset import (
    Cap,
    GroupCaps,
    Period,
    Rule,
    RuleKind,
    Ruleset,
)
from leadpulse_app.domain.simulation import Miss, RuleOutcome, simulate
from leadpulse_app.domain.stage import Stage

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rule(number: int, event_type: str = "visit", **more: object) -> Rule:
    return Rule(
        id=UUID(int=number),
        name=f"Rule {number}",
        **{"event_type": event_type, "points": 10} | more,
    )


def asks(field: str, operator: Operator, value: object = None) -> ConditionGroup:
    condition = Condition(field=field, operator=operator, value=value)
    return ConditionGroup(conditions=(condition,))


def fit(number: int, company: str) -> Rule:
    return Rule(
        id=UUID(int=number),
        name=f"Rule {number}",
        kind=RuleKind.FIT,
        points=7,
        conditions=asks("lead.company", Operator.EQUALS, company),
    )


def tried(*rules: Rule, **more: object) -> list[RuleOutcome]:
    ruleset = Ruleset(version=2, rules=rules, **more)
    inputs = [
        Input(
            Position(NOW - timedelta(days=days), f"m{days}"),
            days,
            "visit",
            {"company": "Acme"},
            {"plan": f"plan {days}"},
            True,
            Ruleset(version=1, rules=()),
        )
        for days in range(3)
    ]
    simulation = simulate(ruleset, inputs, until=NOW)
    assert simulation.events == 3
    assert simulation.points == simulation.score
    assert simulation.stage is ruleset.thresholds.stage_of(simulation.score)
    return list(simulation.outcomes)


def said(*rules: Rule, **more: object) -> list[tuple[int, int, Miss | None]]:
    return [(each.times, each.points, each.miss) for each in tried(*rules, **more)]


def test_it_tells_what_gives_points_and_why_the_rest_does_not() -> None:
    assert said(
        rule(1),
        rule(2, active=False),
        rule(3, "signup"),
        rule(4, cap=Cap(times=1, per=Period.EVER)),
        rule(5, expires_after_days=1),
        fit(6, "ACME"),
        fit(7, "Other"),
        rule(8, "*", conditions=asks("properties.plan", Operator.EQUALS, "plan 1")),
    ) == [
        (3, 30, None),
        (0, 0, Miss.INACTIVE),
        (0, 0, Miss.OTHER_EVENT_TYPE),
        (1, 10, Miss.CAP),
        (3, 10, None),
        (1, 7, None),
        (0, 0, Miss.FIT),
        (1, 10, None),
    ]


def test_a_rule_that_a_limit_leaves_nothing_says_which() -> None:
    capped = Cap(points=5, per=Period.EVER)
    assert said(
        rule(1, points=20), rule(2, cap=capped), group_caps=GroupCaps(behaviour=20)
    ) == [(1, 20, Miss.KIND_LIMIT), (0, 0, Miss.KIND_LIMIT)]
    assert said(
        rule(1, cap=capped), rule(2, points=-4), group_caps=GroupCaps(behaviour=20)
    ) == [(1, 5, Miss.CAP), (2, -5, Miss.SCORE_LIMIT)]
    assert said(fit(6, "Acme"), fit(7, "Acme"), group_caps=GroupCaps(fit=7)) == [
        (1, 7, None),
        (0, 0, Miss.KIND_LIMIT),
    ]
    assert said(rule(1, points=10_000), rule(2)) == [
        (1, 10_000, Miss.SCORE_LIMIT),
        (0, 0, Miss.SCORE_LIMIT),
    ]


def test_a_rule_that_takes_points_is_kept_by_its_own_cap_alone() -> None:
    taking = rule(2, points=-4, cap=Cap(times=1, per=Period.EVER))
    assert said(rule(1), taking, group_caps=GroupCaps(behaviour=10)) == [
        (2, 14, Miss.KIND_LIMIT),
        (1, -4, Miss.CAP),
    ]


def test_a_rule_whose_points_all_lapsed_fires_no_more() -> None:
    lapsing = tried(
        rule(1, cap=Cap(times=1, per=Period.EVER), expires_after_days=1),
        rule(2, "*", expires_after_days=2),
    )
    assert [(each.times, each.points, each.miss, each.fires) for each in lapsing] == [
        (1, 0, Miss.LAPSED, False),
        (3, 20, None, True),
    ]


def event(days_ago: int, type_: str = "visit", **more: Any) -> Input:
    return Input(
        Position(NOW - timedelta(days=days_ago), f"m{days_ago}"),
        days_ago,
        type_,
        more.get("traits"),
        more.get("properties"),
        True,
        Ruleset(version=1, rules=()),
    )


def test_a_rule_for_what_a_lead_is_fires_no_more_once_the_lead_is_another() -> None:
    ruleset = Ruleset(version=2, rules=(fit(1, "Acme"),))
    inputs = [
        event(2, traits={"company": "Acme"}),
        event(1, FIELDS, traits={"company": ""}),
    ]
    simulation = simulate(ruleset, inputs, until=NOW)
    (outcome,) = simulation.outcomes
    assert (outcome.times, outcome.points, outcome.fires) == (1, 0, False)
    assert outcome.miss is Miss.FIT
    assert outcome.unmet == Unmet(next(ruleset.rules[0].conditions.flat()), None)
    assert simulation.events == 1


def test_of_the_newest_event_it_names_what_does_not_hold() -> None:
    (outcome,) = tried(
        rule(1, conditions=asks("properties.plan", Operator.EQUALS, "pro"))
    )
    assert outcome.unmet is not None
    assert outcome.unmet.condition.value == "pro"
    assert outcome.unmet.found == "plan 0"


def test_it_compares_with_what_the_lead_was_known_as_at_the_event() -> None:
    asked = asks("lead.company", Operator.EQUALS, "Other")
    ruleset = Ruleset(
        version=2,
        rules=tuple(
            rule(number, event_type, conditions=asked)
            for number, event_type in enumerate(("visit", "identify", "signup", "*"))
        ),
    )
    inputs = [
        event(4),
        event(3, "identify", traits={"company": "Acme"}),
        event(2, "signup"),
        event(1, FIELDS, traits={"company": "Late"}),
    ]
    outcomes = simulate(ruleset, inputs, until=NOW).outcomes
    assert {each.miss for each in outcomes} == {Miss.CONDITIONS}
    found = [each.unmet and each.unmet.found for each in outcomes]
    assert found == [None, "Acme", "Acme", "Acme"]


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ("x" * 200, "x" * 200),
        ("x" * 1_000, "x" * 199 + "…"),
        (["x"] * 9, ["x"] * 9),
        ({"a": "b" * 300}, '{"a": "' + "b" * 192 + "…"),
        (5, 5),
    ],
)
def test_what_was_found_is_shortened(found: object, told: object) -> None:
    asked = asks("properties.x", Operator.EQUALS, "y")
    ruleset = Ruleset(version=2, rules=(rule(1, conditions=asked),))
    inputs = [event(0, properties={"x": found})]
    (outcome,) = simulate(ruleset, inputs, until=NOW).outcomes
    assert outcome.unmet == Unmet(next(asked.flat()), told)


def test_what_a_person_gave_counts_for_the_score_and_for_no_rule() -> None:
    inputs = [event(1), event(0, ADJUST, properties={"points": 30})]
    simulation = simulate(Ruleset(version=2, rules=(rule(1, "*"),)), inputs, until=NOW)
    assert (simulation.events, simulation.points, simulation.score) == (1, 10, 40)


def test_nothing_makes_nothing() -> None:
    simulation = simulate(Ruleset(version=1, rules=(rule(1),)), [], until=NOW)
    assert (simulation.score, simulation.stage) == (0, Stage.COLD)
    assert simulation.outcomes[0].miss is Miss.OTHER_EVENT_TYPE


POINTS = st.integers(-30, 30)
CAPS = st.none() | st.builds(
    Cap, points=st.integers(1, 40), per=st.sampled_from(Period)
)
LIMITS = st.none() | st.integers(1, 60)


@st.composite
def rules(draw: st.DrawFn) -> tuple[Rule, ...]:
    return tuple(
        rule(
            number,
            draw(st.sampled_from(("visit", "signup", "*"))),
            points=draw(POINTS),
            cap=draw(CAPS),
            expires_after_days=draw(st.none() | st.integers(1, 5)),
        )
        if draw(st.booleans())
        else fit(number, draw(st.sampled_from(("Acme", "Other"))))
        for number in range(1, draw(st.integers(2, 5)))
    )


INPUTS = st.lists(
    st.builds(
        event,
        st.integers(0, 9),
        st.sampled_from(("visit", "signup")),
        traits=st.sampled_from((None, {"company": "Acme"}, {"company": "Other"})),
    ),
    unique_by=lambda each: each.event_id,
)


@given(rules(), INPUTS, LIMITS, LIMITS)
def test_it_comes_to_what_the_fold_does_and_a_reason_stands_for_what_is_missing(
    tried_rules: tuple[Rule, ...],
    inputs: list[Input],
    behaviour: int | None,
    fit_limit: int | None,
) -> None:
    ruleset = Ruleset(
        version=2,
        rules=tried_rules,
        group_caps=GroupCaps(behaviour=behaviour, fit=fit_limit),
    )
    simulation = simulate(ruleset, inputs, until=NOW)
    folded = fold([each._replace(ruleset=ruleset) for each in inputs], until=NOW)
    assert (simulation.score, simulation.stage) == (folded.state.score, folded.stage)
    assert simulation.points == simulation.score
    for outcome in simulation.outcomes:
        if not outcome.times:
            assert outcome.points == 0
            assert outcome.miss is not None
        if outcome.unmet is not None:
            assert outcome.miss in (Miss.CONDITIONS, Miss.FIT)
        if outcome.miss is Miss.CAP:
            assert outcome.rule.cap is not None
        if outcome.miss is Miss.KIND_LIMIT:
            assert (behaviour, fit_limit) != (None, None)
        if outcome.miss is Miss.LAPSED:
            assert outcome.rule.expires_after_days is not None
