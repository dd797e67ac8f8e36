"""What a person does to rules: adds, changes, switches or removes one of them."""

from collections.abc import Callable
from typing import TypeAlias
from uuid import UUID

from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.domain.ruleset import Rule, RuleContent, Rules, bounded

Edit: TypeAlias = Callable[[Rules], Rules]
"""What is to become of rules; it raises a domain error where that can't be."""


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
    return lambda rules: bounded((*rules, rule))


def change_rule(rule_id: UUID, content: RuleContent) -> Edit:
    """Let a rule that is there say something else, in its place."""
    changed = Rule(id=rule_id, **content.model_dump())
    return lambda rules: _replaced(rules, find_rule(rules, rule_id), changed)


def switch_rule(rule_id: UUID, *, active: bool) -> Edit:
    """Switch a rule that is there on or off."""

    def edit(rules: Rules) -> Rules:
        rule = find_rule(rules, rule_id)
        return _replaced(rules, rule, rule.model_copy(update={"active": active}))

    return edit


def remove_rule(rule_id: UUID) -> Edit:
    """Take a rule that is there away; one has to be left."""

    def edit(rules: Rules) -> Rules:
        gone = find_rule(rules, rule_id)
        return bounded(tuple(rule for rule in rules if rule is not gone))

    return edit


def _replaced(rules: Rules, old: Rule, new: Rule) -> Rules:
    return tuple(new if rule is old else rule for rule in rules)
