"""The tables."""

from leadpulse_app.models.account import (
    ApiKey,
    Membership,
    Project,
    Role,
    Session,
    User,
)
from leadpulse_app.models.event import (
    Event,
    FailedJob,
    Pending,
    PendingLink,
    QuarantinedEvent,
    RejectedEvent,
    RejectionCount,
    SetAside,
)
from leadpulse_app.models.lead import Lead, LeadAlias, LeadMerge
from leadpulse_app.models.ledger import (
    Reason,
    RulesetDraft,
    RulesetVersion,
    ScoreEntry,
)

__all__ = [
    "ApiKey",
    "Event",
    "FailedJob",
    "Lead",
    "LeadAlias",
    "LeadMerge",
    "Membership",
    "Pending",
    "PendingLink",
    "Project",
    "QuarantinedEvent",
    "Reason",
    "RejectedEvent",
    "RejectionCount",
    "Role",
    "RulesetDraft",
    "RulesetVersion",
    "ScoreEntry",
    "Session",
    "SetAside",
    "User",
]
