"""Scores are counted in twenty bins of a round width."""

from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.score_bins import BINS, bin_floors, bin_width
from leadpulse_app.domain.stage import DEFAULT_THRESHOLDS, Thresholds


def test_bins_reach_past_the_highest_threshold_where_all_scores_are_low() -> None:
    assert bin_width(3, DEFAULT_THRESHOLDS) == 5
    assert bin_floors(5)[-1] == 95


def test_bins_reach_up_to_high_scores() -> None:
    assert bin_width(130, DEFAULT_THRESHOLDS) == 10


@given(st.integers(0, 10_000), st.integers(3, 10_000))
def test_bins_are_as_narrow_as_their_number_allows(high: int, qualified: int) -> None:
    thresholds = Thresholds(warm=1, hot=2, qualified=qualified)
    width = bin_width(high, thresholds)
    top = min(max(high, qualified + qualified // 2), 10_000)
    assert width * BINS > top >= 0
    assert width == 1 or width * BINS <= 2.5 * max(top, 1) * 1.0 + width
    assert len(bin_floors(width)) == BINS
