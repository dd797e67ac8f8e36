"""Edits change one thing, keep the order, and stay within what a project may have."""

from uuid import UUID

import pytest

from leadpulse_app.domain.errors import InvalidInputError, NotFoundError
from leadpulse_app.domain.rule_edits import (
    Edit,
    add_rule,
    add_test,
    change_limits,
    change_rule,
    remove_rule,
    remove_test,
    switch_rule,
)
from leadpulse_app.domain.rule_tests import MAXIMUM_TESTS, RuleTest
from leadpulse_app.domain.ruleset import (
    MAXIMUM_RULES,
    GroupCaps,
    Rule,
    RuleContent,
    Rules,
    RulesetContent,
    rule_content,
)
from leadpulse_app.domain.stage import Thresholds


def rule(number: int, event_type: str = "visit", *, active: bool = True) -> Rule:
    return Rule(
        id=UUID(int=number),
        name=f"Rule {number}",
        event_type=event_type,
        points=number,
        active=active,
    )


THREE = (rule(1), rule(2), rule(3))
LIMITS = {"thresholds": Thresholds(warm=5), "group_caps": GroupCaps(fit=30)}
OTHER = RuleContent(name="Other", event_type="signup", points=-4, active=False)


def edited(edit: Edit, rules: Rules = THREE) -> Rules:
    """What is to become of rules; all else stays."""
    content = edit(RulesetContent(rules=rules, **LIMITS))
    assert content.model_copy(update={"rules": rules}).model_dump() == (
        RulesetContent(rules=rules, **LIMITS).model_dump()
    )
    return content.rules


def test_a_new_rule_comes_last() -> None:
    assert edited(add_rule(rule(4))) == (*THREE, rule(4))


def test_a_changed_rule_keeps_its_id_and_place() -> None:
    first, second, third = edited(change_rule(UUID(int=2), OTHER))
    assert (first, third) == (THREE[0], THREE[2])
    assert second == Rule(id=UUID(int=2), **OTHER.model_dump())


def test_a_rule_is_switched_off_and_on_again() -> None:
    off = edited(switch_rule(UUID(int=2), active=False))
    assert [each.active for each in off] == [True, False, True]
    assert edited(switch_rule(UUID(int=2), active=True), off) == THREE


def test_a_removed_rule_is_gone() -> None:
    assert edited(remove_rule(UUID(int=2))) == (THREE[0], THREE[2])


@pytest.mark.parametrize(
    "edit",
    [
        change_rule(UUID(int=9), OTHER),
        switch_rule(UUID(int=9), active=True),
        remove_rule(UUID(int=9)),
        remove_test(UUID(int=9)),
    ],
)
def test_what_is_not_there_can_not_be_edited(edit: Edit) -> None:
    with pytest.raises(NotFoundError):
        edited(edit)


def test_a_rule_keeps_its_kind() -> None:
    fit = rule_content(
        {
            "name": "Acme",
            "kind": "fit",
            "points": 5,
            "conditions": [
                {"field": "lead.company", "operator": "equals", "value": "Acme"}
            ],
        }
    )
    with pytest.raises(InvalidInputError, match="for what a lead is"):
        edited(change_rule(UUID(int=2), fit))


def test_limits_and_tests_are_edited_beside_the_rules() -> None:
    test = RuleTest(
        id=UUID(int=5), name="Ada", lead_id=UUID(int=6), expected_stage="hot"
    )
    content = RulesetContent(rules=THREE)
    content = change_limits(Thresholds(hot=20), GroupCaps(behaviour=7))(content)
    content = add_test(test)(content)
    assert (content.thresholds.hot, content.group_caps.behaviour) == (20, 7)
    assert content.tests == (test,)
    assert remove_test(test.id)(content).tests == ()
    with pytest.raises(InvalidInputError, match="name"):
        add_test(test.model_copy(update={"id": UUID(int=6)}))(content)
    full = content.model_copy(update={"tests": (test,) * MAXIMUM_TESTS})
    with pytest.raises(InvalidInputError):
        add_test(test)(full)


def test_a_project_has_1_to_200_rules() -> None:
    many = tuple(rule(number) for number in range(1, MAXIMUM_RULES + 1))
    with pytest.raises(InvalidInputError):
        edited(add_rule(rule(900)), many)
    with pytest.raises(InvalidInputError):
        edited(remove_rule(UUID(int=1)), (rule(1),))


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
        ("event_type", "**"),
        ("event_type", None),
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
