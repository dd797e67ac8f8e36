"""What the numbers of a ledger don't say by themselves is said in words."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from leadpulse_app.domain.ruleset import Rule
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


def rule(**fields: Any) -> Rule:
    given: dict[str, Any] = {
        "id": uuid4(),
        "name": "Signup",
        "event_type": "signup",
        "points": 30,
    }
    return Rule(**given | fields)


def test_an_ordinary_entry_needs_no_words() -> None:
    assert words.explanation(entry()) == ""


def test_an_event_without_a_rule_is_said_to_have_none() -> None:
    assert "No rule" in words.explanation(entry(rule_id=None, points=0, delta=0))


@pytest.mark.parametrize(
    ("points", "delta", "said"),
    [
        (30, 10, "+10 of 30 · a score does not pass 10,000"),
        (-20, -5, "\N{MINUS SIGN}5 of 20 · a score does not pass 0"),
    ],
)
def test_clamping_says_how_much_was_taken_and_where_a_score_ends(
    points: int, delta: int, said: str
) -> None:
    clamped = entry(points=points, delta=delta, reason=Reason.CLAMPED)
    assert words.explanation(clamped) == said


@pytest.mark.parametrize(
    ("per", "said"),
    [
        ("day", "+0 of 5 · daily cap reached"),
        ("week", "+0 of 5 · weekly cap reached"),
        ("ever", "+0 of 5 · cap reached"),
    ],
)
def test_a_cap_says_what_it_kept_back(per: str, said: str) -> None:
    capped = rule(points=5, cap={"times": 1, "per": per})
    line = entry(points=5, delta=0, reason=Reason.CAPPED, rule=capped)
    assert words.explanation(line) == said


def test_a_limit_of_all_rules_is_told_from_a_cap() -> None:
    line = entry(points=5, delta=2, reason=Reason.CAPPED, rule=rule())
    assert words.explanation(line) == "+2 of 5 · no more points of this kind"


def test_a_lapse_says_after_how_long() -> None:
    lapsing = rule(expires_after_days=30)
    line = entry(points=-5, delta=-5, reason=Reason.EXPIRED, rule=lapsing)
    assert words.explanation(line) == "Lapsed after 30 days"
    part = entry(points=-5, delta=-2, reason=Reason.EXPIRED, rule=lapsing)
    assert words.explanation(part) == "\N{MINUS SIGN}2 of 5 · Lapsed after 30 days"
    assert words.explanation(entry(reason=Reason.EXPIRED)) == "Lapsed"


def test_an_adjustment_says_who_made_it_and_why() -> None:
    line = {
        "rule_id": None,
        "event_type": "$adjust",
        "note": "Met at a fair",
        "adjusted_by": "Ada",
        "reason": Reason.MANUAL,
    }
    assert words.explanation(entry(**line)) == "Ada: Met at a fair"
    clamped = entry(**line, points=-40, delta=-5)
    assert words.explanation(clamped) == (
        "Ada: Met at a fair · \N{MINUS SIGN}5 of 40 · a score does not pass 0"
    )
    assert words.happening("$adjust") == "Adjustment"
    assert words.happening("page_view") == "page_view"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (Reason.FIT_GAINED, "Matches what the lead is known as"),
        (Reason.FIT_LOST, "No longer matches"),
        (Reason.REFOLDED, "arrived late"),
        (Reason.RESCORED, "Rescored by version 1 of the rules"),
        (Reason.MERGED, "the same person"),
        (Reason.UNMERGED, "a merge was taken back"),
    ],
)
def test_what_no_event_alone_explains_says_its_cause(reason: Reason, said: str) -> None:
    assert said in words.explanation(entry(reason=reason))


def test_every_reason_but_an_ordinary_score_has_words() -> None:
    for reason in Reason:
        line = entry(reason=reason, delta=0, note="n" if reason == "manual" else None)
        assert words.explanation(line), reason


def test_a_correction_compares_nothing_with_what_its_rule_gives() -> None:
    said = words.explanation(entry(reason=Reason.REFOLDED, delta=-5))
    assert "of" not in said.split()


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
