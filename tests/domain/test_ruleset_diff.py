"""Applying the difference of two rulesets to the first gives the second."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.rule_tests import RuleTest
from leadpulse_app.domain.ruleset import Cap, GroupCaps, Period, Rule, RulesetContent
from leadpulse_app.domain.ruleset_diff import RulesetDiff, apply_diff, diff_rulesets
from leadpulse_app.domain.stage import Thresholds

NUMBERS = range(8)


@st.composite
def rulesets(draw: st.DrawFn) -> RulesetContent:
    """Some of the rules that a project ever had, in their order, each as it may be."""
    numbers = draw(st.sets(st.sampled_from(NUMBERS), min_size=1))
    rules = tuple(
        Rule(
            id=UUID(int=number),
            name=draw(st.sampled_from(("One", "Another"))),
            event_type=draw(st.sampled_from(("visit", "signup"))),
            points=draw(st.integers(-2, 2)),
            active=draw(st.booleans()),
            cap=draw(st.sampled_from((None, Cap(times=1, per=Period.DAY)))),
        )
        for number in sorted(numbers)
    )
    tests = draw(st.sets(st.sampled_from(range(3))))
    return RulesetContent(
        rules=rules,
        thresholds=Thresholds(
            warm=draw(st.sampled_from((11, 12))),
            qualified=draw(st.sampled_from((60, 100))),
        ),
        group_caps=GroupCaps(fit=draw(st.sampled_from((None, 20)))),
        tests=tuple(
            RuleTest(
                id=UUID(int=number),
                name="A test",
                lead_id=UUID(int=1),
                expected_score=number,
            )
            for number in sorted(tests)
        ),
    )


def ids(content: RulesetContent) -> set[UUID]:
    return {rule.id for rule in content.rules}


@given(rulesets(), rulesets())
def test_a_diff_applied_to_what_was_gives_what_is(
    before: RulesetContent, after: RulesetContent
) -> None:
    found = apply_diff(before, diff_rulesets(before, after))
    assert {test.id for test in found.tests} == {test.id for test in after.tests}
    assert found.model_copy(update={"tests": after.tests}) == after


@given(rulesets(), rulesets())
def test_a_diff_is_empty_only_between_equals(
    before: RulesetContent, after: RulesetContent
) -> None:
    assert bool(diff_rulesets(before, after)) == (before != after)
    assert diff_rulesets(before, before) == RulesetDiff()


@given(rulesets(), rulesets())
def test_the_field_changes_of_a_rule_are_all_that_differs(
    before: RulesetContent, after: RulesetContent
) -> None:
    for change in diff_rulesets(before, after).changed:
        values = {field.field: field.after for field in change.fields}
        assert values
        assert change.before.model_copy(update=values) == change.after


@given(rulesets(), rulesets(), rulesets())
def test_a_diff_does_to_other_rules_what_it_says(
    before: RulesetContent, after: RulesetContent, others: RulesetContent
) -> None:
    diff = diff_rulesets(before, after)
    added = {each.rule.id for each in diff.added}
    removed = {rule.id for rule in diff.removed}
    wanted = (ids(others) - removed) | added
    if not wanted:
        with pytest.raises(InvalidInputError):
            apply_diff(others, diff)
        return
    applied = apply_diff(others, diff)
    result = {rule.id: rule for rule in applied.rules}
    assert set(result) == wanted
    for change in diff.changed:
        if change.after.id in result:
            for field in change.fields:
                assert getattr(result[change.after.id], field.field) == field.after
    for limit in diff.limits:
        group, name = limit.field.split(".")
        assert getattr(getattr(applied, group), name) == limit.after


@given(rulesets(), rulesets())
def test_nothing_changed_leaves_what_others_did(
    before: RulesetContent, others: RulesetContent
) -> None:
    assert apply_diff(others, diff_rulesets(before, before)) == others


def test_stages_that_no_longer_ascend_together_are_refused() -> None:
    base = RulesetContent(
        rules=(Rule(id=UUID(int=1), name="A", event_type="a", points=1),)
    )
    lower = base.model_copy(update={"thresholds": Thresholds(qualified=40)})
    higher = base.model_copy(update={"thresholds": Thresholds(hot=50)})
    with pytest.raises(InvalidInputError, match="ascend"):
        apply_diff(lower, diff_rulesets(base, higher))
