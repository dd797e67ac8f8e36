"""Where a project's leads stand: how many have which score, and are in which stage."""

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.score_bins import bin_floors, bin_width
from leadpulse_app.domain.stage import Stage, Thresholds
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import count_by_stage
from leadpulse_app.services.rulesets import active_ruleset

TOP_SHARE = 50
"""The bins reach up to the score that one lead in so many is above, at least one."""

_HIGH_SCORE = text("""
    SELECT score FROM lead
    WHERE project_id = :project_id AND root_id IS NULL
    ORDER BY score DESC, id OFFSET :above LIMIT 1
""")

_BINS = text("""
    SELECT counted.leads
    FROM unnest(CAST(:floors AS integer[]), CAST(:ceilings AS integer[]))
        WITH ORDINALITY AS bin (floor, ceiling, number)
    CROSS JOIN LATERAL (
        SELECT count(*) AS leads FROM lead
        WHERE project_id = :project_id AND root_id IS NULL
            AND score >= bin.floor AND score < bin.ceiling
    ) AS counted
    ORDER BY bin.number
""")

_NO_CEILING = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Bin:
    """How many leads have a score within a bin."""

    floor: int
    """The lowest score in it, in points."""
    stages: Mapping[Stage, int]
    """By the stage that their scores are in under the thresholds in force."""

    @property
    def leads(self) -> int:
        """How many there are."""
        return sum(self.stages.values())


@dataclass(frozen=True, slots=True)
class Distribution:
    """How a project's leads are spread over stages and scores at the moment."""

    stages: dict[Stage, int]
    """How many leads are in each stage, coldest first."""
    thresholds: Thresholds
    """Of the version in force."""
    width: int
    """How many points a bin spans."""
    bins: tuple[Bin, ...]
    """The lowest first; the last one holds all that is higher, too."""

    @property
    def leads(self) -> int:
        """How many leads there are."""
        return sum(self.stages.values())

    def reached(self, stage: Stage) -> int:
        """Return how many leads are in a stage or in a hotter one."""
        order = tuple(Stage)
        return sum(self.stages[each] for each in order[order.index(stage) :])


async def read_distribution(session: AsyncSession, actor: Actor) -> Distribution:
    """Return how the leads of the actor's project are spread.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
    """
    scope = {"project_id": actor.project_id}
    stages = await count_by_stage(session, actor)
    thresholds = (await active_ruleset(session, actor)).content.thresholds
    above = math.ceil(sum(stages.values()) / TOP_SHARE)
    high_score = await session.scalar(_HIGH_SCORE, {**scope, "above": above})
    width = bin_width(high_score or 0, thresholds)
    floors = bin_floors(width)
    # Cut where stages begin, too, so that each part is of one stage.
    cuts = sorted({*floors, *(score for _, score in thresholds.ascending())})
    counts = await session.scalars(
        _BINS, {**scope, "floors": cuts, "ceilings": [*cuts[1:], _NO_CEILING]}
    )
    bins: dict[int, dict[Stage, int]] = {floor: {} for floor in floors}
    for cut, leads in zip(cuts, counts, strict=True):
        if leads:
            floor = floors[bisect_right(floors, cut) - 1]
            stage = thresholds.stage_of(cut)
            bins[floor][stage] = bins[floor].get(stage, 0) + leads
    return Distribution(
        stages=stages,
        thresholds=thresholds,
        width=width,
        bins=tuple(Bin(*each) for each in bins.items()),
    )
