"""How warm a lead is: which thresholds its score has reached."""

from enum import StrEnum
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from leadpulse_app.domain.errors import InvalidInputError

HIGHEST_THRESHOLD = 10_000


class Stage(StrEnum):
    """The four stages, coldest first."""

    COLD = "cold"
    WARM = "warm"
    HOT = "hot"
    QUALIFIED = "qualified"


class StageThreshold(NamedTuple):
    """A stage, and the lowest score at which it begins."""

    stage: Stage
    score: int


class Thresholds(BaseModel):
    """The lowest scores, in points, of the stages above cold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    warm: int = Field(default=11, strict=True, ge=1, le=HIGHEST_THRESHOLD)
    hot: int = Field(default=31, strict=True, ge=1, le=HIGHEST_THRESHOLD)
    qualified: int = Field(default=60, strict=True, ge=1, le=HIGHEST_THRESHOLD)

    @model_validator(mode="after")
    def _ascend(self) -> Self:
        if not self.warm < self.hot < self.qualified:
            raise InvalidInputError(
                "Warm has to begin below hot, and hot below qualified"
            )
        return self

    def stage_of(self, score: int) -> Stage:
        """Return the stage that a score falls in.

        Args:
            score: Points; any integer, though scores are kept within 0..10,000.
        """
        if score >= self.qualified:
            return Stage.QUALIFIED
        if score >= self.hot:
            return Stage.HOT
        if score >= self.warm:
            return Stage.WARM
        return Stage.COLD

    def ascending(self) -> tuple[StageThreshold, ...]:
        """Return where each stage begins, coldest first."""
        return (
            StageThreshold(Stage.COLD, 0),
            StageThreshold(Stage.WARM, self.warm),
            StageThreshold(Stage.HOT, self.hot),
            StageThreshold(Stage.QUALIFIED, self.qualified),
        )


DEFAULT_THRESHOLDS = Thresholds()
"""What a new project begins with."""
