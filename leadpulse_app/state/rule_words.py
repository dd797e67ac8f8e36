"""Rules, and what differs between them, as people read them."""

import json
from collections.abc import Iterable

from leadpulse_app.domain.conditions import (
    LEAD,
    PROPERTIES,
    Condition,
    ConditionGroup,
    Operator,
    Scalar,
    Unmet,
)
from leadpulse_app.domain.ruleset import (
    ANY_EVENT,
    Cap,
    Period,
    Rule,
    RuleContent,
    RuleKind,
)
from leadpulse_app.domain.ruleset_diff import ChangedRule, FieldChange, RulesetDiff
from leadpulse_app.domain.simulation import Miss, RuleOutcome
from leadpulse_app.state import words

LONGEST_LINE = 300
"""Characters of all that a rule asks for, where it stands among other rules."""

LONGEST_TEXT = 60
"""Characters of one name or value."""

MOST_VALUES = 3
"""Values of a list that stand in a line."""

OPERATORS = {
    Operator.EQUALS: "is",
    Operator.NOT_EQUALS: "is not",
    Operator.CONTAINS: "contains",
    Operator.STARTS_WITH: "starts with",
    Operator.IN: "is one of",
    Operator.GREATER_THAN: "is greater than",
    Operator.LESS_THAN: "is less than",
    Operator.EXISTS: "is set",
}

_KINDS = {
    RuleKind.BEHAVIOUR: "Rules for events",
    RuleKind.FIT: "Rules for what a lead is",
}

_PERIODS = {Period.DAY: "a day", Period.WEEK: "a week", Period.EVER: "ever"}


def event(event_type: str | None) -> str:
    """Return which events a rule is for."""
    return "every event" if event_type == ANY_EVENT else event_type or ""


def conditions(group: ConditionGroup) -> str:
    """Return what has to hold; nothing where nothing has to."""
    joined = " and " if group.match == "all" else " or "
    return joined.join(
        _condition(each)
        if isinstance(each, Condition)
        else f"({conditions(each) or 'always'})"
        for each in group.conditions
    )


def cap(limit: Cap | None) -> str:
    """Return how much a rule gives at most; nothing where that has no limit."""
    if limit is None:
        return ""
    per = _PERIODS[limit.per]
    if limit.times is not None:
        return f"at most {words.number(limit.times)} {per}"
    return f"at most {words.count(limit.points or 0, 'point')} {per}"


def expiry(days: int | None) -> str:
    """Return when points lapse; nothing where they stay."""
    return "" if days is None else f"lapse after {words.count(days, 'day')}"


def limits(rule: RuleContent) -> str:
    """Return what bounds a rule's points, in number and time."""
    return ", ".join(filter(None, (cap(rule.cap), expiry(rule.expires_after_days))))


def asked(rule: RuleContent) -> str:
    """Return when a rule gives its points, apart from the event; maybe nothing.

    It is cut where it is too long for a line; the rule's editor tells all of it.
    """
    told = _short(conditions(rule.conditions), LONGEST_LINE)
    if not told:
        return ""
    return f"while {told}" if rule.kind is RuleKind.FIT else f"when {told}"


def changes(diff: RulesetDiff) -> list[str]:
    """Return a line for each rule, limit and test that differs."""
    return [
        *(f"Added {_rule(added.rule)}" for added in diff.added),
        *(_changed(change) for change in diff.changed),
        *(f"Removed {_rule(rule)}" for rule in diff.removed),
        *map(_limit, diff.limits),
        *(f"Added test “{test.name}”" for test in diff.added_tests),
        *(f"Removed test “{test.name}”" for test in diff.removed_tests),
    ]


def miss(outcome: RuleOutcome) -> str:
    """Return why a rule gives nothing; nothing where it does."""
    rule = outcome.rule
    match outcome.miss:
        case Miss.INACTIVE:
            return "Switched off"
        case Miss.OTHER_EVENT_TYPE:
            return f"Only for {event(rule.event_type)}"
        case Miss.CONDITIONS | Miss.FIT:
            return (
                _unmet(outcome.unmet) if outcome.unmet else "Its conditions don't hold"
            )
        case Miss.CAP:
            return f"Its limit was reached: {cap(rule.cap)}" if rule.cap else ""
        case Miss.KIND_LIMIT:
            return "The limit of its kind was reached"
        case Miss.SCORE_LIMIT:
            if rule.points < 0:
                return "A score does not go below 0"
            return "A score does not go above 10,000"
        case Miss.LAPSED:
            return "All that it gave has lapsed"
        case None:
            return ""


def _unmet(unmet: Unmet | None) -> str:
    if unmet is None:
        return "What it asks for does not hold"
    condition = unmet.condition
    told = f"Asks that {_condition(condition)}"
    if condition.operator is Operator.EXISTS:
        return told
    return f"{told}; it is {_found(unmet.found)}"


def _found(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, str | int | float):
        return _value(value)
    return _short(json.dumps(value, ensure_ascii=False))


def _condition(condition: Condition) -> str:
    named = _field(condition.field)
    if condition.operator is Operator.EXISTS and condition.value is False:
        return f"{named} is not set"
    told = f"{named} {OPERATORS[condition.operator]}"
    if condition.operator is Operator.EXISTS or condition.value is None:
        return told
    return f"{told} {_value(condition.value)}"


def _field(path: str) -> str:
    if path.startswith(LEAD):
        return f"the lead's {path.removeprefix(LEAD)}"
    return _short(path.removeprefix(PROPERTIES))


def _value(value: Scalar | tuple[Scalar, ...]) -> str:
    if not isinstance(value, tuple):
        return f"“{_short(value)}”" if isinstance(value, str) else _plain(value)
    shown = [_value(each) for each in value[:MOST_VALUES]]
    if len(value) > MOST_VALUES:
        shown.append(f"{len(value) - MOST_VALUES} more")
    return _listed(shown, "or")


def _plain(value: float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:,}".replace("-", words.MINUS)


def _short(text: str, longest: int = LONGEST_TEXT) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _listed(parts: Iterable[str], last: str) -> str:
    *most, final = parts
    return f"{', '.join(most)} {last} {final}" if most else final


def _rule(rule: Rule) -> str:
    target = f" for {event(rule.event_type)}" if rule.event_type else ""
    more = filter(None, (limits(rule), "" if rule.active else "switched off"))
    when = asked(rule)
    told = f"“{rule.name}”: {words.signed(rule.points)}{target}"
    return ", ".join((f"{told} {when}" if when else told, *more))


def _changed(change: ChangedRule) -> str:
    told = ", ".join(
        _difference(field.field, change.before, change.after) for field in change.fields
    )
    return f"“{change.before.name}”: {told}"


def _limit(change: FieldChange) -> str:
    group, _, name = change.field.partition(".")
    if group == "thresholds":
        return (
            f"{name.capitalize()} begins at {words.number(change.after)} "
            f"instead of {words.number(change.before)}"
        )
    kind = _KINDS[RuleKind(name)]
    if change.after is None:
        return f"{kind} give without a limit"
    told = f"{kind} give at most {words.count(change.after, 'point')}"
    if change.before is None:
        return told
    return f"{told} instead of {words.number(change.before)}"


def _difference(field: str, before: Rule, after: Rule) -> str:
    match field:
        case "active":
            return "switched on" if after.active else "switched off"
        case "points":
            return (
                f"{words.signed(before.points)} → {words.signed(after.points)} points"
            )
        case "name":
            return f"called “{after.name}”"
        case "event_type":
            return (
                f"for {event(after.event_type)} instead of {event(before.event_type)}"
            )
        case "conditions":
            return _replaced(asked(before), asked(after), "without conditions")
        case "cap":
            return _replaced(cap(before.cap), cap(after.cap), "without a cap")
        case "expires_after_days":
            return _replaced(
                expiry(before.expires_after_days),
                expiry(after.expires_after_days),
                "never lapse",
            )
        case _:
            return "another description"


def _replaced(before: str, after: str, none: str) -> str:
    if not after:
        return none
    return f"{after} instead of {before}" if before else after
