"""A lead as a line of the list, every column in the words it is shown in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    changed: str
    """Odd or even, alternating, each time the lead came in or its score changed."""


def lead_row(
    lead: LeadSummary,
    before: Mapping[str, LeadRow] | None,
    *,
    now: datetime,
    time_zone: str,
) -> LeadRow:
    """Return the line of a lead.

    Args:
        lead: What is shown.
        before: The lines shown so far, by lead; None where there was no list.
        now: The moment of reading.
        time_zone: The project's, as an IANA name.
    """
    row = LeadRow(
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
        changed="",
    )
    return row if before is None else replace(row, changed=_changed(row, before))


def _changed(row: LeadRow, before: Mapping[str, LeadRow]) -> str:
    old = before.get(row.id)
    if old is None:
        return "odd"
    if old.score == row.score:
        return old.changed
    return "even" if old.changed == "odd" else "odd"
