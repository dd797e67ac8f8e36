"""How one ruleset differs from another, and how to apply that to a third.

They are of one project, so that the rules that two of them share stand in the same
order in both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.rule_tests import RuleTest
from leadpulse_app.domain.ruleset import (
    GroupCaps,
    Rule,
    RuleContent,
    Rules,
    RulesetContent,
    bounded,
)
from leadpulse_app.domain.stage import Thresholds

FIELDS = tuple(RuleContent.model_fields)
"""The fields of a rule that can differ, in the order in which they are told."""

LIMITS: dict[str, type[BaseModel]] = {
    "thresholds": Thresholds,
    "group_caps": GroupCaps,
}
"""What holds for all rules, by the names under which a ruleset has it."""


@dataclass(frozen=True, slots=True)
class AddedRule:
    """A rule that only the second ruleset has."""

    rule: Rule
    position: int
    """Where it stands in the second ruleset, from 0."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that is another one in the second ruleset."""

    field: str
    """Of a limit with what it belongs to, as in `thresholds.warm`."""
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ChangedRule:
    """A rule that both rulesets have, but not alike."""

    before: Rule
    after: Rule

    @property
    def fields(self) -> tuple[FieldChange, ...]:
        """What differs, field by field."""
        return tuple(
            FieldChange(name, getattr(self.before, name), getattr(self.after, name))
            for name in FIELDS
            if getattr(self.before, name) != getattr(self.after, name)
        )


@dataclass(frozen=True, slots=True)
class RulesetDiff:
    """What turns one ruleset into another."""

    added: tuple[AddedRule, ...] = ()
    removed: Rules = ()
    changed: tuple[ChangedRule, ...] = ()
    limits: tuple[FieldChange, ...] = ()
    added_tests: tuple[RuleTest, ...] = ()
    removed_tests: tuple[RuleTest, ...] = ()

    def __len__(self) -> int:
        """Count what differs; a diff without anything is false."""
        return sum(
            len(part)
            for part in (
                self.added,
                self.removed,
                self.changed,
                self.limits,
                self.added_tests,
                self.removed_tests,
            )
        )


def diff_rulesets(before: RulesetContent, after: RulesetContent) -> RulesetDiff:
    """Return what turns the ruleset before into the ruleset after."""
    old = {rule.id: rule for rule in before.rules}
    new = {rule.id for rule in after.rules}
    return RulesetDiff(
        added=tuple(
            AddedRule(rule, position)
            for position, rule in enumerate(after.rules)
            if rule.id not in old
        ),
        removed=tuple(rule for rule in before.rules if rule.id not in new),
        changed=tuple(
            ChangedRule(old[rule.id], rule)
            for rule in after.rules
            if rule.id in old and rule != old[rule.id]
        ),
        limits=tuple(_limit_changes(before, after)),
        added_tests=tuple(test for test in after.tests if test not in before.tests),
        removed_tests=tuple(test for test in before.tests if test not in after.tests),
    )


def apply_diff(content: RulesetContent, diff: RulesetDiff) -> RulesetContent:
    """Return a ruleset with what a diff says done to it.

    Where it is another than the diff began with, each field that the diff changed is as
    it says and each other stays; what it removed is gone, what it changed and is not
    there stays away, and what it added comes where it says, or last.

    Raises:
        InvalidInputError: There would be no rule, or more than 200, or the stages would
            not ascend.
    """
    return RulesetContent(
        rules=bounded(_apply_to_rules(content.rules, diff)),
        thresholds=_apply_to_thresholds(content.thresholds, diff),
        group_caps=content.group_caps.model_copy(
            update=_new_limits(diff, "group_caps")
        ),
        tests=(
            *(
                test
                for test in content.tests
                if test not in diff.removed_tests and test not in diff.added_tests
            ),
            *diff.added_tests,
        ),
    )


def _apply_to_rules(rules: Rules, diff: RulesetDiff) -> Rules:
    removed = {rule.id for rule in diff.removed}
    changed = {change.after.id: change for change in diff.changed}
    kept = [
        _changed(rule, changed[rule.id]) if rule.id in changed else rule
        for rule in rules
        if rule.id not in removed
    ]
    there = {rule.id for rule in kept}
    for added in diff.added:
        if added.rule.id not in there:
            kept.insert(added.position, added.rule)
    return tuple(kept)


def _apply_to_thresholds(thresholds: Thresholds, diff: RulesetDiff) -> Thresholds:
    said = thresholds.model_dump() | _new_limits(diff, "thresholds")
    try:
        return Thresholds.model_validate(said)
    except ValidationError:
        message = "With what came into force since, the stages would not ascend"
        raise InvalidInputError(message, details={"thresholds": message}) from None


def _changed(rule: Rule, change: ChangedRule) -> Rule:
    said = {name: getattr(rule, name) for name in FIELDS}
    return Rule(
        id=rule.id, **said | {field.field: field.after for field in change.fields}
    )


def _limit_changes(
    before: RulesetContent, after: RulesetContent
) -> Iterator[FieldChange]:
    for name, model in LIMITS.items():
        for field in model.model_fields:
            old, new = (getattr(getattr(each, name), field) for each in (before, after))
            if old != new:
                yield FieldChange(f"{name}.{field}", old, new)


def _new_limits(diff: RulesetDiff, name: str) -> dict[str, Any]:
    start = f"{name}."
    return {
        change.field.removeprefix(start): change.after
        for change in diff.limits
        if change.field.startswith(start)
    }
