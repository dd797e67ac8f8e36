"""A ruleset says what it is given, refuses what can't be, and reads what is stored."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from leadpulse_app.domain.conditions import (
    ALWAYS,
    MAXIMUM_CONDITIONS,
    MAXIMUM_DEPTH,
    ConditionGroup,
)
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.reserved import ADJUST, FIELDS
from leadpulse_app.domain.rule_tests import RuleTest
from leadpulse_app.domain.ruleset import (
    ANY_EVENT,
    DEFAULT_POINTS,
    FIT_CAP_RULE,
    FIT_CONDITIONS_RULE,
    FIT_EVENT_RULE,
    FIT_EXPIRY_RULE,
    MAXIMUM_RULES,
    Cap,
    GroupCaps,
    Period,
    Rule,
    RuleKind,
    Ruleset,
    RulesetContent,
    rule_content,
)
from leadpulse_app.domain.stage import Stage, Thresholds

PRO = {"field": "properties.plan", "operator": "equals", "value": "pro"}
KNOWN = {"field": "lead.email", "operator": "exists", "value": None}
SAID: dict[str, Any] = {"name": "Visit", "event_type": "visit", "points": 5}
FIT: dict[str, Any] = {
    "name": "Known",
    "kind": "fit",
    "points": 5,
    "conditions": [KNOWN],
}


def rule(number: int, event_type: str, **said: Any) -> Rule:
    named = {"id": UUID(int=number), "name": f"Rule {number}", "points": 5}
    return Rule(**named | {"event_type": event_type} | said)


def fit_rule(number: int, **said: Any) -> Rule:
    return Rule(**{"id": UUID(int=number)} | FIT | said)


def ruleset(*rules: Rule, **said: Any) -> Ruleset:
    return Ruleset(version=1, rules=rules, **said)


def numbers(rules: tuple[Rule, ...]) -> list[int]:
    return [each.id.int for each in rules]


def nested(depth: int, inner: Any) -> Any:
    for _ in range(depth):
        inner = {"conditions": [inner]}
    return inner


def test_the_active_rules_of_a_type_match_in_their_order() -> None:
    rules = ruleset(
        rule(1, "visit"),
        rule(2, "signup"),
        rule(3, "visit"),
        rule(4, "visit", active=False),
    )
    assert numbers(rules.matching("visit")) == [1, 3]
    assert numbers(rules.matching("signup")) == [2]


def test_a_rule_for_every_event_matches_in_its_place_among_the_others() -> None:
    rules = ruleset(rule(1, "visit"), rule(2, ANY_EVENT), rule(3, "visit"), fit_rule(4))
    assert numbers(rules.matching("visit")) == [1, 2, 3]
    assert numbers(rules.matching("anything else")) == [2]
    assert numbers(ruleset(rule(1, ANY_EVENT, active=False)).matching("visit")) == []


@pytest.mark.parametrize("event_type", [FIELDS, ADJUST])
def test_what_people_do_to_a_lead_matches_no_rule(event_type: str) -> None:
    assert ruleset(rule(1, ANY_EVENT)).matching(event_type) == ()


def test_a_type_without_a_rule_matches_nothing() -> None:
    assert ruleset(rule(1, "visit")).matching("Visit") == ()


@pytest.mark.parametrize(
    ("rules", "said", "remembers"),
    [
        ((rule(1, "visit"),), {}, False),
        ((rule(1, "visit", conditions=[PRO], expires_after_days=1),), {}, False),
        ((rule(1, "visit", cap={"times": 1, "per": "day"}),), {}, True),
        ((fit_rule(1),), {}, True),
        ((rule(1, "visit"),), {"group_caps": {"behaviour": 1}}, True),
        ((rule(1, "visit"),), {"group_caps": {"fit": 1}}, True),
        ((rule(1, "visit", active=False, cap={"times": 1, "per": "day"}),), {}, False),
        ((fit_rule(1, active=False),), {}, False),
    ],
)
def test_it_remembers_where_a_rule_in_use_counts_or_holds(
    rules: tuple[Rule, ...], said: dict[str, Any], *, remembers: bool
) -> None:
    assert ruleset(*rules, **said).has_memory is remembers


def test_the_rules_that_count_or_hold_are_those_in_use() -> None:
    cap = {"points": 9, "per": "ever"}
    rules = ruleset(
        rule(1, "visit", cap=cap),
        rule(2, "visit", cap=cap, active=False),
        fit_rule(3, active=False),
        fit_rule(4),
    )
    assert numbers(rules.capped_rules) == [1]
    assert numbers(rules.fit_rules) == [4]


def test_properties_are_read_where_a_rule_in_use_asks_for_them() -> None:
    rules = ruleset(
        rule(1, "visit", conditions=[KNOWN, {"match": "any", "conditions": [PRO]}]),
        rule(2, "signup", conditions=[KNOWN]),
        rule(3, "download", conditions=[PRO], active=False),
    )
    reading = {"visit", "signup", "download", FIELDS, ADJUST}
    assert {each for each in reading if rules.reads_properties(each)} == {
        "visit",
        ADJUST,
    }
    assert ruleset(rule(1, ANY_EVENT, conditions=[PRO])).reads_properties("any")


@pytest.mark.parametrize(
    ("said", "is_plain"),
    [
        ({}, True),
        ({"conditions": [PRO]}, False),
        ({"cap": {"times": 1, "per": "week"}}, False),
        ({"expires_after_days": 7}, False),
    ],
)
def test_a_plain_rule_gives_the_same_for_every_event_for_good(
    said: dict[str, Any], *, is_plain: bool
) -> None:
    assert rule(1, "visit", **said).is_plain is is_plain


def test_other_rules_leave_the_settings_as_they_are() -> None:
    test = RuleTest(
        id=uuid4(), name="t", lead_id=uuid4(), expected_stage=Stage.QUALIFIED
    )
    content = RulesetContent(
        rules=(rule(1, "visit"),),
        thresholds=Thresholds(warm=1, hot=2, qualified=3),
        group_caps=GroupCaps(behaviour=7, fit=8),
        tests=(test,),
    )
    other = content.with_rules((rule(2, "signup"),))
    assert numbers(other.rules) == [2]
    assert other.with_rules(content.rules) == content


@pytest.mark.parametrize("number", [0, MAXIMUM_RULES + 1])
def test_a_project_has_1_to_200_rules(number: int) -> None:
    content = RulesetContent(rules=(rule(1, "visit"),))
    with pytest.raises(InvalidInputError) as refused:
        content.with_rules(tuple(rule(each, "visit") for each in range(number)))
    assert refused.value.details is not None
    assert refused.value.details.keys() == {"rules"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", None),
        ("name", " "),
        ("name", "x" * 121),
        ("name", "two\nlines"),
        ("description", "x" * 501),
        ("description", "\x00"),
        ("kind", "mood"),
        ("event_type", None),
        ("event_type", ""),
        ("event_type", "**"),
        ("event_type", "x" * 65),
        ("event_type", "näher"),
        ("event_type", FIELDS),
        ("event_type", ADJUST),
        ("points", -10_001),
        ("points", 10_001),
        ("points", 5.0),
        ("points", "5"),
        ("points", True),
        ("active", "perhaps"),
        ("conditions", "x"),
        ("conditions", [PRO] * (MAXIMUM_CONDITIONS + 1)),
        ("conditions", [nested(MAXIMUM_DEPTH, PRO)]),
        ("conditions", nested(2_000, PRO)),
        ("conditions", {"match": "none", "conditions": [PRO]}),
        ("conditions", [PRO | {"operator": "matches"}]),
        ("conditions", [PRO | {"more": 1}]),
        ("cap", []),
        ("cap", {"per": "day"}),
        ("cap", {"times": 1, "points": 1, "per": "day"}),
        ("cap", {"times": 1}),
        ("cap", {"times": 1, "per": "month"}),
        ("cap", {"times": 0, "per": "day"}),
        ("cap", {"times": True, "per": "day"}),
        ("cap", {"points": 10_001, "per": "day"}),
        ("cap", {"points": 1.5, "per": "day"}),
        ("cap", {"points": 1, "per": "day", "more": 1}),
        ("expires_after_days", 0),
        ("expires_after_days", 3_651),
        ("expires_after_days", 1.0),
        ("expires_after_days", True),
    ],
)
def test_what_can_not_be_said_of_a_rule_is_refused_by_its_field(
    field: str, value: Any
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        rule_content(SAID | {field: value})
    assert refused.value.details is not None
    assert refused.value.details.keys() == {field}


def test_all_that_can_be_said_of_a_rule_is_kept() -> None:
    deepest = nested(MAXIMUM_DEPTH - 1, PRO)
    said = rule_content(
        SAID
        | {
            "name": " Visit ",
            "event_type": "Page view: $1.x-y_z",
            "points": -10_000,
            "active": False,
            "conditions": [*[PRO] * (MAXIMUM_CONDITIONS - 1), deepest],
            "cap": {"points": 10_000, "per": "week"},
            "expires_after_days": 3_650,
            "unheard of": 1,
        }
    )
    assert said.name == "Visit"
    assert said.event_type == "Page view: $1.x-y_z"
    assert len(list(said.conditions.flat())) == MAXIMUM_CONDITIONS
    assert said.conditions.depth() == MAXIMUM_DEPTH
    assert said.cap == Cap(points=10_000, per=Period.WEEK)


def test_no_conditions_a_list_of_them_and_a_group_can_all_be_said() -> None:
    assert rule_content(SAID | {"conditions": None}).conditions == ALWAYS
    assert rule_content(SAID).conditions == ALWAYS
    group = ConditionGroup.model_validate({"match": "all", "conditions": [PRO]})
    assert rule_content(SAID | {"conditions": [PRO]}).conditions == group
    assert rule_content(SAID | {"conditions": group}).conditions == group


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (PRO | {"field": "plan"}, "A condition looks at a property"),
        (PRO | {"operator": "in"}, "properties.plan: a list has to be given"),
        (
            nested(1, PRO | {"operator": "greater_than"}),
            "properties.plan: a number has to be given",
        ),
        (
            nested(2, PRO | {"operator": "matches"}),
            "Input should be 'equals'",
        ),
    ],
)
def test_what_is_wrong_with_a_condition_is_said_at_any_depth(
    wrong: Any, told: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        rule_content(SAID | {"conditions": [wrong]})
    assert refused.value.message.startswith(f"The conditions can't be read: {told}")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"event_type": "visit"}, {"event_type": FIT_EVENT_RULE}),
        ({"conditions": None}, {"conditions": FIT_CONDITIONS_RULE}),
        ({"conditions": [KNOWN, PRO]}, {"conditions": FIT_CONDITIONS_RULE}),
        ({"conditions": [nested(1, PRO)]}, {"conditions": FIT_CONDITIONS_RULE}),
        ({"conditions": nested(2, ALWAYS)}, {"conditions": FIT_CONDITIONS_RULE}),
        ({"cap": {"times": 1, "per": "ever"}}, {"cap": FIT_CAP_RULE}),
        ({"expires_after_days": 1}, {"expires_after_days": FIT_EXPIRY_RULE}),
    ],
)
def test_a_rule_for_what_a_lead_is_asks_for_that_alone(
    said: dict[str, Any], told: dict[str, str]
) -> None:
    assert rule_content(FIT).kind is RuleKind.FIT
    with pytest.raises(InvalidInputError) as refused:
        rule_content(FIT | said)
    assert refused.value.details == told


def test_a_rule_for_what_a_lead_is_can_not_do_without_conditions() -> None:
    with pytest.raises(InvalidInputError) as refused:
        rule_content({key: FIT[key] for key in FIT if key != "conditions"})
    assert refused.value.details == {"conditions": FIT_CONDITIONS_RULE}


@pytest.mark.parametrize("limit", [0, 10_001, True, 1.5, "5"])
def test_a_limit_of_a_kind_is_a_whole_number_of_points(limit: Any) -> None:
    for kind in RuleKind:
        with pytest.raises(ValidationError):
            GroupCaps.model_validate({kind.value: limit})


def test_a_published_ruleset_can_not_be_changed() -> None:
    published = ruleset(rule(1, "visit"))
    with pytest.raises(ValidationError):
        published.version = 2
    with pytest.raises(ValidationError):
        published.rules[0].points = 7


def test_what_is_stored_reads_back_as_the_same_ruleset() -> None:
    published = ruleset(
        rule(
            1,
            ANY_EVENT,
            conditions=[PRO | {"operator": "in", "value": ["a", 1, True, 2.5]}],
            cap={"points": 3, "per": "day"},
            expires_after_days=9,
        ),
        fit_rule(2, points=-3),
        thresholds=Thresholds(warm=1, hot=2, qualified=3),
        group_caps=GroupCaps(behaviour=100, fit=50),
        time_zone="Asia/Kolkata",
    )
    assert Ruleset.model_validate(published.model_dump(mode="json")) == published
    assert Ruleset.model_validate_json(published.model_dump_json()) == published


def test_a_rule_that_was_stored_with_a_type_and_points_alone_still_reads() -> None:
    stored = {
        "id": str(UUID(int=1)),
        "name": "Visit",
        "description": "",
        "event_type": "visit",
        "points": 5,
        "active": True,
    }
    read = Ruleset.model_validate({"version": 1, "rules": [stored]})
    assert read.rules == (rule(1, "visit", name="Visit"),)
    assert read.rules[0].is_plain
    assert not read.has_memory
    assert read.time_zone == "UTC"
    assert (read.thresholds, read.group_caps) == (Thresholds(), GroupCaps())


def test_every_default_can_be_a_rule() -> None:
    for event_type, points in DEFAULT_POINTS.items():
        Rule(id=uuid4(), name=event_type, event_type=event_type, points=points)
    assert len(DEFAULT_POINTS) == 10
