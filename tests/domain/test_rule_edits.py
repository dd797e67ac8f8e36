"""Edits change one rule, keep the order, and stay within what a project may have."""

from uuid import UUID

import pytest

from leadpulse_app.domain.errors import InvalidInputError, NotFoundError
from leadpulse_app.domain.rule_edits import (
    add_rule,
    change_rule,
    remove_rule,
    switch_rule,
)
from leadpulse_app.domain.ruleset import MAXIMUM_RULES, Rule, RuleContent, rule_content
from leadpulse_app.domain.simulation import Miss, simulate


def rule(number: int, event_type: str = "visit", *, active: bool = True) -> Rule:
    return Rule(
        id=UUID(int=number),
        name=f"Rule {number}",
        event_type=event_type,
        points=number,
        active=active,
    )


THREE = (rule(1), rule(2), rule(3))
OTHER = RuleContent(name="Other", event_type="signup", points=-4, active=False)


def test_a_new_rule_comes_last() -> None:
    assert add_rule(rule(4))(THREE) == (*THREE, rule(4))


def test_a_changed_rule_keeps_its_id_and_place() -> None:
    first, second, third = change_rule(UUID(int=2), OTHER)(THREE)
    assert (first, third) == (THREE[0], THREE[2])
    assert second == Rule(id=UUID(int=2), **OTHER.model_dump())


def test_a_rule_is_switched_off_and_on_again() -> None:
    off = switch_rule(UUID(int=2), active=False)(THREE)
    assert [each.active for each in off] == [True, False, True]
    assert switch_rule(UUID(int=2), active=True)(off) == THREE


def test_a_removed_rule_is_gone() -> None:
    assert remove_rule(UUID(int=2))(THREE) == (THREE[0], THREE[2])


@pytest.mark.parametrize(
    "edit",
    [
        change_rule(UUID(int=9), OTHER),
        switch_rule(UUID(int=9), active=True),
        remove_rule(UUID(int=9)),
    ],
)
def test_a_rule_that_is_not_there_can_not_be_edited(edit: object) -> None:
    assert callable(edit)
    with pytest.raises(NotFoundError):
        edit(THREE)


def test_a_project_has_1_to_200_rules() -> None:
    many = tuple(rule(number) for number in range(1, MAXIMUM_RULES + 1))
    with pytest.raises(InvalidInputError):
        add_rule(rule(900))(many)
    with pytest.raises(InvalidInputError):
        remove_rule(UUID(int=1))((rule(1),))


GOOD = {"name": "Demo", "event_type": "demo_request", "points": 5}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 121),
        ("name", "two\nlines"),
        ("name", "half \ud800"),
        ("name", None),
        ("description", "x" * 501),
        ("description", "\x00"),
        ("event_type", ""),
        ("event_type", "x" * 65),
        ("event_type", "*"),
        ("event_type", "two\nlines"),
        ("event_type", "$fields"),
        ("event_type", "$adjust"),
        ("points", 10_001),
        ("points", -10_001),
        ("points", 1.0),
        ("points", True),
        ("points", "5"),
    ],
)
def test_what_can_not_be_said_of_a_rule_is_refused_by_field(
    field: str, value: object
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        rule_content({**GOOD, field: value})
    assert set(refusal.value.details or {}) == {field}
    assert refusal.value.message[:4] in ("The ", "$fie", "$adj")


def test_names_of_other_clients_events_can_have_rules() -> None:
    content = rule_content({**GOOD, "event_type": "$autocapture: a.b-c_D 9"})
    assert content.event_type == "$autocapture: a.b-c_D 9"


def test_a_simulation_says_what_fires_and_why_the_rest_does_not() -> None:
    rules = (rule(1), rule(2, active=False), rule(3, "signup"), rule(4))
    outcomes = simulate(rules, {"visit": 3, "other": 7})
    assert [(each.times, each.points, each.miss) for each in outcomes] == [
        (3, 3, None),
        (0, 0, Miss.INACTIVE),
        (0, 0, Miss.OTHER_EVENT_TYPE),
        (3, 12, None),
    ]
