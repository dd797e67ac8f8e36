import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.stage import DEFAULT_THRESHOLDS, Stage


@pytest.mark.parametrize(
    ("score", "stage"),
    [
        (0, Stage.COLD),
        (10, Stage.COLD),
        (11, Stage.WARM),
        (30, Stage.WARM),
        (31, Stage.HOT),
        (59, Stage.HOT),
        (60, Stage.QUALIFIED),
        (10_000, Stage.QUALIFIED),
    ],
)
def test_a_stage_begins_at_its_threshold(score: int, stage: Stage) -> None:
    assert DEFAULT_THRESHOLDS.stage_of(score) is stage


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_higher_score_is_never_colder(one: int, other: int) -> None:
    low, high = sorted((one, other))
    order = list(Stage)
    assert order.index(DEFAULT_THRESHOLDS.stage_of(low)) <= order.index(
        DEFAULT_THRESHOLDS.stage_of(high)
    )
