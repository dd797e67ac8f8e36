"""What the numbers of a ledger don't say by themselves is said in words."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from leadpulse_app.models import Reason
from leadpulse_app.services.history import HistoryEntry
from leadpulse_app.state import words

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def entry(**fields: Any) -> HistoryEntry:
    given: dict[str, Any] = {
        "sequence": 1,
        "event_id": "m1",
        "event_type": "signup",
        "rule_id": uuid4(),
        "rule_name": "Signup",
        "ruleset_version": 1,
        "points": 30,
        "delta": 30,
        "old_score": 0,
        "new_score": 30,
        "reason": Reason.SCORED,
        "occurred_at": NOW,
        "recorded_at": NOW,
    }
    return HistoryEntry(**given | fields)


def test_an_ordinary_entry_needs_no_words() -> None:
    assert words.explanation(entry()) == ""


def test_an_event_without_a_rule_is_said_to_have_none() -> None:
    assert "No rule" in words.explanation(entry(rule_id=None, points=0, delta=0))


@pytest.mark.parametrize(
    ("points", "delta", "said"),
    [(30, 10, "+10 of +30: a score does not pass 10,000."), (-20, -5, "not pass 0.")],
)
def test_clamping_says_how_much_was_taken_and_where_a_score_ends(
    points: int, delta: int, said: str
) -> None:
    assert said in words.explanation(entry(points=points, delta=delta))


def test_a_correction_says_that_an_event_came_late() -> None:
    said = words.explanation(entry(reason=Reason.REFOLDED, delta=-5))
    assert "arrived late" in said


@pytest.mark.parametrize(
    ("value", "text"), [(5, "+5"), (0, "0"), (-1_200, "\N{MINUS SIGN}1,200")]
)
def test_a_change_carries_its_sign(value: int, text: str) -> None:
    assert words.signed(value) == text


@pytest.mark.parametrize(
    ("part", "whole", "share"), [(0, 0, 0), (1, 3, 33), (3, 3, 100), (250, 100, 100)]
)
def test_a_share_stays_within_0_and_100(part: int, whole: int, share: int) -> None:
    assert words.percent(part, whole) == share
