"""How one list of rules differs from another, and how to apply that to a third.

The lists are of one project, so that the rules that two of them share stand in the
same order in both.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from leadpulse_app.domain.ruleset import Rule, RuleContent, Rules, bounded

FIELDS = tuple(RuleContent.model_fields)
"""The fields of a rule that can differ, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class AddedRule:
    """A rule that only the second list has."""

    rule: Rule
    position: int
    """Where it stands in the second list, from 0."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of a rule that is another one in the second list."""

    field: str
    before: str | int | bool
    after: str | int | bool


@dataclass(frozen=True, slots=True)
class ChangedRule:
    """A rule that both lists have, but not alike."""

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
class RulesDiff:
    """What turns one list of rules into another."""

    added: tuple[AddedRule, ...] = ()
    removed: Rules = ()
    changed: tuple[ChangedRule, ...] = ()

    def __len__(self) -> int:
        """Count the rules that differ; a diff without any is false."""
        return len(self.added) + len(self.removed) + len(self.changed)


def diff_rules(before: Rules, after: Rules) -> RulesDiff:
    """Return what turns the rules before into the rules after."""
    old = {rule.id: rule for rule in before}
    new = {rule.id for rule in after}
    return RulesDiff(
        added=tuple(
            AddedRule(rule, position)
            for position, rule in enumerate(after)
            if rule.id not in old
        ),
        removed=tuple(rule for rule in before if rule.id not in new),
        changed=tuple(
            ChangedRule(old[rule.id], rule)
            for rule in after
            if rule.id in old and rule != old[rule.id]
        ),
    )


def apply_diff(rules: Rules, diff: RulesDiff) -> Rules:
    """Return the rules with what a diff says done to them.

    Where they are others than the diff began with, each field that the diff changed
    is as it says and each other stays; what it removed is gone, what it changed and
    is not there stays away, and what it added comes where it says, or last.

    Raises:
        InvalidInputError: There would be no rule, or more than 200.
    """
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
    return bounded(tuple(kept))


def _changed(rule: Rule, change: ChangedRule) -> Rule:
    return rule.model_copy(update=dict(_new_values(change)))


def _new_values(change: ChangedRule) -> Iterator[tuple[str, str | int | bool]]:
    for field in change.fields:
        yield field.field, field.after
