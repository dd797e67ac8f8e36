"""Identity: which leads are one person, decided by names or by a person."""

from leadpulse_app.services.identity.linking import LinkingResult, link_pending
from leadpulse_app.services.identity.listing import (
    Identities,
    KnownAlias,
    StandingMerge,
    list_identities,
)
from leadpulse_app.services.identity.merging import unmerge

__all__ = [
    "Identities",
    "KnownAlias",
    "LinkingResult",
    "StandingMerge",
    "link_pending",
    "list_identities",
    "unmerge",
]
