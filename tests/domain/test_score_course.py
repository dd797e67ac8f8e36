"""A course tells each event once, in order, and no sample of it loses a peak."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.reason import CORRECTIONS, Reason
from leadpulse_app.domain.score_course import (
    CourseLine,
    CoursePoint,
    course_of,
    sample_course,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def hours(number: int) -> datetime:
    return NOON + timedelta(hours=number)


def line(
    sequence: int,
    *,
    event: int = 1,
    happened: int = 0,
    recorded: int | None = None,
    delta: int = 5,
    score: int = 5,
    reason: Reason = Reason.SCORED,
) -> CourseLine:
    return CourseLine(
        sequence=sequence,
        event_id=event,
        event_type="visit",
        rule_id=UUID(int=sequence),
        ruleset_version=1,
        delta=delta,
        new_score=score,
        reason=reason,
        happened_at=hours(happened),
        recorded_at=hours(happened if recorded is None else recorded),
    )


def points(scores: Iterable[tuple[int, int]]) -> tuple[CoursePoint, ...]:
    return tuple(
        CoursePoint(hours(hour), hours(hour), "visit", Reason.SCORED, 0, score)
        for hour, score in sorted(scores, key=lambda each: each[0])
    )


def test_what_several_rules_gave_for_an_event_is_one_point() -> None:
    (point,) = course_of([line(1), line(2, delta=3, score=8)])
    assert (point.change, point.score, point.at) == (8, 8, NOON)


def test_a_lapse_is_a_point_of_its_own() -> None:
    lapse = line(2, happened=48, delta=-5, score=0, reason=Reason.EXPIRED)
    given, lapsed = course_of([line(1), lapse])
    assert (given.change, lapsed.change, lapsed.at) == (5, -5, hours(48))


def test_a_correction_stands_where_it_was_made() -> None:
    corrections = [
        line(2, event=1, recorded=30, delta=2, score=7, reason=Reason.RESCORED),
        line(3, event=2, recorded=30, delta=2, score=9, reason=Reason.RESCORED),
    ]
    _, corrected, after = course_of(
        [line(1), *corrections, line(4, event=3, happened=40)]
    )
    assert (corrected.change, corrected.at) == (4, hours(30))
    assert after.at == hours(40)


def test_what_was_loaded_at_once_is_not_pushed_to_when_it_was_loaded() -> None:
    correction = line(2, recorded=900, delta=1, score=6, reason=Reason.REFOLDED)
    loaded = [
        line(1, recorded=900),
        correction,
        line(3, event=2, happened=5, recorded=900),
    ]
    assert [point.at for point in course_of(loaded)] == [hours(0), hours(5), hours(5)]


@given(
    st.lists(
        st.builds(
            line,
            st.just(1),
            event=st.integers(1, 5),
            happened=st.integers(0, 50),
            recorded=st.integers(50, 90),
            reason=st.sampled_from(list(Reason)),
        )
    )
)
def test_time_only_goes_forward_and_no_change_is_lost(lines: list[CourseLine]) -> None:
    course = course_of(lines)
    assert all(before.at <= after.at for before, after in pairwise(course))
    assert sum(point.change for point in course) == sum(each.delta for each in lines)
    if lines:
        assert course[-1].score == lines[-1].new_score
    if all(each.reason not in CORRECTIONS for each in lines):
        assert {point.at for point in course} <= {each.happened_at for each in lines}


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), max_size=600),
    st.integers(4, 200),
)
def test_a_sample_is_small_in_order_and_keeps_the_extremes_and_both_ends(
    scores: list[tuple[int, int]], most: int
) -> None:
    course = points(scores)
    sample = sample_course(course, most=most)
    assert len(sample) <= most
    remaining = iter(course)
    assert all(point in remaining for point in sample)
    if len(course) <= most:
        assert sample == course
    if course:
        assert (sample[0], sample[-1]) == (course[0], course[-1])
        for extreme in (min, max):
            assert extreme(p.score for p in sample) == extreme(p.score for p in course)
