"""The tables."""

from leadpulse_app.models.account import (
    ApiKey,
    Membership,
    Project,
    Role,
    Session,
    User,
)
from leadpulse_app.models.event import Event, FailedJob, Pending, SetAside
from leadpulse_app.models.lead import Lead, LeadAlias
from leadpulse_app.models.ledger import Reason, RulesetVersion, ScoreEntry

__all__ = [
    "ApiKey",
    "Event",
    "FailedJob",
    "Lead",
    "LeadAlias",
    "Membership",
    "Pending",
    "Project",
    "Reason",
    "Role",
    "RulesetVersion",
    "ScoreEntry",
    "Session",
    "SetAside",
    "User",
]
