"""Runs the tests of a ruleset through the fold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadpulse_app.domain.conditions import Fields
from leadpulse_app.domain.fold import Input, Position, fold, known_inputs
from leadpulse_app.domain.rule_tests import RuleTest
from leadpulse_app.domain.ruleset import Ruleset
from leadpulse_app.domain.stage import Stage


@dataclass(frozen=True, slots=True)
class RuleTestResult:
    """What came out of a test."""

    test: RuleTest
    score: int | None
    """Unknown where its lead is gone."""
    stage: Stage | None

    @property
    def passed(self) -> bool:
        """Whether it is what was expected."""
        if self.test.expected_stage is not None:
            return self.stage is self.test.expected_stage
        return self.score == self.test.expected_score


def run_test(
    test: RuleTest, ruleset: Ruleset, inputs: Iterable[Input] | None, *, now: datetime
) -> RuleTestResult:
    """Fold what a test is about, and compare.

    Args:
        test: The test.
        ruleset: What to fold by.
        inputs: Those of its lead, whatever their ruleset; None where it is gone.
        now: The moment up to which points lapse.
    """
    if test.lead_id is None:
        inputs = example_inputs(test, ruleset, now=now)
    elif inputs is None:
        return RuleTestResult(test, None, None)
    folded = fold((each._replace(ruleset=ruleset) for each in inputs), until=now)
    return RuleTestResult(test, folded.state.score, folded.stage)


def example_inputs(test: RuleTest, ruleset: Ruleset, *, now: datetime) -> list[Input]:
    """Return the inputs that a test's events would be, with its person's fields."""
    moments = [now - timedelta(days=event.days_ago) for event in test.events]
    known = Fields(test.email or None, test.full_name or None, test.company or None)
    # Before the events, so that rules for what a lead is hold from the first.
    first = known_inputs(known, min(moments, default=now), ruleset)
    events = [
        Input(
            Position(moment, f"{number:03}"),
            number,
            event.type,
            None,
            event.properties,
            True,
            ruleset,
        )
        for number, (event, moment) in enumerate(
            zip(test.events, moments, strict=True), start=1
        )
    ]
    return [*first, *events]
