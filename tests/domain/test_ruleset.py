from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from leadpulse_app.domain.ruleset import DEFAULT_POINTS, Rule, Ruleset


def rule(number: int, event_type: str, *, points: int = 5, active: bool = True) -> Rule:
    return Rule(
        id=UUID(int=number),
        name=f"Rule {number}",
        event_type=event_type,
        points=points,
        active=active,
    )


def test_the_active_rules_of_a_type_match_in_their_order() -> None:
    ruleset = Ruleset(
        version=1,
        rules=(
            rule(1, "visit"),
            rule(2, "signup"),
            rule(3, "visit"),
            rule(4, "visit", active=False),
        ),
    )
    assert [match.id.int for match in ruleset.matching("visit")] == [1, 3]
    assert [match.id.int for match in ruleset.matching("signup")] == [2]


def test_a_type_without_a_rule_matches_nothing() -> None:
    assert Ruleset(version=1, rules=(rule(1, "visit"),)).matching("Visit") == ()


@pytest.mark.parametrize("points", [-10_001, 10_001])
def test_points_outside_of_the_bounds_are_refused(points: int) -> None:
    with pytest.raises(ValidationError):
        rule(1, "visit", points=points)


def test_a_published_ruleset_can_not_be_changed() -> None:
    ruleset = Ruleset(version=1, rules=(rule(1, "visit"),))
    with pytest.raises(ValidationError):
        ruleset.version = 2
    with pytest.raises(ValidationError):
        ruleset.rules[0].points = 7


def test_what_is_stored_reads_back_as_the_same_ruleset() -> None:
    ruleset = Ruleset(version=3, rules=(rule(1, "visit"), rule(2, "signup", points=-3)))
    assert Ruleset.model_validate(ruleset.model_dump(mode="json")) == ruleset


def test_every_default_can_be_a_rule() -> None:
    for event_type, points in DEFAULT_POINTS.items():
        Rule(id=uuid4(), name=event_type, event_type=event_type, points=points)
    assert len(DEFAULT_POINTS) == 10
