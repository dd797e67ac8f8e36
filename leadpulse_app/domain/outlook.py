"""What becomes of a lead that does nothing more: when points lapse, and what then."""

from collections.abc import Collection
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from leadpulse_app.domain.fold import Input, fold
from leadpulse_app.domain.stage import Stage

_FOREVER = datetime.max.replace(tzinfo=UTC)


class Lapse(NamedTuple):
    """That points lapse."""

    at: datetime
    points: int | None
    """By how much the score changes then; unknown where that was not worked out."""


class StageChange(NamedTuple):
    """That points lapse, and the score then falls in another stage."""

    stage: Stage
    at: datetime


class Outlook(NamedTuple):
    """What comes first of each kind, where something does."""

    next_expiry: Lapse | None = None
    next_stage: StageChange | None = None


NOTHING_AHEAD = Outlook()


def look_ahead(inputs: Collection[Input], *, now: datetime) -> Outlook:
    """Return what happens to a lead's score and stage without further events.

    What lapses in one instant counts together. An instant at which a score stays as it
    is, as where it has no points left to lose, is passed over.

    Args:
        inputs: All inputs of the lead.
        now: What is due up to this moment has lapsed already.
    """
    folded = fold(inputs, until=now)
    if not folded.awards:
        return NOTHING_AHEAD
    # The fold alone knows what a lapse takes. What is still to lapse is its end.
    lapses = fold(inputs, until=_FOREVER).steps[-len(folded.awards) :]
    thresholds = max(
        (item.ruleset for item in inputs), key=lambda ruleset: ruleset.version
    ).thresholds
    score = folded.state.score
    stage = thresholds.stage_of(score)
    next_expiry: Lapse | None = None
    due = (
        (award.due, step.delta)
        for award, step in zip(sorted(folded.awards), lapses, strict=True)
    )
    for at, together in groupby(due, key=itemgetter(0)):
        change = sum(delta for _, delta in together)
        score += change
        if change and next_expiry is None:
            next_expiry = Lapse(at, change)
        if (then := thresholds.stage_of(score)) is not stage:
            return Outlook(next_expiry, StageChange(then, at))
    return Outlook(next_expiry)
