"""What a lead is worth and known as: a pure function of its inputs in fold order.

Everything that scores, verifies or explains uses this one function, so that the
order in which events arrive never decides a score.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
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
    has_user_id: bool
    """Whether its sender knew who the person is."""
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


class Recorded(NamedTuple):
    """What a ledger says so far of one event and rule."""

    ruleset_version: int
    delta: int
    """The sum of its entries."""


class Change(NamedTuple):
    """What has to be added to a ledger so that it says what a fold says."""

    step: Step
    delta: int
    is_new: bool
    """Whether the event is scored for the first time."""


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
    for item in sorted(inputs, key=_position_of):
        _, event_id, type_, traits, has_user_id, ruleset = item
        if traits and (
            has_user_id or type_ == FIELDS or not _is_somebody_else(traits, fields)
        ):
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
    steps: Iterable[Step],
    recorded: Mapping[tuple[int, UUID | None], Recorded],
    new: Container[int],
) -> Iterator[Change]:
    """Compare a fold with what a ledger already says.

    Args:
        steps: The steps of the fold.
        recorded: What the ledger says so far, by event and rule.
        new: The events that are scored for the first time.

    Yields:
        What takes back each delta whose event is no longer folded; then, in fold
        order, each step that is new, and each whose delta is another one now, with
        the difference.
    """
    if recorded:
        steps = list(steps)
        folded = {(step.event_id, step.rule_id) for step in steps}
        for key, (version, delta) in recorded.items():
            if delta and key not in folded:
                yield Change(Step(*key, version, 0, 0), -delta, is_new=False)
    for step in steps:
        if step.event_id in new:
            yield Change(step, step.delta, is_new=True)
        else:
            before = recorded.get((step.event_id, step.rule_id))
            delta = step.delta - (before.delta if before else 0)
            if delta:
                yield Change(step, delta, is_new=False)


def _position_of(item: Input) -> Position:
    return item.position


def _is_somebody_else(traits: Mapping[str, object], fields: Fields) -> bool:
    # On a device that several people share, an anonymous id alone does not tell them
    # apart; a second email does.
    email = traits.get("email")
    return (
        fields.email is not None
        and isinstance(email, str)
        and email.strip().lower() not in ("", fields.email.lower())
    )


def _set_fields(fields: Fields, type_: str, traits: Mapping[str, object]) -> Fields:
    given: dict[str, str | None] = {}
    for name in Fields._fields:
        value = traits.get(name)
        if isinstance(value, str) and (text := value.strip()):
            given[name] = text[:MAXIMUM_TRAIT_LENGTH].rstrip()
        elif type_ == FIELDS and name in traits:
            given[name] = None  # a person empties a field; a sender can't
    return fields._replace(**given) if given else fields
