"""A comparison keeps sums and the largest changes, of however many leads."""

from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.fold import Folded, State, Step
from leadpulse_app.domain.reason import Reason
from leadpulse_app.domain.stage import DEFAULT_THRESHOLDS
from leadpulse_app.domain.what_if import (
    LEADS_EXPLAINED,
    LEADS_OF_A_MOVE,
    MAXIMUM_BARS,
    Comparison,
    Share,
    Standing,
    WhatIf,
    shares_of,
)

RULE, OTHER = UUID(int=1), UUID(int=2)

scores = st.one_of(st.integers(0, 80), st.integers(0, 10_000))
leads = st.lists(st.tuples(scores, scores), max_size=400)


def compared(pairs: list[tuple[int, int]]) -> WhatIf:
    comparison = Comparison()
    for number, (old, new) in enumerate(pairs):
        standing = Standing(UUID(int=number), old, DEFAULT_THRESHOLDS.stage_of(old))
        steps = [Step(number, RULE, 2, new, new, Reason.SCORED)]
        stage = DEFAULT_THRESHOLDS.stage_of(new)
        comparison.add(standing, Folded(State(new), stage, steps, None, []), events=1)
    return comparison.conclude(
        as_of=datetime(2026, 3, 1, tzinfo=UTC),
        thresholds=(DEFAULT_THRESHOLDS, DEFAULT_THRESHOLDS),
        old_points={RULE: sum(old for old, _ in pairs)},
        old_shares={},
        names={RULE: "Visit"},
    )


@given(leads)
def test_each_lead_is_in_one_bar_and_the_bars_are_few(
    pairs: list[tuple[int, int]],
) -> None:
    bars = compared(pairs).bars
    assert 1 <= len(bars) <= MAXIMUM_BARS
    assert bars[0].start == 0
    assert all(left.end == right.start for left, right in pairwise(bars))
    for bar in bars:
        inside = range(bar.start, 10_001 if bar.end is None else bar.end)
        assert bar.old == sum(old in inside for old, _ in pairs)
        assert bar.new == sum(new in inside for _, new in pairs)
    assert sum(bar.old for bar in bars) == len(pairs)
    if bars[-1].end is None:  # it holds one in a hundred at most
        assert bars[-1].old + bars[-1].new <= 2 * len(pairs) / 100


@given(leads)
def test_the_largest_changes_are_told_and_all_are_counted(
    pairs: list[tuple[int, int]],
) -> None:
    said = compared(pairs)
    changes = sorted((abs(new - old) for old, new in pairs), reverse=True)
    told = [abs(each.new_score - each.old_score) for each in said.most_changed]
    assert told == [each for each in changes if each][:LEADS_EXPLAINED]
    assert said.changed == sum(old != new for old, new in pairs)
    for move in said.moves:
        moved = [
            abs(new - old)
            for old, new in pairs
            if (
                DEFAULT_THRESHOLDS.stage_of(old),
                DEFAULT_THRESHOLDS.stage_of(new),
            )
            == (move.old_stage, move.new_stage)
        ]
        assert move.leads == len(moved)
        told = [abs(each.new_score - each.old_score) for each in move.most_changed]
        assert told == sorted(moved, reverse=True)[:LEADS_OF_A_MOVE]
    assert [move.leads for move in said.moves] == sorted(
        (move.leads for move in said.moves), reverse=True
    )
    (rule,) = said.rules
    assert (rule.old, rule.new) == tuple(
        map(sum, zip(*pairs, strict=True))
    ) or not pairs
    assert WhatIf.model_validate(said.model_dump(mode="json")) == said


def test_points_that_lapsed_or_were_taken_back_count_no_more() -> None:
    def step(event_id: int, rule_id: UUID, delta: int) -> Step:
        return Step(event_id, rule_id, 1, delta, delta, Reason.SCORED)

    steps = [
        step(1, RULE, 5),
        step(2, RULE, 5),
        step(2, OTHER, 7),
        step(1, RULE, -5),
        step(3, OTHER, -2),
        step(4, OTHER, 0),
    ]
    assert shares_of(steps) == {RULE: Share(1, 5), OTHER: Share(2, 5)}
