"""What a lead is worth and known as: a pure function of its inputs in fold order.

Everything that scores, verifies, explains or simulates uses this one function, so that
the order in which events arrive never decides a score.
"""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from leadpulse_app.domain.conditions import Fields
from leadpulse_app.domain.reason import Reason
from leadpulse_app.domain.reserved import ADJUST, FIELDS
from leadpulse_app.domain.ruleset import Period, Rule, Ruleset
from leadpulse_app.domain.stage import Stage
from leadpulse_app.domain.traits import MAXIMUM_TRAIT_LENGTH

__all__ = [
    "ADJUST",
    "EMPTY",
    "FIELDS",
    "LONG_AGO",
    "Award",
    "Change",
    "Fields",
    "Folded",
    "Input",
    "Position",
    "Recorded",
    "State",
    "Step",
    "changes",
    "fold",
    "known_inputs",
    "may_continue",
]

MINIMUM_SCORE = 0
MAXIMUM_SCORE = 10_000

LONG_AGO = datetime.min.replace(tzinfo=UTC)


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
    properties: Mapping[str, object] | None
    """Unknown where its ruleset does not read them."""
    has_user_id: bool
    """Whether its sender knew who the person is."""
    ruleset: Ruleset


class TallyKey(NamedTuple):
    """What a cap counts."""

    rule_id: UUID
    per: Period
    time_zone: str


class Tally(NamedTuple):
    """What a rule gave within the period that the fold has come to."""

    began: int
    """The period's first day, as an ordinal; 0 where it never ends."""
    times: int
    points: int


class Held(NamedTuple):
    """What a rule for what a lead is gives while it holds."""

    points: int
    delta: int


class State(NamedTuple):
    """What the fold carries from one input to the next, but for points to lapse.

    What no later input can need under the newest version is left out, so that one
    history has one state however it was folded.
    """

    score: int = 0
    fields: Fields = Fields()
    version: int = 0
    """The newest ruleset version among the inputs, where what follows is kept."""
    fit_version: int = 0
    """The version that what the lead is was looked at by last."""
    behaviour: int = 0
    """What the rules for events gave, as far as that is limited."""
    fit: int = 0
    """What the rules for what the lead is gave, as far as that is limited."""
    tallies: Mapping[TallyKey, Tally] = {}
    held: Mapping[UUID, Held] = {}


EMPTY = State()
"""The state of a lead that nothing is known of."""


class Step(NamedTuple):
    """What one rule did for one input, or what became of that when it lapsed.

    `delta` differs from `points` where a limit was reached. An input that fires no
    rule makes one step without a rule, worth nothing.
    """

    event_id: int
    rule_id: UUID | None
    ruleset_version: int
    points: int
    delta: int
    reason: Reason


class Award(NamedTuple):
    """Points that lapse."""

    due: datetime
    number: int
    """Keeps those that lapse in one instant in the order in which they were given."""
    step: Step
    """What gave them."""
    limit: int | None
    """How many points the rules for events may give, as it was given by."""


class Folded(NamedTuple):
    """The end of a fold and every step on the way, in order."""

    state: State
    stage: Stage
    steps: list[Step]
    last_expiry: datetime | None
    """When points lapsed last in this fold."""
    awards: list[Award]
    """What was given in this fold and is still to lapse, as a heap."""

    @property
    def next_expiry(self) -> datetime | None:
        """When points that were given in this fold lapse next."""
        return self.awards[0].due if self.awards else None


class Recorded(NamedTuple):
    """What a ledger says so far of one event and rule."""

    ruleset_version: int
    delta: int
    """The sum of its entries."""
    has_expired: bool
    """Whether one of them says that the points lapsed."""


class Change(NamedTuple):
    """What has to be added to a ledger so that it says what a fold says."""

    step: Step
    delta: int
    reason: Reason | None
    """Unknown where an input that was folded before is worth something else now."""


def may_continue(state: State, ruleset: Ruleset) -> bool:
    """Return whether a state holds all that further inputs of a ruleset may need.

    A ruleset that counts needs to be told of what was before it came into force.
    """
    return state.version == ruleset.version or not ruleset.has_memory


def fold(
    inputs: Iterable[Input],
    start: State = EMPTY,
    *,
    until: datetime = LONG_AGO,
) -> Folded:
    """Fold inputs, given in any order, into a state.

    Args:
        inputs: The inputs; they are taken in the order of their positions.
        start: The state before the lowest of them. Continuing from the state of
            earlier inputs gives the same as folding all of them at once, as far as
            `may_continue` says so for each ruleset and none of the points that they
            gave lapse before the last of these inputs or `until`.
        until: Points lapse up to this moment, or to the last input if that is later.

    Returns:
        The state, with a score clamped to 0..10,000 at each step, and the steps.
    """
    ordered = sorted(inputs, key=_position_of)
    folding = _Folding(start, {item.ruleset.version: item.ruleset for item in ordered})
    steps = folding.steps
    append = steps.append
    score, fields = start.score, start.fields
    awards = folding.awards
    evaluated = start.fit_version
    for item in ordered:
        position, event_id, type_, traits, properties, has_user_id, ruleset = item
        if awards and awards[0][0] <= position[0]:
            score = folding.lapse(score, position[0])
        made = len(steps)
        look_again = evaluated != ruleset.version
        if traits and (
            has_user_id or type_ == FIELDS or not _is_somebody_else(traits, fields)
        ):
            fields, before = _set_fields(fields, type_, traits), fields
            look_again = look_again or fields != before
        if look_again:
            evaluated = ruleset.version
            if ruleset.fit_rules or folding.held:
                score = folding.fit_to(score, fields, event_id, ruleset)
        if type_ == ADJUST:
            points = _adjustment(properties)
            delta = min(max(score + points, MINIMUM_SCORE), MAXIMUM_SCORE) - score
            append(Step(event_id, None, ruleset.version, points, delta, Reason.MANUAL))
            score += delta
        for rule in ruleset.matching(type_):
            if rule.is_plain and not folding.counts:
                points = rule.points
                delta = min(max(score + points, MINIMUM_SCORE), MAXIMUM_SCORE) - score
                reason = Reason.SCORED if delta == points else Reason.CLAMPED
                append(Step(event_id, rule.id, ruleset.version, points, delta, reason))
                score += delta
            elif rule.conditions.holds(properties or {}, fields):
                score = folding.give(score, item, rule)
        if len(steps) == made:
            append(Step(event_id, None, ruleset.version, 0, 0, Reason.SCORED))
    if awards:
        last = ordered[-1].position.occurred_at
        score = folding.lapse(score, max(until, last))
    newest = folding.newest
    if newest is None:
        return Folded(start, Stage.COLD, steps, None, [])
    return Folded(
        folding.state(score, fields, newest, evaluated),
        newest.thresholds.stage_of(score),
        steps,
        folding.last_expiry,
        awards,
    )


class _Folding:
    """What a fold has to remember where rules count, hold or lapse."""

    def __init__(self, start: State, versions: Mapping[int, Ruleset]) -> None:
        rulesets: Collection[Ruleset] = versions.values()
        self.steps: list[Step] = []
        self.awards: list[Award] = []
        """Those to lapse, as a heap."""
        self.held = dict(start.held)
        self.last_expiry: datetime | None = None
        self.newest = versions[max(versions)] if versions else None
        self._tallies = dict(start.tallies)
        self._behaviour, self._fit = start.behaviour, start.fit
        self._tracked: dict[UUID, set[TallyKey]] = {}
        for ruleset in rulesets:
            for rule in ruleset.capped_rules:
                self._tracked.setdefault(rule.id, set()).add(_tally_key(rule, ruleset))
        self.counts = any(ruleset.has_memory for ruleset in rulesets)
        """Whether what a plain rule gives may be limited, or counts for a limit."""

    def give(self, score: int, item: Input, rule: Rule) -> int:
        """Let a rule give its points for an input; return the score."""
        ruleset = item.ruleset
        points = award = rule.points
        if rule.id in self._tracked:
            award = self._tally(rule, ruleset, item.position.occurred_at)
        limit = ruleset.group_caps.behaviour
        award = _limited(award, limit, self._behaviour)
        delta = _clamp(score + award) - score
        self._behaviour += delta
        reason = _reason(points, award, delta)
        step = Step(item.event_id, rule.id, ruleset.version, points, delta, reason)
        self.steps.append(step)
        if rule.expires_after_days is not None and delta:
            due = item.position.occurred_at + timedelta(days=rule.expires_after_days)
            heappush(self.awards, Award(due, len(self.steps), step, limit))
        return score + delta

    def lapse(self, score: int, until: datetime) -> int:
        """Take back what lapses up to a moment; return the score."""
        while self.awards and self.awards[0][0] <= until:
            self.last_expiry, _, given, limit = heappop(self.awards)
            taken = _limited(-given.delta, limit, self._behaviour)
            delta = _clamp(score + taken) - score
            self._behaviour += taken
            score += delta
            self.steps.append(
                given._replace(points=-given.delta, delta=delta, reason=Reason.EXPIRED)
            )
        return score

    def fit_to(
        self, score: int, fields: Fields, event_id: int, ruleset: Ruleset
    ) -> int:
        """Let the rules for what a lead is hold, or not; return the score."""
        holding = {
            rule.id: rule.points
            for rule in ruleset.fit_rules
            if rule.conditions.holds({}, fields)
        }
        # In an order that does not depend on how the lead came to hold them.
        lost = dict.fromkeys(sorted(self.held.keys() - holding.keys()), 0)
        for rule_id, points in (lost | holding).items():
            held = self.held.pop(rule_id, Held(0, 0))
            if rule_id in holding and held.points == points:
                self.held[rule_id] = held
                continue
            # What it gave goes, from its kind's limit all of it; then it gives anew.
            limit = ruleset.group_caps.fit
            taken = _limited(-held.delta, limit, self._fit)
            without = _clamp(score + taken)
            self._fit += taken
            new_score = _clamp(without + _limited(points, limit, self._fit))
            self._fit += new_score - without
            delta = new_score - score
            if rule_id in holding:
                self.held[rule_id] = Held(points, new_score - without)
            score = new_score
            reason = Reason.FIT_GAINED if rule_id in holding else Reason.FIT_LOST
            self.steps.append(
                Step(event_id, rule_id, ruleset.version, points, delta, reason)
            )
        return score

    def state(
        self, score: int, fields: Fields, newest: Ruleset, evaluated: int
    ) -> State:
        """Return the state, without what no later input can need."""
        if not newest.has_memory and not self.held:
            return State(score, fields)
        keys = {_tally_key(rule, newest) for rule in newest.capped_rules}
        return State(
            score,
            fields,
            newest.version,
            evaluated,
            0 if newest.group_caps.behaviour is None else self._behaviour,
            0 if newest.group_caps.fit is None else self._fit,
            {key: self._tallies[key] for key in keys if key in self._tallies},
            self.held,
        )

    def _tally(self, rule: Rule, ruleset: Ruleset, occurred_at: datetime) -> int:
        award = rule.points
        cap = rule.cap
        if cap is not None:
            _, times, points = self._read(_tally_key(rule, ruleset), occurred_at)
            if cap.times is not None and times >= cap.times:
                award = 0
            elif cap.points is not None:
                most = max(cap.points - points, 0)
                award = min(max(award, -most), most)
        if award:
            for key in self._tracked[rule.id]:
                began, times, points = self._read(key, occurred_at)
                self._tallies[key] = Tally(began, times + 1, points + abs(award))
        return award

    def _read(self, key: TallyKey, occurred_at: datetime) -> Tally:
        began = _period_began(key, occurred_at)
        tally = self._tallies.get(key)
        return tally if tally and tally.began == began else Tally(began, 0, 0)


def known_inputs(fields: Fields, at: datetime, ruleset: Ruleset) -> list[Input]:
    """Return what lets a made-up lead be known as this from a moment on, if anything.

    It comes before all else that happens at that moment.
    """
    said = {name: value for name, value in fields._asdict().items() if value}
    edit = Input(Position(at, ""), 0, FIELDS, said, None, True, ruleset)
    return [edit] if said else []


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
        order, each step that is new, each lapse that the ledger does not tell of, and
        the difference of each event and rule that are worth something else now.
    """
    if recorded:
        steps = list(steps)
        folded = {(step.event_id, step.rule_id): step for step in steps}
        for key, (version, delta, _) in recorded.items():
            if delta and key not in folded:
                step = Step(*key, version, 0, 0, Reason.SCORED)
                yield Change(step, -delta, None)
    # Where the ledger tells of a lapse, its sum stands for both what was given and
    # what was taken back.
    missing = {key: -before.delta for key, before in recorded.items() if before[2]}
    for step in steps:
        event_id, rule_id, *_, reason = step
        key = event_id, rule_id
        if event_id in new or (reason is Reason.EXPIRED and key not in missing):
            yield Change(step, step.delta, reason)
        elif key in missing:
            missing[key] += step.delta
        else:
            before = recorded.get(key)
            delta = step.delta - (before.delta if before else 0)
            if delta:
                yield Change(step, delta, None)
    for key, delta in missing.items():
        if delta and key in folded:
            yield Change(folded[key], delta, None)


def _position_of(item: Input) -> Position:
    return item.position


def _clamp(score: int) -> int:
    return min(max(score, MINIMUM_SCORE), MAXIMUM_SCORE)


def _limited(change: int, limit: int | None, total: int) -> int:
    if limit is None or change <= 0:
        return change
    return min(change, max(limit - total, 0))


def _reason(points: int, award: int, delta: int) -> Reason:
    if delta == points:
        return Reason.SCORED
    return Reason.CAPPED if delta == award else Reason.CLAMPED


def _adjustment(properties: Mapping[str, object] | None) -> int:
    points = (properties or {}).get("points")
    return points if isinstance(points, int) else 0


def _tally_key(rule: Rule, ruleset: Ruleset) -> TallyKey:
    if rule.cap is None:
        raise ValueError("a rule without a cap counts nothing")
    return TallyKey(rule.id, rule.cap.per, ruleset.time_zone)


def _period_began(key: TallyKey, occurred_at: datetime) -> int:
    if key.per is Period.EVER:
        return 0
    day = occurred_at.astimezone(ZoneInfo(key.time_zone))
    return day.toordinal() - (day.weekday() if key.per is Period.WEEK else 0)


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
