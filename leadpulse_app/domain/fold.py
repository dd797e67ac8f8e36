"""What a lead is worth and known as: a pure function of its inputs in fold order.

Everything that scores, verifies or explains uses this one function, so that the
order in which events arrive never decides a score.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from leadpulse_app.domain.ruleset import Ruleset
from leadpulse_app.domain.traits import MAXIMUM_TRAIT_LENGTH

MINIMUM_SCORE = 0
MAXIMUM_SCORE = 10_000

FIELDS = "$fields"
"""The reserved type of input by which a person edits a lead's fields."""


class Position(NamedTuple):
    """Where an input stands in the order of the fold; the lower comes first.

    Message ids compare by code point, as Postgres does under the collation "C".
    """

    occurred_at: datetime
    message_id: str


class Input(NamedTuple):
    """One event, with the ruleset that it is scored by."""

    position: Position
    event_id: int
    type: str
    traits: Mapping[str, object] | None
    """What it says of its person: `email`, `name`, `company`."""
    ruleset: Ruleset


class Fields(NamedTuple):
    """What a lead is known as."""

    email: str | None = None
    name: str | None = None
    company: str | None = None


class State(NamedTuple):
    """What the fold carries from one input to the next."""

    score: int = 0
    fields: Fields = Fields()


EMPTY = State()
"""The state of a lead that nothing is known of."""


class Step(NamedTuple):
    """What one rule did for one input.

    `delta` differs from `points` where the score would have left 0..10,000. An
    input that fires no rule makes one step without a rule, worth nothing.
    """

    event_id: int
    rule_id: UUID | None
    ruleset_version: int
    points: int
    delta: int


class Folded(NamedTuple):
    """The end of a fold and every step on the way, in order."""

    state: State
    steps: list[Step]


class Change(NamedTuple):
    """What has to be added to a ledger so that it says what a fold says."""

    step: Step
    delta: int
    is_new: bool
    """Whether the ledger knows nothing of the step yet."""


def fold(inputs: Iterable[Input], start: State = EMPTY) -> Folded:
    """Fold inputs, given in any order, into a state.

    Args:
        inputs: The inputs; they are taken in the order of their positions.
        start: The state before the lowest of them. Continuing from the state of
            earlier inputs gives the same as folding all of them at once.

    Returns:
        The state, with a score clamped to 0..10,000 at each step, and the steps.
    """
    score, fields = start
    steps: list[Step] = []
    append = steps.append
    for _, event_id, type_, traits, ruleset in sorted(inputs, key=_position_of):
        if traits:
            fields = _set_fields(fields, type_, traits)
        rules = ruleset.matching(type_)
        for rule in rules:
            points = rule.points
            new_score = min(max(score + points, MINIMUM_SCORE), MAXIMUM_SCORE)
            append(Step(event_id, rule.id, ruleset.version, points, new_score - score))
            score = new_score
        if not rules:
            append(Step(event_id, None, ruleset.version, 0, 0))
    return Folded(State(score, fields), steps)


def changes(
    steps: Iterable[Step], recorded: Mapping[tuple[int, UUID | None], int]
) -> Iterator[Change]:
    """Compare a fold with what a ledger already says.

    Args:
        steps: The steps of the fold.
        recorded: The sum of the deltas recorded so far, by event and rule.

    Yields:
        In fold order, each step that is new, and each whose delta is another one
        now, with the difference.
    """
    for step in steps:
        before = recorded.get((step.event_id, step.rule_id))
        if before is None:
            yield Change(step, step.delta, is_new=True)
        elif before != step.delta:
            yield Change(step, step.delta - before, is_new=False)


def _position_of(item: Input) -> Position:
    return item.position


def _set_fields(fields: Fields, type_: str, traits: Mapping[str, object]) -> Fields:
    given: dict[str, str | None] = {}
    for name in Fields._fields:
        value = traits.get(name)
        if isinstance(value, str) and (text := value.strip()):
            given[name] = text[:MAXIMUM_TRAIT_LENGTH].rstrip()
        elif type_ == FIELDS and name in traits:
            given[name] = None  # a person empties a field; a sender can't
    return fields._replace(**given) if given else fields
