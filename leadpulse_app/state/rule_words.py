"""What differs between rules, as people read it."""

from leadpulse_app.domain.ruleset import Rule
from leadpulse_app.domain.ruleset_diff import ChangedRule, FieldChange, RulesDiff
from leadpulse_app.domain.simulation import Miss, RuleOutcome
from leadpulse_app.state import words


def changes(diff: RulesDiff) -> list[str]:
    """Return a line for each rule that differs."""
    return [
        *(f"Added {_rule(added.rule)}" for added in diff.added),
        *(_changed(change) for change in diff.changed),
        *(f"Removed {_rule(rule)}" for rule in diff.removed),
    ]


def miss(outcome: RuleOutcome) -> str:
    """Return why a rule does not fire; nothing where it does."""
    match outcome.miss:
        case Miss.INACTIVE:
            return "Switched off"
        case Miss.OTHER_EVENT_TYPE:
            return f"Only for {outcome.rule.event_type}"
        case None:
            return ""


def _rule(rule: Rule) -> str:
    off = "" if rule.active else ", switched off"
    return f"“{rule.name}”: {words.signed(rule.points)} for {rule.event_type}{off}"


def _changed(change: ChangedRule) -> str:
    told = ", ".join(_field(field) for field in change.fields)
    return f"“{change.before.name}”: {told}"


def _field(change: FieldChange) -> str:
    match change.field:
        case "active":
            return "switched on" if change.after else "switched off"
        case "points":
            before, after = int(change.before), int(change.after)
            return f"{words.signed(before)} → {words.signed(after)} points"
        case "name":
            return f"called “{change.after}”"
        case "event_type":
            return f"for {change.after} instead of {change.before}"
        case _:
            return "another description"
