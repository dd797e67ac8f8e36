"""Domain values as people read them: numbers, actions, risks, names of leads."""

from leadpulse_app.domain.identity import AliasKind
from leadpulse_app.domain.intelligence import NextAction, Risk
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

_CAUSES = {
    Reason.REFOLDED: "Corrected after an earlier event arrived late.",
    Reason.MERGED: "Came with a lead that turned out to be the same person.",
    Reason.UNMERGED: "Corrected when a merge was taken back.",
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


def signed(value: int) -> str:
    """Return a change with its sign."""
    return f"+{value:,}" if value > 0 else number(value)


def percent(part: int, whole: int) -> int:
    """Return a share in whole percent, 0..100; of nothing it is 0."""
    return min(100, round(100 * part / whole)) if whole else 0


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


def contact(lead: LeadSummary) -> str:
    """Return what else is known of who a lead is, apart from its name."""
    known = (lead.email, lead.company, lead.user_id or lead.anonymous_id)
    return " · ".join(part for part in known if part and part != lead_name(lead))


def explanation(entry: HistoryEntry) -> str:
    """Return in words what the numbers of a ledger entry don't say by themselves."""
    if (cause := _CAUSES.get(entry.reason)) is not None:
        return cause
    if entry.rule_id is None:
        return "No rule gives points for this event."
    if entry.delta != entry.points:
        edge = "0" if entry.points < 0 else "10,000"
        return (
            f"{signed(entry.delta)} of {signed(entry.points)}: "
            f"a score does not pass {edge}."
        )
    return ""
