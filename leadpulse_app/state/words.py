"""Domain values as people read them: numbers, actions, risks, names of leads."""

from datetime import timedelta

from leadpulse_app.domain.identity import AliasKind
from leadpulse_app.domain.intelligence import NextAction, Risk
from leadpulse_app.domain.reason import CORRECTIONS
from leadpulse_app.domain.reserved import ADJUST, FIELDS, IMPORT
from leadpulse_app.domain.ruleset import Period, Rule
from leadpulse_app.domain.stage import Stage
from leadpulse_app.models import Reason
from leadpulse_app.services.history import HistoryEntry
from leadpulse_app.services.leads import LeadSummary

FULL_BAR_SCORE = 100
"""The score, in points, that fills a score bar; more stays full."""

NOTHING = "-"

MINUS = "\N{MINUS SIGN}"

_ACTIONS = {
    NextAction.IMMEDIATE_SALES_CONTACT: "Contact now",
    NextAction.SCHEDULE_DEMO: "Schedule a demo",
    NextAction.NURTURE_CAMPAIGN: "Nurture",
    NextAction.RE_ENGAGEMENT_REQUIRED: "Re-engage",
    NextAction.MONITOR: "Watch",
}

_RISKS = {Risk.LOW: "Low", Risk.MEDIUM: "Medium", Risk.HIGH: "High"}

_ALIAS_KINDS = {
    AliasKind.USER: "User id",
    AliasKind.ANONYMOUS: "Browser",
    AliasKind.EMAIL: "Email",
}

_STAGES = {
    Stage.COLD: "Cold",
    Stage.WARM: "Warm",
    Stage.HOT: "Hot",
    Stage.QUALIFIED: "Qualified",
}

_CAUSES = {
    Reason.FIT_GAINED: "Matches what the lead is known as",
    Reason.FIT_LOST: "No longer matches what the lead is known as",
    Reason.REFOLDED: "Corrected after an earlier event arrived late",
    Reason.MERGED: "Came with a lead that turned out to be the same person",
    Reason.UNMERGED: "Corrected when a merge was taken back",
}

_RESERVED = {ADJUST: "Adjustment", FIELDS: "Details changed", IMPORT: "Imported"}

_CAPS = {
    Period.DAY: "daily cap reached",
    Period.WEEK: "weekly cap reached",
    Period.EVER: "cap reached",
}

_REFUSALS = {
    "invalid_event": "Invalid event",
    "unknown_type": "Unknown kind of call",
    "too_large": "Too large",
    "invalid_signature": "Wrong signature",
}


def number(value: int) -> str:
    """Return a number with its thousands apart, a true minus where it is below 0."""
    return f"{value:,}".replace("-", MINUS)


def count(things: int, name: str) -> str:
    """Return how many things there are, by their name in the singular."""
    return f"{number(things)} {name}" if things == 1 else f"{number(things)} {name}s"


def times(number_of_times: int) -> str:
    """Return how often something happened."""
    return f"{number(number_of_times)} \N{MULTIPLICATION SIGN}"


def signed(value: int) -> str:
    """Return a change with its sign."""
    return f"+{value:,}" if value > 0 else number(value)


def percent(part: int, whole: int) -> int:
    """Return a share in whole percent, 0..100; of nothing it is 0."""
    return min(100, round(100 * part / whole)) if whole else 0


def duration(time: timedelta) -> str:
    """Return how long something took, in the unit that reads best."""
    seconds = time.total_seconds()
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            amount = seconds / length
            return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:,.0f} {unit}"
    return f"{seconds:.0f} s"


def action(next_action: NextAction) -> str:
    """Return what to do next."""
    return _ACTIONS[next_action]


def risk(value: Risk) -> str:
    """Return how likely the lead is lost."""
    return _RISKS[value]


def refusal(code: str) -> str:
    """Return why an event was refused, by the code of its rejection."""
    return _REFUSALS.get(code, code.replace("_", " ").capitalize())


def alias_kind(kind: AliasKind) -> str:
    """Return what sort of name it is; an anonymous id is that of a browser."""
    return _ALIAS_KINDS[kind]


def lead_name(lead: LeadSummary) -> str:
    """Return what a lead is called: the best name there is."""
    return lead.name or lead.email or lead.user_id or lead.anonymous_id or str(lead.id)


def initials(name: str) -> str:
    """Return what stands for a person where there is room for two letters."""
    return "".join(word[0].upper() for word in name.split()[:2])


def contact(lead: LeadSummary) -> str:
    """Return what else is known of who a lead is, apart from its name."""
    known = (lead.email, lead.company, lead.user_id or lead.anonymous_id)
    return " · ".join(part for part in known if part and part != lead_name(lead))


def stage(value: Stage) -> str:
    """Return the name of a stage."""
    return _STAGES[value]


def happening(event_type: str) -> str:
    """Return what happened, by its type: an event, or what a person did to a lead."""
    return _RESERVED.get(event_type, event_type)


def explanation(entry: HistoryEntry) -> str:
    """Return in words what the numbers of a ledger entry don't say by themselves."""
    return " · ".join(filter(None, (_said(entry), _withheld(entry), _cause(entry))))


def _said(entry: HistoryEntry) -> str:
    if entry.note is None:
        return ""
    return f"{entry.adjusted_by}: {entry.note}"


def _withheld(entry: HistoryEntry) -> str:
    if entry.delta == entry.points or entry.reason in CORRECTIONS:
        return ""
    sign = MINUS if entry.points < 0 else "+"
    return f"{sign}{abs(entry.delta):,} of {abs(entry.points):,}"


def _cause(entry: HistoryEntry) -> str:
    match entry.reason:
        case Reason.EXPIRED:
            return f"Lapsed{_after(entry.rule)}"
        case Reason.CAPPED:
            cap = entry.rule.cap if entry.rule else None
            return _CAPS[cap.per] if cap else "no more points of this kind"
        case Reason.RESCORED:
            return f"Rescored by version {entry.ruleset_version} of the rules"
        case Reason.CLAMPED | Reason.MANUAL if entry.delta != entry.points:
            return f"a score does not pass {'0' if entry.points < 0 else '10,000'}"
        case Reason.SCORED if (
            entry.rule_id is None and entry.event_type not in _RESERVED
        ):
            return "No rule gives points for this event"
        case reason:
            return _CAUSES.get(reason, "")


def _after(rule: Rule | None) -> str:
    if rule is None or rule.expires_after_days is None:
        return ""
    return f" after {count(rule.expires_after_days, 'day')}"
