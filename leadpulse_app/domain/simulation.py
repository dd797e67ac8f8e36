"""Which rules events would fire, and why the others would not."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from leadpulse_app.domain.ruleset import Rule, Rules


class Miss(StrEnum):
    """Why a rule does not fire."""

    INACTIVE = "inactive"
    """It is switched off."""
    OTHER_EVENT_TYPE = "other_event_type"
    """It is for another type of event."""


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What one rule does with the events."""

    rule: Rule
    times: int
    """How many of the events fire it."""
    miss: Miss | None
    """Why none does; unknown where one does."""

    @property
    def fires(self) -> bool:
        """Whether any of the events fires it."""
        return self.miss is None

    @property
    def points(self) -> int:
        """What it gives for all of them, before a score is kept in its bounds."""
        return self.times * self.rule.points


def simulate(rules: Rules, events: Mapping[str, int]) -> tuple[RuleOutcome, ...]:
    """Return what each rule would do, in their order.

    Args:
        rules: The rules to try.
        events: How many events there are of each type.
    """
    return tuple(_outcome(rule, events.get(rule.event_type or "", 0)) for rule in rules)


def _outcome(rule: Rule, events: int) -> RuleOutcome:
    if not events:
        return RuleOutcome(rule, 0, Miss.OTHER_EVENT_TYPE)
    if not rule.active:
        return RuleOutcome(rule, 0, Miss.INACTIVE)
    return RuleOutcome(rule, events, None)
