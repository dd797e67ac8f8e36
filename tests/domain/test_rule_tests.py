from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError

from leadpulse_app.domain.conditions import Condition, ConditionGroup, Operator
from leadpulse_app.domain.fold import Input, Position
from leadpulse_app.domain.rule_test_runs import run_test
from leadpulse_app.domain.rule_tests import RuleTest
from leadpulse_app.domain.ruleset import Cap, Period, Rule, RuleKind, Ruleset
from leadpulse_app.domain.stage import Stage

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACME = ConditionGroup(
    conditions=(
        Condition(field="lead.company", operator=Operator.EQUALS, value="Acme"),
    )
)
RULES = Ruleset(
    version=1,
    rules=(
        Rule(
            id=UUID(int=1),
            name="Visit",
            event_type="visit",
            points=20,
            cap=Cap(times=2, per=Period.EVER),
            expires_after_days=30,
        ),
        Rule(id=UUID(int=2), name="Acme", kind=RuleKind.FIT, points=9, conditions=ACME),
    ),
)


def about(*events: dict[str, object], **more: object) -> RuleTest:
    return RuleTest.model_validate(
        {"id": UUID(int=9), "name": "A test", "events": events, **more}
    )


@pytest.mark.parametrize(
    ("test", "score", "stage", "passed"),
    [
        (about({"type": "visit"}, expected_score=20), 20, Stage.WARM, True),
        (about({"type": "visit"}, expected_score=21), 20, Stage.WARM, False),
        (about(*[{"type": "visit"}] * 3, expected_stage="hot"), 40, Stage.HOT, True),
        (
            about({"type": "visit", "days_ago": 29.9}, expected_stage="cold"),
            20,
            Stage.WARM,
            False,
        ),
        (
            about({"type": "visit", "days_ago": 30}, expected_stage="cold"),
            0,
            Stage.COLD,
            True,
        ),
        (
            about({"type": "other"}, company=" ACME ", expected_score=9),
            9,
            Stage.COLD,
            True,
        ),
    ],
)
def test_events_are_folded_as_if_they_had_happened(
    test: RuleTest, score: int, stage: Stage, passed: bool
) -> None:
    result = run_test(test, RULES, None, now=NOW)
    assert (result.score, result.stage, result.passed) == (score, stage, passed)


def test_a_lead_is_folded_by_the_ruleset_that_is_tried() -> None:
    other = Ruleset(version=7, rules=RULES.rules[1:])
    test = RuleTest(id=UUID(int=9), name="Ada", lead_id=UUID(int=5), expected_score=20)
    visit = Input(
        Position(NOW - timedelta(days=1), "m"), 1, "visit", None, None, False, other
    )
    assert run_test(test, RULES, [visit], now=NOW).passed
    assert not run_test(test, other, [visit], now=NOW).passed


def test_a_test_of_a_lead_that_is_gone_fails() -> None:
    for expected in ({"expected_score": 0}, {"expected_stage": "cold"}):
        test = RuleTest.model_validate(
            {"id": UUID(int=9), "name": "Ada", "lead_id": UUID(int=5)} | expected
        )
        assert not run_test(test, RULES, None, now=NOW).passed


@pytest.mark.parametrize(
    "wrong",
    [
        {"expected_score": 1},
        {"events": [{"type": "visit"}]},
        {"events": [{"type": "visit"}], "expected_score": 1, "expected_stage": "hot"},
        {
            "events": [{"type": "visit"}],
            "lead_id": UUID(int=5),
            "expected_score": 1,
        },
        {"events": [{"type": "$adjust"}], "expected_score": 1},
        {"events": [{"type": "visit", "days_ago": -1}], "expected_score": 1},
        {"events": [{"type": "visit", "days_ago": "NaN"}], "expected_score": 1},
        {
            "events": [{"type": "visit", "properties": {"a": "x" * 6_000}}],
            "expected_score": 1,
        },
        {"events": [{"type": "visit"}] * 101, "expected_score": 1},
        {"events": [{"type": "visit"}], "expected_score": 10_001},
        {"events": [{"type": "visit"}], "expected_score": 1, "name": "a\nb"},
    ],
)
def test_what_is_no_test_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RuleTest.model_validate({"id": UUID(int=9), "name": "A test", **wrong})
