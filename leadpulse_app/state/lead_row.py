"""A lead as a line of the list, every column in the words it is shown in."""

from dataclasses import dataclass
from datetime import datetime

from leadpulse_app.services.leads import LeadSummary
from leadpulse_app.state import words
from leadpulse_app.state.lead_address import LEADS_PATH
from leadpulse_app.state.moments import Moment, moment_of, zone_of

TAGS_SHOWN = 2
"""More don't fit beside a name."""


@dataclass(frozen=True)
class LeadRow:
    """A lead as a line of the list."""

    id: str
    href: str
    name: str
    company: str
    score: str
    score_percent: int
    stage: str
    velocity: str
    last_seen: Moment
    next_action: str
    owner: str
    tags: tuple[str, ...]
    more_tags: str
    """How many tags are not shown; empty where all are."""
    changed: str = ""
    """Odd or even, alternating, each time the lead came in or its score changed; the
    browser says so."""


def lead_row(lead: LeadSummary, *, now: datetime, time_zone: str) -> LeadRow:
    """Return the line of a lead.

    Args:
        lead: What is shown.
        now: The moment of reading.
        time_zone: The project's, as an IANA name.
    """
    return LeadRow(
        id=str(lead.id),
        href=f"{LEADS_PATH}/{lead.id}",
        name=words.lead_name(lead),
        company=lead.company or words.NOTHING,
        score=words.number(lead.score),
        score_percent=words.percent(lead.score, words.FULL_BAR_SCORE),
        stage=lead.stage,
        velocity=words.number(lead.velocity),
        last_seen=moment_of(lead.last_event_at, now=now, zone=zone_of(time_zone)),
        next_action=words.action(lead.next_action),
        owner=lead.owner_name or words.NOTHING,
        tags=lead.tags[:TAGS_SHOWN],
        more_tags=f"+{more}" if (more := len(lead.tags) - TAGS_SHOWN) > 0 else "",
    )
