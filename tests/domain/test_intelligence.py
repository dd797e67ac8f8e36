from datetime import UTC, datetime, timedelta

import pytest

from leadpulse_app.domain.intelligence import (
    Intelligence,
    NextAction,
    Risk,
    intelligence_of,
    next_action_of,
    risk_of,
    velocity_of,
)
from leadpulse_app.domain.stage import Stage

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def test_velocity_is_three_for_each_recent_event() -> None:
    assert [velocity_of(n) for n in (0, 1, 4)] == [0, 3, 12]


@pytest.mark.parametrize(
    ("silence", "risk"),
    [
        (timedelta(0), Risk.LOW),
        (timedelta(days=8) - MOMENT, Risk.LOW),
        (timedelta(days=8), Risk.MEDIUM),
        (timedelta(days=15) - MOMENT, Risk.MEDIUM),
        (timedelta(days=15), Risk.HIGH),
        (timedelta(days=400), Risk.HIGH),
    ],
)
def test_risk_counts_whole_days_of_silence(silence: timedelta, risk: Risk) -> None:
    assert risk_of(NOW - silence, now=NOW) is risk


@pytest.mark.parametrize(
    ("stage", "velocity", "risk", "action"),
    [
        (Stage.QUALIFIED, 3, Risk.LOW, NextAction.IMMEDIATE_SALES_CONTACT),
        (Stage.QUALIFIED, 3, Risk.HIGH, NextAction.IMMEDIATE_SALES_CONTACT),
        (Stage.QUALIFIED, 0, Risk.LOW, NextAction.MONITOR),
        (Stage.QUALIFIED, 0, Risk.HIGH, NextAction.RE_ENGAGEMENT_REQUIRED),
        (Stage.HOT, 0, Risk.LOW, NextAction.SCHEDULE_DEMO),
        (Stage.HOT, 9, Risk.MEDIUM, NextAction.MONITOR),
        (Stage.HOT, 9, Risk.HIGH, NextAction.RE_ENGAGEMENT_REQUIRED),
        (Stage.WARM, 0, Risk.HIGH, NextAction.NURTURE_CAMPAIGN),
        (Stage.COLD, 0, Risk.HIGH, NextAction.RE_ENGAGEMENT_REQUIRED),
        (Stage.COLD, 30, Risk.LOW, NextAction.MONITOR),
    ],
)
def test_the_first_rule_that_holds_decides_the_next_action(
    stage: Stage, velocity: int, risk: Risk, action: NextAction
) -> None:
    assert next_action_of(stage, velocity, risk) is action


def test_a_lead_is_judged_from_its_stage_and_its_activity() -> None:
    assert intelligence_of(
        stage=Stage.QUALIFIED,
        events_last_24h=4,
        last_active_at=NOW - timedelta(days=1),
        now=NOW,
    ) == Intelligence(12, Risk.LOW, NextAction.IMMEDIATE_SALES_CONTACT)
