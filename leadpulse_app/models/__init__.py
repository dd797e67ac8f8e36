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
from leadpulse_app.models.annotation import LeadNote, LeadTag
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
from leadpulse_app.models.lead import (
    ErasedLead,
    Lead,
    LeadAlias,
    LeadMerge,
    LeadToken,
    NextExpiry,
)
from leadpulse_app.models.ledger import (
    PendingPreview,
    PendingRescore,
    Preview,
    Rescore,
    RulesetDraft,
    RulesetVersion,
    ScoreEntry,
    StageChange,
)

__all__ = [
    "ApiKey",
    "ErasedLead",
    "Event",
    "FailedJob",
    "Lead",
    "LeadAlias",
    "LeadMerge",
    "LeadNote",
    "LeadTag",
    "LeadToken",
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
    "StageChange",
    "User",
]
