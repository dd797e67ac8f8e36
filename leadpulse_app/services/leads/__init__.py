"""Leads as people look at them: the board, one lead, and all of them for export."""

from leadpulse_app.domain.lead_filter import (
    MAXIMUM_QUERY_LENGTH,
    LeadFilter,
    LeadSort,
)
from leadpulse_app.services.leads.export import LeadRecord, stream_leads
from leadpulse_app.services.leads.listing import (
    MAXIMUM_PAGE,
    MAXIMUM_SKIP,
    LeadPage,
    list_leads,
)
from leadpulse_app.services.leads.stages import count_by_stage
from leadpulse_app.services.leads.summary import LeadSummary, find_root, get_lead

__all__ = [
    "MAXIMUM_PAGE",
    "MAXIMUM_QUERY_LENGTH",
    "MAXIMUM_SKIP",
    "LeadFilter",
    "LeadPage",
    "LeadRecord",
    "LeadSort",
    "LeadSummary",
    "count_by_stage",
    "find_root",
    "get_lead",
    "list_leads",
    "stream_leads",
]
