"""Conditions hold for what people mean by them, whatever clients send."""

import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from leadpulse_app.domain.conditions import (
    ALWAYS,
    MAXIMUM_VALUES,
    Condition,
    ConditionGroup,
    Fields,
    Operator,
    Unmet,
)

ADA = Fields("Ada@Example.com", "Ada Lovelace", None)


def asks(operator: str, value: Any = None, field: str = "properties.x") -> Condition:
    return Condition(field=field, operator=Operator(operator), value=value)


def holds(operator: str, found: object, value: Any = None) -> bool:
    return asks(operator, value).holds({"x": found}, Fields())


@pytest.mark.parametrize(
    ("operator", "found", "value"),
    [
        ("equals", "Pro", "pRO"),
        ("equals", " pro ", "pro"),
        ("equals", "STRASSE", "straße"),
        ("equals", 5, "5"),
        ("equals", "5", 5),
        ("equals", 5.0, 5),
        ("equals", 2.5, "2.5"),
        ("equals", True, "TRUE"),
        ("equals", "false", False),
        ("equals", -0.0, 0),
        ("not_equals", "free", "pro"),
        ("not_equals", None, "pro"),
        ("not_equals", ["pro"], "pro"),
        ("not_equals", True, 1),
        ("contains", "https://x.example/PRICING/eu", "/pricing"),
        ("contains", ["Pro", 5], "pro"),
        ("contains", ["Pro", 5], "5"),
        ("contains", 1234, 23),
        ("starts_with", "/Pricing/eu", "/pricing"),
        ("starts_with", 42, 4),
        ("in", "PRO", ["team", "pro"]),
        ("in", 5, ["5"]),
        ("in", True, ["true"]),
        ("greater_than", 5, 4),
        ("greater_than", "5.5", 5),
        ("greater_than", " 1e3 ", "999"),
        ("greater_than", ".5", 0),
        ("less_than", "-7.", -6.5),
        ("less_than", 2**70, 1e300),
        ("exists", "", None),
        ("exists", 0, True),
        ("exists", False, True),
        ("exists", {}, None),
        ("exists", None, False),
    ],
)
def test_it_holds(operator: str, found: object, value: Any) -> None:
    assert holds(operator, found, value)


@pytest.mark.parametrize(
    ("operator", "found", "value"),
    [
        ("equals", None, "null"),
        ("equals", None, "None"),
        ("equals", ["pro"], "pro"),
        ("equals", {"a": 1}, "{'a': 1}"),
        ("equals", 1, True),
        ("equals", "05", 5),
        ("equals", 2**63, 2**63 - 1),
        ("not_equals", "PRO", "pro"),
        ("not_equals", 5, "5"),
        ("contains", None, "a"),
        ("contains", ["professional"], "pro"),
        ("contains", [["pro"]], "pro"),
        ("contains", {"pro": 1}, "pro"),
        ("starts_with", "a/pricing", "/pricing"),
        ("starts_with", ["pro"], "pro"),
        ("starts_with", None, "n"),
        ("in", None, ["", "null"]),
        ("in", ["pro"], ["pro"]),
        ("greater_than", 5, 5),
        ("greater_than", "many", 1),
        ("greater_than", True, 0),
        ("greater_than", None, -1),
        ("greater_than", [9], 1),
        ("greater_than", "nan", 0),
        ("greater_than", "inf", 0),
        ("greater_than", math.inf, 0),
        ("greater_than", "1e999", 0),
        ("greater_than", 10**400, 0),
        ("greater_than", "1_000", 0),
        ("greater_than", "\N{ARABIC-INDIC DIGIT THREE}", 0),
        ("less_than", 5, 5),
        ("less_than", None, 1),
        ("less_than", math.nan, 1),
        ("less_than", "", 1),
        ("exists", None, None),
        ("exists", 0, False),
    ],
)
def test_it_does_not_hold(operator: str, found: object, value: Any) -> None:
    assert not holds(operator, found, value)


@pytest.mark.parametrize(
    ("properties", "path"),
    [
        ({"a": {"b": 1}}, "a.b"),
        ({"a.b": 1}, "a.b"),
        ({"a.b": 1, "a": {"b": 2}}, "a.b"),
        ({"a": [{"b": 0}, {"b": 1}]}, "a.1.b"),
        ({"a": [0, 1]}, "a.1"),
        ({"$utm source": 1}, "$utm source"),
        ({"a": {"": 1}}, "a."),
        ({"1": 1}, "1"),
    ],
)
def test_a_path_leads_into_objects_and_lists(
    properties: dict[str, Any], path: str
) -> None:
    assert asks("equals", 1, f"properties.{path}").holds(properties, Fields())


@pytest.mark.parametrize(
    "path",
    [
        "b",
        "a.b.c",
        "text.0",
        "list.2",
        "list.-1",
        "list.x",
        "list.²",
        "list.\N{ARABIC-INDIC DIGIT ONE}",
        f"list.{'9' * 150}",
        "list.0.0",
        "nothing.x",
        ".",
        "a..b",
    ],
)
def test_what_a_path_does_not_lead_to_is_missing(path: str) -> None:
    properties = {"a": {"b": 1}, "text": "abc", "list": [5, 6], "nothing": None}
    assert asks("exists", False, f"properties.{path}").holds(properties, Fields())
    assert asks("not_equals", 1, f"properties.{path}").holds(properties, Fields())


def test_what_a_lead_is_known_as_is_no_property() -> None:
    sent = {"email": "other@example.com", "company": "Acme", "lead": {"email": "x"}}
    email = asks("contains", "@example.COM", "lead.email")
    assert email.holds(sent, ADA)
    assert not email.holds(sent, Fields())
    assert asks("exists", False, "lead.company").holds(sent, ADA)
    assert not asks("starts_with", "lovelace", "lead.name").holds({}, ADA)
    assert asks("starts_with", "ada", "lead.name").holds({}, ADA)


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("x", "exists", None),
        ("properties.", "exists", None),
        ("properties.\x00", "exists", None),
        (f"properties.{'x' * 200}", "exists", None),
        ("lead.score", "exists", None),
        ("lead.email.x", "exists", None),
        ("lead.__class__", "exists", None),
        ("properties.x", "matches", "a"),
        ("properties.x", "equals", None),
        ("properties.x", "equals", ""),
        ("properties.x", "contains", " \n"),
        ("properties.x", "equals", ["a"]),
        ("properties.x", "equals", {"a": 1}),
        ("properties.x", "equals", "x" * 1_001),
        ("properties.x", "equals", "\x00"),
        ("properties.x", "equals", 10**400),
        ("properties.x", "equals", math.inf),
        ("properties.x", "equals", math.nan),
        ("properties.x", "in", "a"),
        ("properties.x", "in", []),
        ("properties.x", "in", [["a"]]),
        ("properties.x", "in", ["a"] * (MAXIMUM_VALUES + 1)),
        ("properties.x", "greater_than", "many"),
        ("properties.x", "greater_than", True),
        ("properties.x", "less_than", None),
        ("properties.x", "less_than", [1]),
        ("properties.x", "exists", "true"),
        ("properties.x", "exists", 1),
    ],
)
def test_what_can_not_be_asked_is_refused(
    field: str, operator: str, value: Any
) -> None:
    with pytest.raises(ValidationError):
        Condition.model_validate({"field": field, "operator": operator, "value": value})


YES, NO = asks("exists", None), asks("exists", False)
PROPERTIES = {"x": 1}


def group(match: str, *conditions: Condition | ConditionGroup) -> ConditionGroup:
    return ConditionGroup.model_validate({"match": match, "conditions": conditions})


@pytest.mark.parametrize(
    ("asked", "does"),
    [
        (ALWAYS, True),
        (group("any"), True),
        (group("all", YES, YES), True),
        (group("all", YES, NO), False),
        (group("any", NO, YES), True),
        (group("any", NO, NO), False),
        (group("all", YES, group("any", NO, YES)), True),
        (group("any", NO, group("all", YES, NO)), False),
        (group("any", NO, group("all")), True),
    ],
)
def test_a_group_holds_if_all_or_any_of_it_does(
    asked: ConditionGroup, *, does: bool
) -> None:
    assert asked.holds(PROPERTIES, Fields()) is does
    assert (asked.first_unmet(PROPERTIES, Fields()) is None) is does


def test_the_first_condition_that_does_not_hold_is_named_with_what_was_found() -> None:
    pro = asks("equals", "pro")
    asked = group("all", YES, group("any", pro, NO), NO)
    assert asked.first_unmet({"x": "free"}, Fields()) == Unmet(pro, "free")


def test_a_group_knows_how_many_conditions_it_holds_and_how_deep() -> None:
    asked = group("all", YES, group("any", NO, group("all", YES)))
    assert list(asked.flat()) == [YES, NO, YES]
    assert (asked.depth(), ALWAYS.depth()) == (3, 1)


def test_a_number_with_more_digits_than_python_writes_equals_nothing() -> None:
    assert not holds("equals", 10**5_000, "1")
    assert not holds("contains", [10**5_000], "1")


def test_a_long_text_of_digits_is_no_number_at_once() -> None:
    began = time.perf_counter()
    assert not holds("greater_than", "1" * 20_000 + "x", 0)
    assert time.perf_counter() - began < 1


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from((10**400, 2**64))
    | st.floats()
    | st.text(max_size=20)
    | st.from_regex(r"\A[+-]?[0-9.eE]{1,8}\Z"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("", "a", "b", "a.b", "0", "x")), inner, max_size=3
        )
    ),
    max_leaves=8,
)
SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", codec="utf-8"), min_size=1)
).filter(lambda value: str(value).strip())
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.sampled_from(("5", " -1e3 ", 0.5))
PATHS = st.lists(
    st.sampled_from(("", "a", "b", "0", "x", "\N{ARABIC-INDIC DIGIT THREE}", "-1")),
    min_size=1,
)
FIELDS = st.sampled_from(("lead.email", "lead.name", "lead.company")) | PATHS.map(
    lambda path: f"properties.{'.'.join(path) or 'x'}"[:200]
)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    operator = draw(st.sampled_from(Operator))
    values: st.SearchStrategy[Any] = SCALARS
    if operator is Operator.IN:
        values = st.lists(SCALARS, min_size=1, max_size=3)
    elif operator is Operator.EXISTS:
        values = st.none() | st.booleans()
    elif operator in (Operator.GREATER_THAN, Operator.LESS_THAN):
        values = NUMBERS
    return asks(operator, draw(values), draw(FIELDS))


GROUPS = st.recursive(
    st.lists(conditions(), max_size=3).map(lambda inner: group("all", *inner)),
    lambda inner: st.lists(inner | conditions(), max_size=3).map(
        lambda each: group("any", *each)
    ),
    max_leaves=4,
)
KNOWN = st.none() | st.text(max_size=10)


@given(
    GROUPS,
    st.dictionaries(st.sampled_from(("", "a", "b", "a.b", "0", "x")), VALUES),
    st.builds(Fields, KNOWN, KNOWN, KNOWN),
)
def test_no_event_makes_conditions_fail(
    asked: ConditionGroup, properties: dict[str, Any], fields: Fields
) -> None:
    held = asked.holds(properties, fields)
    assert (asked.first_unmet(properties, fields) is None) is held
    assert ConditionGroup.model_validate_json(asked.model_dump_json()) == asked


@given(
    SCALARS,
    FIELDS,
    st.dictionaries(st.sampled_from(("", "a", "b", "a.b", "0", "x")), VALUES),
)
def test_not_equals_holds_exactly_where_equals_does_not(
    value: Any, field: str, properties: dict[str, Any]
) -> None:
    held = asks("equals", value, field).holds(properties, ADA)
    assert asks("not_equals", value, field).holds(properties, ADA) is not held


@given(SCALARS)
def test_what_is_asked_for_equals_itself(value: Any) -> None:
    assert holds("equals", value, value)
    assert holds("in", value, [value])
    assert holds("starts_with", value, value)
    assert holds("contains", [None, value], value)
