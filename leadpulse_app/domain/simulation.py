"""Which rules events would fire, what that makes of a lead, and why the others not."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from leadpulse_app.domain.conditions import Fields, Unmet
from leadpulse_app.domain.fold import EMPTY, Input, Step, fold
from leadpulse_app.domain.reason import Reason
from leadpulse_app.domain.reserved import RESERVED_EVENT_TYPES
from leadpulse_app.domain.ruleset import ANY_EVENT, Rule, RuleKind, Ruleset
from leadpulse_app.domain.stage import Stage

LONGEST_FOUND = 200
"""Characters of what was found where a condition does not hold: enough to see why."""


_NO_RULES = Ruleset(version=1, rules=())


class Miss(StrEnum):
    """Why a rule gives nothing, or nothing more."""

    INACTIVE = "inactive"
    """It is switched off."""
    OTHER_EVENT_TYPE = "other_event_type"
    """It is for another type of event."""
    CONDITIONS = "conditions"
    """What it asks of an event does not hold."""
    FIT = "fit"
    """What the lead is known as does not match, or no more."""
    CAP = "cap"
    """Its own cap was reached."""
    KIND_LIMIT = "kind_limit"
    """The limit of all rules of its kind was reached."""
    SCORE_LIMIT = "score_limit"
    """A score stays within 0..10,000."""
    LAPSED = "lapsed"
    """All that it gave has lapsed since."""


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What one rule does."""

    rule: Rule
    times: int
    """How often it gives points."""
    points: int
    """What it gives together, but for what has lapsed since."""
    miss: Miss | None
    """Why it gives nothing, or gave nothing when it fired last."""
    unmet: Unmet | None = None
    """The first condition that does not hold for the newest event of its type, or for
    what the lead is known as, with what was found, shortened."""

    @property
    def fires(self) -> bool:
        """Whether it gives points, and keeps any."""
        return self.times > 0 and self.miss not in (Miss.FIT, Miss.LAPSED)


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a ruleset makes of events."""

    events: int
    """How many there are, without what a person edited or gave."""
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
    steps = _steps_by_rule(ruleset, folded.steps)
    newest = _newest_by_type(tried)
    return Simulation(
        events=sum(each.type not in RESERVED_EVENT_TYPES for each in tried),
        score=folded.state.score,
        stage=folded.stage,
        outcomes=tuple(
            _outcome(rule, steps.get(rule.id, ()), newest, folded.state.fields)
            for rule in ruleset.rules
        ),
    )


class _Taken(NamedTuple):
    """A step, and whether the rules of its kind had given all they may before it."""

    step: Step
    kind_is_full: bool

    @property
    def gave(self) -> bool:
        return self.step.delta != 0 or self.step.points == 0


class _Newest(NamedTuple):
    """The newest event of a type, and what its lead was known as by then."""

    properties: Mapping[str, object]
    fields: Fields


def _steps_by_rule(
    ruleset: Ruleset, steps: Iterable[Step]
) -> Mapping[UUID, Sequence[_Taken]]:
    kinds = {rule.id: rule.kind for rule in ruleset.rules}
    limits = {
        RuleKind.BEHAVIOUR: ruleset.group_caps.behaviour,
        RuleKind.FIT: ruleset.group_caps.fit,
    }
    given = dict.fromkeys(RuleKind, 0)
    taken: dict[UUID, list[_Taken]] = {}
    for step in steps:
        if step.rule_id is None:
            continue
        kind = kinds[step.rule_id]
        limit = limits[kind]
        is_full = limit is not None and given[kind] >= limit
        taken.setdefault(step.rule_id, []).append(_Taken(step, is_full))
        given[kind] += step.delta
    return taken


def _outcome(
    rule: Rule,
    taken: Sequence[_Taken],
    newest: Mapping[str | None, _Newest],
    fields: Fields,
) -> RuleOutcome:
    fired = [
        each
        for each in taken
        if each.step.reason not in (Reason.EXPIRED, Reason.FIT_LOST)
    ]
    miss, unmet = _miss(rule, taken, fired, newest, fields)
    return RuleOutcome(
        rule,
        times=sum(each.gave for each in fired),
        points=sum(each.step.delta for each in taken),
        miss=miss,
        unmet=unmet,
    )


def _miss(
    rule: Rule,
    taken: Sequence[_Taken],
    fired: Sequence[_Taken],
    newest: Mapping[str | None, _Newest],
    fields: Fields,
) -> tuple[Miss | None, Unmet | None]:
    if not rule.active:
        return Miss.INACTIVE, None
    if rule.kind is RuleKind.FIT:
        unmet = rule.conditions.first_unmet({}, fields)
        if unmet is not None or not fired:
            return Miss.FIT, _shortened(unmet)
    if not fired:
        return _why_never(rule, newest)
    lapsed = sum(each.step.reason is Reason.EXPIRED for each in taken)
    if lapsed and lapsed == sum(each.step.delta != 0 for each in fired):
        return Miss.LAPSED, None
    return _limit_of(rule, fired[-1]), None


def _why_never(
    rule: Rule, newest: Mapping[str | None, _Newest]
) -> tuple[Miss, Unmet | None]:
    of_its_type = newest.get(rule.event_type)
    if of_its_type is None:
        return Miss.OTHER_EVENT_TYPE, None
    properties, fields = of_its_type
    return Miss.CONDITIONS, _shortened(rule.conditions.first_unmet(properties, fields))


def _newest_by_type(tried: Sequence[Input]) -> Mapping[str | None, _Newest]:
    last = {each.type: number for number, each in enumerate(tried, start=1)}
    newest: dict[str | None, _Newest] = {}
    known, come = EMPTY, 0
    for event_type, number in sorted(last.items(), key=itemgetter(1)):
        telling = (each for each in tried[come:number] if each.traits)
        known = fold(
            (each._replace(ruleset=_NO_RULES) for each in telling), known
        ).state
        come = number
        found = _Newest(tried[number - 1].properties or {}, known.fields)
        newest[event_type] = found
        if event_type not in RESERVED_EVENT_TYPES:
            newest[ANY_EVENT] = found
    return newest


def _limit_of(rule: Rule, last: _Taken) -> Miss | None:
    if last.gave:
        return None
    if last.kind_is_full and rule.points > 0:
        return Miss.KIND_LIMIT
    return Miss.CAP if last.step.reason is Reason.CAPPED else Miss.SCORE_LIMIT


def _shortened(unmet: Unmet | None) -> Unmet | None:
    if unmet is None or not isinstance(unmet.found, str | list | dict):
        return unmet
    found = unmet.found
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    if len(text) <= LONGEST_FOUND:
        return unmet
    return unmet._replace(found=f"{text[: LONGEST_FOUND - 1]}…")
