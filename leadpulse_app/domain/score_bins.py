"""The bins that scores are counted in: of a round width, the last one open."""

from collections.abc import Iterator

from leadpulse_app.domain.stage import HIGHEST_THRESHOLD, Thresholds

BINS = 20

_ROUND = (1, 2, 5)


def bin_width(high_score: int, thresholds: Thresholds) -> int:
    """Return the width of the bins, in points: 1, 2 or 5 times a power of ten.

    Args:
        high_score: A score that few leads are above; the bins reach up to it.
        thresholds: Where stages begin; the bins reach past the highest of them.
    """
    top = max(high_score, thresholds.qualified + thresholds.qualified // 2)
    return next(
        width for width in _round_widths() if width * BINS > min(top, HIGHEST_THRESHOLD)
    )


def bin_floors(width: int) -> tuple[int, ...]:
    """Return the lowest score of each bin; the last one is open at the top."""
    return tuple(range(0, BINS * width, width))


def _round_widths() -> Iterator[int]:
    power = 1
    while True:
        yield from (digit * power for digit in _ROUND)
        power *= 10
