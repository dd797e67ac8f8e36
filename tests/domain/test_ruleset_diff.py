"""Applying the difference of two lists of rules to the first gives the second."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.ruleset import Rule, Rules
from leadpulse_app.domain.ruleset_diff import RulesDiff, apply_diff, diff_rules

NUMBERS = range(8)


@st.composite
def rules_of_a_project(draw: st.DrawFn) -> Rules:
    """Some of the rules that a project ever had, in their order, each as it may be."""
    numbers = draw(st.sets(st.sampled_from(NUMBERS), min_size=1))
    return tuple(
        Rule(
            id=UUID(int=number),
            name=draw(st.sampled_from(("One", "Another"))),
            event_type=draw(st.sampled_from(("visit", "signup"))),
            points=draw(st.integers(-2, 2)),
            active=draw(st.booleans()),
        )
        for number in sorted(numbers)
    )


def ids(rules: Rules) -> set[UUID]:
    return {rule.id for rule in rules}


@given(rules_of_a_project(), rules_of_a_project())
def test_a_diff_applied_to_what_was_gives_what_is(before: Rules, after: Rules) -> None:
    assert apply_diff(before, diff_rules(before, after)) == after


@given(rules_of_a_project(), rules_of_a_project())
def test_a_diff_is_empty_only_between_equals(before: Rules, after: Rules) -> None:
    assert bool(diff_rules(before, after)) == (before != after)
    assert diff_rules(before, before) == RulesDiff()


@given(rules_of_a_project(), rules_of_a_project())
def test_the_field_changes_of_a_rule_are_all_that_differs(
    before: Rules, after: Rules
) -> None:
    for change in diff_rules(before, after).changed:
        values = {field.field: field.after for field in change.fields}
        assert values
        assert change.before.model_copy(update=values) == change.after


@given(rules_of_a_project(), rules_of_a_project(), rules_of_a_project())
def test_a_diff_does_to_other_rules_what_it_says(
    before: Rules, after: Rules, others: Rules
) -> None:
    diff = diff_rules(before, after)
    added = {each.rule.id for each in diff.added}
    wanted = (ids(others) - ids(diff.removed)) | added
    if not wanted:
        with pytest.raises(InvalidInputError):
            apply_diff(others, diff)
        return
    result = {rule.id: rule for rule in apply_diff(others, diff)}
    assert set(result) == wanted
    for change in diff.changed:
        if change.after.id in result:
            for field in change.fields:
                assert getattr(result[change.after.id], field.field) == field.after


@given(rules_of_a_project(), rules_of_a_project())
def test_nothing_changed_leaves_what_others_did(before: Rules, others: Rules) -> None:
    assert apply_diff(others, diff_rules(before, before)) == others
