"""What a lead's recent behaviour says: velocity, risk and the next action."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from leadpulse_app.domain.stage import Stage

VELOCITY_WINDOW = timedelta(hours=24)
POINTS_PER_RECENT_EVENT = 3

_MEDIUM_AFTER = timedelta(days=8)
_HIGH_AFTER = timedelta(days=15)


class Risk(StrEnum):
    """How likely a lead is lost, judged by its silence."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class NextAction(StrEnum):
    """What a salesperson should do next."""

    IMMEDIATE_SALES_CONTACT = "immediate_sales_contact"
    SCHEDULE_DEMO = "schedule_demo"
    NURTURE_CAMPAIGN = "nurture_campaign"
    RE_ENGAGEMENT_REQUIRED = "re_engagement_required"
    MONITOR = "monitor"


@dataclass(frozen=True, slots=True)
class Intelligence:
    """The judgement of one lead at one moment."""

    velocity: int
    risk: Risk
    next_action: NextAction


def velocity_of(events_last_24h: int) -> int:
    """Return the velocity: three times the number of events in the last 24 hours.

    The factor makes it comparable with a score.
    """
    return events_last_24h * POINTS_PER_RECENT_EVENT


def risk_of(last_active_at: datetime, *, now: datetime) -> Risk:
    """Return the risk after a silence, counted in whole days.

    Args:
        last_active_at: The last event, or the lead's creation where there is none.
        now: The moment of judgement.

    Returns:
        High after more than 14 whole days, medium after more than 7, else low.
    """
    silence = now - last_active_at
    if silence >= _HIGH_AFTER:
        return Risk.HIGH
    if silence >= _MEDIUM_AFTER:
        return Risk.MEDIUM
    return Risk.LOW


def silence_of(risk: Risk) -> tuple[timedelta | None, timedelta | None]:
    """Return which silences `risk_of` judges so: from the first, below the second.

    None is no bound.
    """
    return {
        Risk.LOW: (None, _MEDIUM_AFTER),
        Risk.MEDIUM: (_MEDIUM_AFTER, _HIGH_AFTER),
        Risk.HIGH: (_HIGH_AFTER, None),
    }[risk]


def next_action_of(stage: Stage, velocity: int, risk: Risk) -> NextAction:
    """Return the next action; the first rule that holds decides."""
    if stage is Stage.QUALIFIED and velocity >= POINTS_PER_RECENT_EVENT:
        return NextAction.IMMEDIATE_SALES_CONTACT
    if stage is Stage.HOT and risk is Risk.LOW:
        return NextAction.SCHEDULE_DEMO
    if stage is Stage.WARM:
        return NextAction.NURTURE_CAMPAIGN
    if risk is Risk.HIGH:
        return NextAction.RE_ENGAGEMENT_REQUIRED
    return NextAction.MONITOR


def intelligence_of(
    *, stage: Stage, events_last_24h: int, last_active_at: datetime, now: datetime
) -> Intelligence:
    """Judge a lead from its stage and its recent activity.

    Args:
        stage: The lead's stage.
        events_last_24h: Events that occurred in the 24 hours before `now`, 0 or more.
        last_active_at: The last event, or the lead's creation where there is none.
        now: The moment of judgement.
    """
    velocity = velocity_of(events_last_24h)
    risk = risk_of(last_active_at, now=now)
    return Intelligence(velocity, risk, next_action_of(stage, velocity, risk))
