"""How warm a lead is, as a pure function of its score."""

from enum import StrEnum


class Stage(StrEnum):
    """The four stages, coldest first."""

    COLD = "cold"
    WARM = "warm"
    HOT = "hot"
    QUALIFIED = "qualified"


STAGE_BEGINS_AT: dict[Stage, int] = {
    Stage.COLD: 0,
    Stage.WARM: 11,
    Stage.HOT: 31,
    Stage.QUALIFIED: 60,
}
"""The lowest score, in points, at which each stage begins."""


def stage_of(score: int) -> Stage:
    """Return the stage that a score falls in.

    Args:
        score: Points; any integer, though scores are kept within 0..10,000.
    """
    if score >= STAGE_BEGINS_AT[Stage.QUALIFIED]:
        return Stage.QUALIFIED
    if score >= STAGE_BEGINS_AT[Stage.HOT]:
        return Stage.HOT
    if score >= STAGE_BEGINS_AT[Stage.WARM]:
        return Stage.WARM
    return Stage.COLD
