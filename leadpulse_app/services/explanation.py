"""Why a lead has its score: what each rule and each person gave, now or as of then.

Everything is read from the ledger up to one of its lines, so what the shares come to is
the score that this line ended at.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.reason import CORRECTIONS
from leadpulse_app.domain.ruleset import Rule, RuleKind
from leadpulse_app.domain.stage import Stage, Thresholds
from leadpulse_app.models import Lead, NextExpiry, Reason, RulesetVersion, ScoreEntry
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.history import HistoryPage, find_rules, list_history
from leadpulse_app.services.leads import find_root

_LISTED_CORRECTIONS = ", ".join(f"'{reason}'" for reason in CORRECTIONS)

_SHARES = text(f"""
    WITH line AS (
        SELECT s.*, bool_or(s.reason = 'expired') OVER (
            PARTITION BY s.rule_id, s.event_id ORDER BY s.sequence
        ) AS is_after_lapse
        FROM score_entry AS s
        WHERE s.project_id = :project_id AND s.lead_id = :lead_id
            AND s.sequence <= :newest
    ), worth AS (
        SELECT rule_id, event_id, max(ruleset_version) AS version,
            max(sequence) AS newest, sum(delta) AS delta,
            coalesce(sum(delta) FILTER (WHERE reason = 'expired'), 0) AS expired,
            coalesce(
                sum(delta) FILTER (WHERE reason IN ({_LISTED_CORRECTIONS})), 0
            ) AS corrected,
            (array_agg(points ORDER BY sequence DESC)
                FILTER (WHERE NOT is_after_lapse))[1] AS points,
            (array_agg(reason ORDER BY sequence DESC)
                FILTER (WHERE NOT is_after_lapse))[1] AS reason
        FROM line GROUP BY rule_id, event_id
    ), told AS (
        SELECT *, NOT (
            points = 0 AND delta = expired AND reason IN ({_LISTED_CORRECTIONS})
        ) AS is_counted
        FROM worth
    )
    SELECT rule_id, max(version) AS version,
        count(*) FILTER (WHERE is_counted) AS times,
        coalesce(sum(points) FILTER (WHERE is_counted), 0) AS points,
        sum(delta) AS delta, sum(expired) AS expired, sum(corrected) AS corrected,
        count(*) FILTER (WHERE reason = 'capped') AS capped,
        count(*) FILTER (WHERE reason = 'clamped') AS clamped,
        (array_agg(points ORDER BY newest DESC))[1] AS newest_points
    FROM told
    WHERE rule_id IS NOT NULL OR points <> 0 OR delta <> 0
    GROUP BY rule_id
""")  # noqa: S608  (no input: the reasons are constants)
"""What each rule gave, and without a rule what people did. What an event and rule gave
is told by their newest line from before a lapse; a correction of it to nothing says
that the event counts for another lead, or that the rule does not fire for it."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a part of a score comes from."""

    times: int
    """How many events, or adjustments, gave it; of a rule for what a lead is, 1 while
    that holds."""
    points: int
    """What these were to give."""
    delta: int
    """What they come to: with limits, lapses and corrections."""
    expired: int
    """How much of `delta` is points that lapsed."""
    corrected: int
    """How much of `delta` was corrected later, by late events, merges and rescoring."""
    capped: int
    """How many gave less, or nothing, because of a cap."""
    clamped: int
    """How many gave less because a score stays within 0..10,000."""


@dataclass(frozen=True, slots=True)
class RuleShare(Share):
    """What a rule gave."""

    rule_id: UUID
    rule: Rule | None
    """As it was when it last did something."""

    @property
    def rule_name(self) -> str | None:
        """What the rule was called then."""
        return self.rule.name if self.rule else None


@dataclass(frozen=True, slots=True)
class Correction:
    """What the entries of one kind that corrected others come to."""

    reason: Reason
    entries: int
    delta: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """A lead's score at a moment, and why it is that."""

    lead_id: UUID
    """The lead that it counts for, where the one asked for was merged away."""
    at: datetime
    score: int
    stage: Stage
    ruleset_version: int | None
    """The newest that it counts by; unknown while nothing was scored."""
    sequence: int
    """How many lines the ledger had."""
    rules: tuple[RuleShare, ...]
    """The most points first. With `adjustments` they add up to the score."""
    adjustments: Share
    """What people gave and took."""
    corrections: tuple[Correction, ...]
    """How much of all this was corrected later, by reason."""
    history: HistoryPage
    """The newest lines of the ledger up to then."""
    lapses_at: datetime | None
    """When points lapse next, seen from now; unknown as of an earlier moment."""


_NOTHING = Share(0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class _Standing:
    score: int
    stage: Stage
    version: int | None
    sequence: int
    lapses_at: datetime | None


async def explain_score(
    session: AsyncSession,
    actor: Actor,
    lead_id: UUID,
    *,
    now: datetime,
    at: datetime | None = None,
    limit: int = 20,
    cursor: str | None = None,
) -> Explanation:
    """Return a lead's score and why it is that: now, or as the board said it then.

    One that was merged away is explained as the lead that it is part of.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        lead_id: Whose score.
        now: The moment of asking.
        at: The moment asked about; without one, the newest that is recorded.
        limit: How many lines of the ledger at most, 1..500.
        cursor: Where the last page of them ended; the same `at` goes with it.

    Raises:
        NotFoundError: The project has no such lead.
        InvalidInputError: The moment is in the future or before the first line, the
            limit is out of range, or the cursor is not ours.
    """
    root_id = await find_root(session, actor, lead_id)
    standing = (
        await _stand_now(session, actor, root_id)
        if at is None
        else await _stand_at(session, actor, root_id, at=at, now=now)
    )
    shares = (
        await session.execute(_SHARES, _parameters(actor, root_id, standing.sequence))
    ).all()
    rules = await find_rules(
        session,
        actor,
        {(row.version, row.rule_id) for row in shares if row.rule_id is not None},
    )
    by_rule = [
        _rule_share(row, rules.get((row.version, row.rule_id)))
        for row in shares
        if row.rule_id is not None
    ]
    return Explanation(
        lead_id=root_id,
        at=at or now,
        score=standing.score,
        stage=standing.stage,
        ruleset_version=standing.version,
        sequence=standing.sequence,
        rules=tuple(
            sorted(
                (share for share in by_rule if share.times or share.delta),
                key=lambda share: (-share.delta, -share.times, str(share.rule_id)),
            )
        ),
        adjustments=next(
            (Share(**_numbers(row)) for row in shares if row.rule_id is None), _NOTHING
        ),
        corrections=await _corrections(session, actor, root_id, standing.sequence),
        history=await list_history(
            session,
            actor,
            root_id,
            limit=limit,
            cursor=cursor,
            newest=standing.sequence,
        ),
        lapses_at=standing.lapses_at,
    )


async def _stand_now(session: AsyncSession, actor: Actor, root_id: UUID) -> _Standing:
    """Return where a lead stands, in one statement, so that its parts agree."""
    newest_version = (
        select(func.max(col(ScoreEntry.ruleset_version)))
        .where(
            col(ScoreEntry.project_id) == actor.project_id,
            col(ScoreEntry.lead_id) == root_id,
        )
        .scalar_subquery()
    )
    rescored_version = (
        select(func.max(col(Lead.rescored_version)))
        .where(
            col(Lead.project_id) == actor.project_id,
            or_(col(Lead.id) == root_id, col(Lead.root_id) == root_id),
        )
        .scalar_subquery()
    )
    row = (
        await session.execute(
            select(
                col(Lead.score),
                col(Lead.stage),
                col(Lead.sequence),
                newest_version.label("version"),
                rescored_version.label("rescored_version"),
                col(NextExpiry.due_at),
            )
            .outerjoin(
                NextExpiry,
                (col(NextExpiry.project_id) == col(Lead.project_id))
                & (col(NextExpiry.lead_id) == col(Lead.id)),
            )
            .where(col(Lead.project_id) == actor.project_id, col(Lead.id) == root_id)
        )
    ).one()
    return _Standing(
        score=row.score,
        stage=Stage(row.stage),
        version=None if row.version is None else max(row.version, row.rescored_version),
        sequence=row.sequence,
        lapses_at=row.due_at,
    )


async def _stand_at(
    session: AsyncSession, actor: Actor, root_id: UUID, *, at: datetime, now: datetime
) -> _Standing:
    if at > now:
        raise _no_moment("The moment lies in the future")
    entry = await session.scalar(
        select(ScoreEntry)
        .where(
            col(ScoreEntry.project_id) == actor.project_id,
            col(ScoreEntry.lead_id) == root_id,
            col(ScoreEntry.recorded_at) <= at,
        )
        .order_by(col(ScoreEntry.sequence).desc())
        .limit(1)
    )
    if entry is None:
        raise _no_moment("Nothing was scored of this lead up to that moment")
    version, settings = (
        await session.execute(
            select(col(RulesetVersion.version), col(RulesetVersion.settings)).where(
                col(RulesetVersion.project_id) == actor.project_id,
                col(RulesetVersion.version)
                == select(func.max(col(ScoreEntry.ruleset_version)))
                .where(
                    col(ScoreEntry.project_id) == actor.project_id,
                    col(ScoreEntry.lead_id) == root_id,
                    col(ScoreEntry.sequence) <= entry.sequence,
                )
                .scalar_subquery(),
            )
        )
    ).one()
    thresholds = Thresholds.model_validate(settings.get("thresholds", {}))
    return _Standing(
        score=entry.new_score,
        stage=thresholds.stage_of(entry.new_score),
        version=version,
        sequence=entry.sequence,
        lapses_at=None,
    )


async def _corrections(
    session: AsyncSession, actor: Actor, root_id: UUID, newest: int
) -> tuple[Correction, ...]:
    found = await session.execute(
        select(col(ScoreEntry.reason), func.count(), func.sum(col(ScoreEntry.delta)))
        .where(
            col(ScoreEntry.project_id) == actor.project_id,
            col(ScoreEntry.lead_id) == root_id,
            col(ScoreEntry.sequence) <= newest,
            col(ScoreEntry.reason).in_(CORRECTIONS),
        )
        .group_by(col(ScoreEntry.reason))
        .order_by(col(ScoreEntry.reason))
    )
    return tuple(
        Correction(Reason(reason), entries, delta) for reason, entries, delta in found
    )


def _rule_share(row: Row[Any], rule: Rule | None) -> RuleShare:
    numbers = _numbers(row)
    if rule is not None and rule.kind is RuleKind.FIT:
        # It gives its points once. Each change of what it gives is told for the event
        # that brought it.
        numbers |= {
            "times": int(row.newest_points != 0),
            "points": row.newest_points,
        }
    return RuleShare(rule_id=row.rule_id, rule=rule, **numbers)


def _numbers(row: Row[Any]) -> dict[str, int]:
    return {
        "times": row.times,
        "points": row.points,
        "delta": row.delta,
        "expired": row.expired,
        "corrected": row.corrected,
        "capped": row.capped,
        "clamped": row.clamped,
    }


def _parameters(actor: Actor, root_id: UUID, newest: int) -> dict[str, object]:
    return {"project_id": actor.project_id, "lead_id": root_id, "newest": newest}


def _no_moment(message: str) -> InvalidInputError:
    return InvalidInputError(message, details={"at": message})
