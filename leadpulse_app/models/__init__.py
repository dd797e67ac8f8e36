"""The tables."""

from leadpulse_app.domain.reason import Reason
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
from leadpulse_app.models.lead import Lead, LeadAlias, LeadMerge, NextExpiry
from leadpulse_app.models.ledger import (
    PendingPreview,
    PendingRescore,
    Preview,
    Rescore,
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
    "NextExpiry",
    "Pending",
    "PendingLink",
    "PendingPreview",
    "PendingRescore",
    "Preview",
    "Project",
    "QuarantinedEvent",
    "Reason",
    "RejectedEvent",
    "RejectionCount",
    "Rescore",
    "Role",
    "RulesetDraft",
    "RulesetVersion",
    "ScoreEntry",
    "Session",
    "SetAside",
    "User",
]
