"""What a person does to a ruleset: edits one of its rules, its limits or its tests."""

from collections.abc import Callable
from typing import TypeAlias
from uuid import UUID

from leadpulse_app.domain.errors import InvalidInputError, NotFoundError
from leadpulse_app.domain.rule_tests import MAXIMUM_TESTS, RuleTest
from leadpulse_app.domain.ruleset import (
    KIND_RULE,
    GroupCaps,
    Rule,
    RuleContent,
    Rules,
    RulesetContent,
)
from leadpulse_app.domain.stage import Thresholds

Edit: TypeAlias = Callable[[RulesetContent], RulesetContent]
"""What is to become of a ruleset; it raises a domain error where that can't be."""


def find_rule(rules: Rules, rule_id: UUID) -> Rule:
    """Return one of the rules.

    Raises:
        NotFoundError: It is none of them.
    """
    for rule in rules:
        if rule.id == rule_id:
            return rule
    raise NotFoundError("There is no such rule")


def add_rule(rule: Rule) -> Edit:
    """Put a new rule behind the others; a project has room for 200."""
    return lambda content: content.with_rules((*content.rules, rule))


def change_rule(rule_id: UUID, said: RuleContent) -> Edit:
    """Let a rule that is there say something else, in its place. It keeps its kind."""
    changed = Rule(id=rule_id, **said.model_dump())

    def edit(content: RulesetContent) -> RulesetContent:
        old = find_rule(content.rules, rule_id)
        require_kind(old, changed)
        return _replaced(content, old, changed)

    return edit


def switch_rule(rule_id: UUID, *, active: bool) -> Edit:
    """Switch a rule that is there on or off."""

    def edit(content: RulesetContent) -> RulesetContent:
        rule = find_rule(content.rules, rule_id)
        switched = Rule(**rule.model_dump(exclude={"active"}), active=active)
        return _replaced(content, rule, switched)

    return edit


def remove_rule(rule_id: UUID) -> Edit:
    """Take a rule that is there away; one has to be left."""

    def edit(content: RulesetContent) -> RulesetContent:
        gone = find_rule(content.rules, rule_id)
        return content.with_rules(
            tuple(rule for rule in content.rules if rule is not gone)
        )

    return edit


def change_limits(thresholds: Thresholds, group_caps: GroupCaps) -> Edit:
    """Let the stages begin, and the kinds of rules end, at other scores."""
    return lambda content: content.model_copy(
        update={"thresholds": thresholds, "group_caps": group_caps}
    )


def add_test(test: RuleTest) -> Edit:
    """Put a test behind the others, under a name of its own; there is room for 50."""

    def edit(content: RulesetContent) -> RulesetContent:
        if len(content.tests) >= MAXIMUM_TESTS:
            message = f"A ruleset has {MAXIMUM_TESTS} tests at most"
            raise InvalidInputError(message, details={"tests": message})
        if any(each.name == test.name for each in content.tests):
            message = "A test of this name is there already"
            raise InvalidInputError(message, details={"name": message})
        return content.model_copy(update={"tests": (*content.tests, test)})

    return edit


def remove_test(test_id: UUID) -> Edit:
    """Take a test away."""

    def edit(content: RulesetContent) -> RulesetContent:
        kept = tuple(test for test in content.tests if test.id != test_id)
        if len(kept) == len(content.tests):
            raise NotFoundError("There is no such test")
        return content.model_copy(update={"tests": kept})

    return edit


def require_kind(old: Rule, new: Rule) -> None:
    """Refuse that a rule becomes one of another kind.

    What it gave is told apart by its id alone.

    Raises:
        InvalidInputError: It would.
    """
    if old.kind is not new.kind:
        raise InvalidInputError(KIND_RULE, details={"kind": KIND_RULE})


def require_kinds(before: Rules, after: Rules) -> None:
    """Refuse that any of the rules becomes one of another kind.

    Raises:
        InvalidInputError: One would.
    """
    old = {rule.id: rule for rule in before}
    for rule in after:
        require_kind(old.get(rule.id, rule), rule)


def _replaced(content: RulesetContent, old: Rule, new: Rule) -> RulesetContent:
    return content.with_rules(
        tuple(new if rule is old else rule for rule in content.rules)
    )
