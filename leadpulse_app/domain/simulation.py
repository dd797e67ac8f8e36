"""Which rules events would fire, what that makes of a lead, and why the others not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from leadpulse_app.domain.conditions import Fields, Unmet
from leadpulse_app.domain.fold import Input, Step, fold
from leadpulse_app.domain.reason import Reason
from leadpulse_app.domain.ruleset import ANY_EVENT, Rule, RuleKind, Ruleset
from leadpulse_app.domain.stage import Stage


class Miss(StrEnum):
    """Why a rule gives nothing."""

    INACTIVE = "inactive"
    """It is switched off."""
    OTHER_EVENT_TYPE = "other_event_type"
    """It is for another type of event."""
    CONDITIONS = "conditions"
    """What it asks for does not hold."""
    LIMIT = "limit"
    """Its own cap was reached, or the limit of its kind, or that of a score."""


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What one rule does."""

    rule: Rule
    times: int
    """How often it gives points."""
    points: int
    """What it gives together, but for what has lapsed since."""
    miss: Miss | None
    """Why it gives nothing; unknown where it does."""
    unmet: Unmet | None = None
    """Of the newest event of its type: the first condition that does not hold."""

    @property
    def fires(self) -> bool:
        """Whether it gives points at all."""
        return self.miss is None


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a ruleset makes of events."""

    events: int
    score: int
    stage: Stage
    outcomes: tuple[RuleOutcome, ...]
    """Of every rule, in their order."""

    @property
    def points(self) -> int:
        """What the rules give together."""
        return sum(outcome.points for outcome in self.outcomes)


def simulate(
    ruleset: Ruleset, inputs: Iterable[Input], *, until: datetime
) -> Simulation:
    """Fold inputs by a ruleset, and tell what each of its rules does.

    Args:
        ruleset: The rules to try, whatever the inputs were scored by.
        inputs: What a lead did, or might do.
        until: Points lapse up to this moment.
    """
    tried = sorted(
        (each._replace(ruleset=ruleset) for each in inputs),
        key=lambda each: each.position,
    )
    folded = fold(tried, until=until)
    steps: dict[UUID | None, list[Step]] = {}
    for step in folded.steps:
        steps.setdefault(step.rule_id, []).append(step)
    return Simulation(
        events=len(tried),
        score=folded.state.score,
        stage=folded.stage,
        outcomes=tuple(
            _outcome(rule, steps.get(rule.id, ()), tried, folded.state.fields)
            for rule in ruleset.rules
        ),
    )


def _outcome(
    rule: Rule, steps: Sequence[Step], tried: Sequence[Input], fields: Fields
) -> RuleOutcome:
    given = [step for step in steps if step.reason is not Reason.EXPIRED]
    times = sum(
        step.delta != 0 or step.points == step.delta
        for step in given
        if step.reason is not Reason.FIT_LOST
    )
    points = sum(step.delta for step in steps)
    if times:
        return RuleOutcome(rule, times, points, None)
    miss, unmet = _why_not(rule, given, tried, fields)
    return RuleOutcome(rule, 0, points, miss, unmet)


def _why_not(
    rule: Rule, given: Sequence[Step], tried: Sequence[Input], fields: Fields
) -> tuple[Miss, Unmet | None]:
    if not rule.active:
        return Miss.INACTIVE, None
    if given:
        return Miss.LIMIT, None
    if rule.kind is RuleKind.FIT:
        return Miss.CONDITIONS, rule.conditions.first_unmet({}, fields)
    for each in reversed(tried):
        if rule.event_type in (each.type, ANY_EVENT):
            unmet = rule.conditions.first_unmet(each.properties or {}, fields)
            return Miss.CONDITIONS, unmet
    return Miss.OTHER_EVENT_TYPE, None
