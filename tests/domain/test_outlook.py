"""What lapses is taken as the fold takes it, and told before it happens."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.fold import Input, Position, fold
from leadpulse_app.domain.outlook import (
    NOTHING_AHEAD,
    Lapse,
    Outlook,
    StageChange,
    look_ahead,
)
from leadpulse_app.domain.reserved import ADJUST
from leadpulse_app.domain.ruleset import Rule, Ruleset
from leadpulse_app.domain.stage import Stage, Thresholds

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def ruleset(version: int = 1, **more: object) -> Ruleset:
    says: tuple[tuple[str, int, int | None], ...] = (
        ("visit", 5, 1),
        ("demo", 50, 2),
        ("signup", 12, None),
        ("unsubscribe", -20, 1),
    )
    return Ruleset(
        version=version,
        rules=tuple(
            Rule(
                id=UUID(int=number),
                name=event_type,
                event_type=event_type,
                points=points,
                expires_after_days=days,
            )
            for number, (event_type, points, days) in enumerate(says, start=1)
        ),
        **more,
    )


def happened(
    *events: tuple[str, float], rules: Ruleset | None = None, points: int = 0
) -> list[Input]:
    """Events by type and hours after noon."""
    return [
        Input(
            Position(NOON + timedelta(hours=hours), f"m{number}"),
            number,
            event_type,
            None,
            {"points": points} if event_type == ADJUST else None,
            False,
            rules or ruleset(),
        )
        for number, (event_type, hours) in enumerate(events, start=1)
    ]


def test_a_lead_without_inputs_has_nothing_ahead() -> None:
    assert look_ahead([], now=NOON) == NOTHING_AHEAD


def test_points_that_stay_leave_nothing_ahead() -> None:
    assert look_ahead(happened(("signup", 0)), now=NOON) == NOTHING_AHEAD


def test_the_first_lapse_and_the_first_change_of_stage_are_told() -> None:
    inputs = happened(("demo", 0), ("visit", 0), ("signup", 0))
    assert look_ahead(inputs, now=NOON) == Outlook(
        Lapse(NOON + DAY, -5), StageChange(Stage.WARM, NOON + 2 * DAY)
    )


def test_what_has_lapsed_by_now_is_not_ahead() -> None:
    inputs = happened(("demo", 0), ("visit", 0))
    assert look_ahead(inputs, now=NOON + DAY) == Outlook(
        Lapse(NOON + 2 * DAY, -50), StageChange(Stage.COLD, NOON + 2 * DAY)
    )


def test_what_lapses_in_one_instant_counts_together() -> None:
    inputs = happened(("visit", 0), ("visit", 0), ("visit", 0))
    assert look_ahead(inputs, now=NOON) == Outlook(
        Lapse(NOON + DAY, -15), StageChange(Stage.COLD, NOON + DAY)
    )


def test_a_lapse_takes_no_more_than_is_left() -> None:
    inputs = happened(("visit", 0), (ADJUST, 1), points=-3)
    assert look_ahead(inputs, now=NOON).next_expiry == Lapse(NOON + DAY, -2)


def test_a_lapse_that_changes_nothing_is_passed_over() -> None:
    inputs = happened(("visit", 0), (ADJUST, 1), ("demo", 2), points=-10)
    assert look_ahead(inputs, now=NOON).next_expiry == Lapse(
        NOON + timedelta(days=1), -5
    )
    emptied = happened(("visit", 0), ("unsubscribe", 1))
    assert look_ahead(emptied, now=NOON).next_expiry == Lapse(
        NOON + DAY + timedelta(hours=1), 5
    )


def test_a_stage_that_a_lapse_gives_back_is_told_too() -> None:
    inputs = happened(("signup", 0), ("unsubscribe", 1))
    assert look_ahead(inputs, now=NOON).next_stage == StageChange(
        Stage.WARM, NOON + DAY + timedelta(hours=1)
    )


def test_the_thresholds_are_those_of_the_newest_version() -> None:
    high = ruleset(2, thresholds=Thresholds(warm=16, hot=17, qualified=18))
    inputs = happened(("signup", 0), ("visit", 0)) + [
        each._replace(event_id=9, position=Position(each.position[0], "m9"))
        for each in happened(("nothing", 1), rules=high)
    ]
    assert look_ahead(inputs, now=NOON).next_stage == StageChange(
        Stage.COLD, NOON + DAY
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["visit", "demo", "signup", "unsubscribe"]),
            st.integers(0, 72),
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(0, 120),
)
def test_what_is_told_is_what_the_fold_comes_to_then(
    events: list[tuple[str, float]], hours: int
) -> None:
    inputs = happened(*events)
    now = max(
        NOON + timedelta(hours=hours), max(item.position.occurred_at for item in inputs)
    )
    ahead = look_ahead(inputs, now=now)
    today = fold(inputs, until=now)
    instant = timedelta(microseconds=1)
    if ahead.next_expiry is not None:
        at, points = ahead.next_expiry
        assert at > now
        assert fold(inputs, until=at - instant).state.score == today.state.score
        assert fold(inputs, until=at).state.score == today.state.score + (points or 0)
    else:
        assert fold(inputs, until=now + 99 * DAY).state.score == today.state.score
    if ahead.next_stage is not None:
        stage, at = ahead.next_stage
        assert fold(inputs, until=at - instant).stage == today.stage
        assert fold(inputs, until=at).stage == stage != today.stage
