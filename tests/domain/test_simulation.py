from datetime import UTC, datetime, timedelta
from uuid import UUID

from leadpulse_app.domain.conditions import Condition, ConditionGroup, Operator
from leadpulse_app.domain.fold import Input, Position
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
        (1, 10, None),
        (3, 10, None),
        (1, 7, None),
        (0, 0, Miss.CONDITIONS),
        (1, 10, None),
    ]


def test_a_rule_that_a_limit_leaves_nothing_says_so() -> None:
    assert said(rule(1, points=20), rule(2), group_caps=GroupCaps(behaviour=20)) == [
        (1, 20, None),
        (0, 0, Miss.LIMIT),
    ]


def test_of_the_newest_event_it_names_what_does_not_hold() -> None:
    (outcome,) = tried(
        rule(1, conditions=asks("properties.plan", Operator.EQUALS, "pro"))
    )
    assert outcome.unmet is not None
    assert outcome.unmet.condition.value == "pro"
    assert outcome.unmet.found == "plan 0"


def test_nothing_makes_nothing() -> None:
    simulation = simulate(Ruleset(version=1, rules=(rule(1),)), [], until=NOW)
    assert (simulation.score, simulation.stage) == (0, Stage.COLD)
    assert simulation.outcomes[0].miss is Miss.OTHER_EVENT_TYPE
