"""What a draft of the rules would make of a project's leads, beside what they are.

Leads are compared one after another and only sums and the largest changes are kept, so
that what is held does not grow with their number.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from heapq import heappush, heapreplace
from itertools import count
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from leadpulse_app.domain.fold import Folded, Step
from leadpulse_app.domain.stage import Stage, Thresholds

LEADS_EXPLAINED = 20
"""Leads that change most, with what each rule gives them."""

LEADS_OF_A_MOVE = 10
"""Leads that are named of all that go from one stage to another."""

MAXIMUM_BARS = 24
"""Of the distribution of scores."""

_OUTLIERS = 100
"""One in so many scores may be too high for the distribution, whose last bar has it."""

_WIDTHS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500)


class Standing(NamedTuple):
    """Where a lead stands under the rules that its inputs were scored by."""

    id: UUID
    score: int
    stage: Stage


class Share(NamedTuple):
    """What a rule gives one lead."""

    times: int
    """Inputs whose points count."""
    points: int
    """Their sum."""


NOTHING = Share(0, 0)

Shares = Mapping[UUID | None, Share]
"""By rule; points that a person gave or took have none."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class StageCount(_Part):
    """How many leads are in a stage."""

    stage: Stage
    old: int
    new: int


class MovedLead(_Part):
    """A lead that changes its stage."""

    id: UUID
    old_score: int
    new_score: int


class Move(_Part):
    """The leads that go from one stage to another."""

    old_stage: Stage
    new_stage: Stage
    leads: int
    most_changed: tuple[MovedLead, ...]
    """Ten at most, those whose score changes most first."""


class Bar(_Part):
    """How many leads have a score within a range."""

    start: int
    end: int | None
    """The lowest score that is above it; without one, it holds all that are higher."""
    old: int
    new: int


class RulePoints(_Part):
    """What a rule gives all leads together."""

    rule_id: UUID | None
    """Unknown for points that people gave or took."""
    name: str
    old: int
    new: int


class RuleShare(_Part):
    """What a rule gives one lead."""

    rule_id: UUID | None
    name: str
    old_times: int
    old_points: int
    new_times: int
    new_points: int


class ChangedLead(_Part):
    """A lead whose score changes, and why."""

    id: UUID
    old_score: int
    new_score: int
    old_stage: Stage
    new_stage: Stage
    rules: tuple[RuleShare, ...]


class WhatIf(_Part):
    """The whole comparison."""

    as_of: datetime
    """The moment of the history that it is of."""
    leads: int
    events: int
    """How many were folded."""
    changed: int
    """Leads whose score changes."""
    stages: tuple[StageCount, ...]
    """Coldest first."""
    moves: tuple[Move, ...]
    """The largest first."""
    old_thresholds: Thresholds
    new_thresholds: Thresholds
    bars: tuple[Bar, ...]
    rules: tuple[RulePoints, ...]
    """The largest change first."""
    most_changed: tuple[ChangedLead, ...]
    """Twenty at most, the largest change first."""

    def lead_ids(self) -> set[UUID]:
        """Return the leads that it names."""
        moved = (lead.id for move in self.moves for lead in move.most_changed)
        return {*moved, *(lead.id for lead in self.most_changed)}


Kept = TypeVar("Kept")


class _Largest(Generic[Kept]):
    """The largest of what it is offered; of equals, those that came first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._heap: list[tuple[int, int, Kept]] = []
        self._numbers = count(0, -1)

    def takes(self, size: int) -> bool:
        return len(self._heap) < self._limit or size > self._heap[0][0]

    def offer(self, size: int, item: Kept) -> None:
        entry = size, next(self._numbers), item
        if len(self._heap) < self._limit:
            heappush(self._heap, entry)
        elif size > self._heap[0][0]:
            heapreplace(self._heap, entry)

    def __iter__(self) -> Iterator[Kept]:
        return (item for *_, item in sorted(self._heap, reverse=True))


class _Explained(NamedTuple):
    lead: Standing
    new_score: int
    new_stage: Stage
    shares: Shares


class Comparison:
    """Leads as they are and as a draft makes them."""

    def __init__(self) -> None:
        """Begin without leads."""
        self.leads = 0
        self._events = 0
        self._changed = 0
        self._old_scores: Counter[int] = Counter()
        self._new_scores: Counter[int] = Counter()
        self._moves: Counter[tuple[Stage, Stage]] = Counter()
        self._moved: dict[tuple[Stage, Stage], _Largest[MovedLead]] = {}
        self._points: Counter[UUID | None] = Counter()
        self._most_changed: _Largest[_Explained] = _Largest(LEADS_EXPLAINED)

    def add(self, lead: Standing, folded: Folded, *, events: int) -> None:
        """Compare one lead.

        Args:
            lead: Where it stands.
            folded: The fold of its inputs under the draft.
            events: How many inputs there are.
        """
        id_, old_score, old_stage = lead
        new_score, new_stage = folded.state.score, folded.stage
        self.leads += 1
        self._events += events
        self._old_scores[old_score] += 1
        self._new_scores[new_score] += 1
        points = self._points
        for step in folded.steps:
            if delta := step.delta:
                points[step.rule_id] += delta
        move = old_stage, new_stage
        self._moves[move] += 1
        change = abs(new_score - old_score)
        if old_stage != new_stage:
            if move not in self._moved:
                self._moved[move] = _Largest(LEADS_OF_A_MOVE)
            moved = MovedLead(id=id_, old_score=old_score, new_score=new_score)
            self._moved[move].offer(change, moved)
        if change:
            self._changed += 1
            if self._most_changed.takes(change):
                shares = shares_of(folded.steps)
                self._most_changed.offer(
                    change, _Explained(lead, new_score, new_stage, shares)
                )

    def explained_ids(self) -> list[UUID]:
        """Return the leads whose changes are explained rule by rule."""
        return [each.lead.id for each in self._most_changed]

    def conclude(
        self,
        *,
        as_of: datetime,
        thresholds: tuple[Thresholds, Thresholds],
        old_points: Mapping[UUID | None, int],
        old_shares: Mapping[UUID, Shares],
        names: Mapping[UUID, str],
    ) -> WhatIf:
        """Return the comparison of all leads that were added.

        Args:
            as_of: The moment of the history.
            thresholds: Those in force, and those of the draft.
            old_points: What each rule gave all leads.
            old_shares: What each rule gave the leads that are explained.
            names: What the rules are called.
        """
        old_stages: Counter[Stage] = Counter()
        new_stages: Counter[Stage] = Counter()
        for (old_stage, new_stage), leads in self._moves.items():
            old_stages[old_stage] += leads
            new_stages[new_stage] += leads
        rules = [
            RulePoints(
                rule_id=rule_id,
                name=_name(rule_id, names),
                old=old_points.get(rule_id, 0),
                new=self._points[rule_id],
            )
            for rule_id in {*old_points, *self._points, *names}
        ]
        return WhatIf(
            as_of=as_of,
            leads=self.leads,
            events=self._events,
            changed=self._changed,
            stages=tuple(
                StageCount(stage=stage, old=old_stages[stage], new=new_stages[stage])
                for stage in Stage
            ),
            moves=tuple(
                Move(
                    old_stage=move[0],
                    new_stage=move[1],
                    leads=self._moves[move],
                    most_changed=tuple(moved),
                )
                for move, moved in sorted(
                    self._moved.items(), key=lambda each: -self._moves[each[0]]
                )
            ),
            old_thresholds=thresholds[0],
            new_thresholds=thresholds[1],
            bars=tuple(_bars(self._old_scores, self._new_scores)),
            rules=tuple(
                sorted(
                    (rule for rule in rules if rule.old or rule.new or rule.name),
                    key=lambda rule: (-abs(rule.new - rule.old), rule.name),
                )
            ),
            most_changed=tuple(
                ChangedLead(
                    id=each.lead.id,
                    old_score=each.lead.score,
                    new_score=each.new_score,
                    old_stage=each.lead.stage,
                    new_stage=each.new_stage,
                    rules=_explained(
                        old_shares.get(each.lead.id, {}), each.shares, names
                    ),
                )
                for each in self._most_changed
            ),
        )


def shares_of(steps: Iterable[Step]) -> Shares:
    """Return what each rule gives in a fold; points that lapsed count no more."""
    deltas: Counter[tuple[int, UUID | None]] = Counter()
    for step in steps:
        deltas[step.event_id, step.rule_id] += step.delta
    shares: dict[UUID | None, Share] = {}
    for (_, rule_id), delta in deltas.items():
        if delta:
            times, points = shares.get(rule_id, NOTHING)
            shares[rule_id] = Share(times + 1, points + delta)
    return shares


def _explained(
    old: Shares, new: Shares, names: Mapping[UUID, str]
) -> tuple[RuleShare, ...]:
    rules = [
        RuleShare(
            rule_id=rule_id,
            name=_name(rule_id, names),
            old_times=old.get(rule_id, NOTHING).times,
            old_points=old.get(rule_id, NOTHING).points,
            new_times=new.get(rule_id, NOTHING).times,
            new_points=new.get(rule_id, NOTHING).points,
        )
        for rule_id in old.keys() | new.keys()
    ]
    return tuple(
        sorted(
            rules, key=lambda rule: (-abs(rule.new_points - rule.old_points), rule.name)
        )
    )


def _name(rule_id: UUID | None, names: Mapping[UUID, str]) -> str:
    return "" if rule_id is None else names.get(rule_id, "")


def _bars(old: Counter[int], new: Counter[int]) -> Iterator[Bar]:
    both = old + new
    outliers = both.total() // _OUTLIERS
    highest = 0
    for score in sorted(both, reverse=True):
        highest = score
        outliers -= both[score]
        if outliers < 0:
            break
    width = next(each for each in _WIDTHS if highest < each * (MAXIMUM_BARS - 1))
    last = highest // width + (max(both, default=0) // width > highest // width)
    olds, news = (_counted(scores, width, last) for scores in (old, new))
    for number in range(last + 1):
        is_open = number == last and number > highest // width
        yield Bar(
            start=number * width,
            end=None if is_open else (number + 1) * width,
            old=olds[number],
            new=news[number],
        )


def _counted(scores: Mapping[int, int], width: int, last: int) -> Counter[int]:
    counted: Counter[int] = Counter()
    for score, leads in scores.items():
        counted[min(score // width, last)] += leads
    return counted
