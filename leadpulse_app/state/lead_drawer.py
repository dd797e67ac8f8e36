"""One lead of the list in short, in a drawer beside it."""

from dataclasses import dataclass
from datetime import datetime

from leadpulse_app import database
from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.explanation import Explanation, explain_score
from leadpulse_app.services.leads import LeadSummary, get_lead
from leadpulse_app.services.timeline import TimelinePage, list_timeline
from leadpulse_app.state import words
from leadpulse_app.state.given import read_uuid
from leadpulse_app.state.lead_address import LEADS_PATH
from leadpulse_app.state.moments import NEVER, Moment, moment_of, zone_of

RULES_SHOWN = 8
EVENTS_SHOWN = 8


@dataclass(frozen=True)
class RuleLine:
    """What a rule, or what people, gave to the score."""

    id: str
    name: str
    times: str
    delta: str


@dataclass(frozen=True)
class EventLine:
    """Something that the lead did."""

    id: str
    type: str
    page: str
    points: str
    occurred: Moment


@dataclass(frozen=True)
class ShownLead:
    """The lead as the drawer shows it."""

    name: str = ""
    contact: str = ""
    href: str = LEADS_PATH
    score: str = ""
    score_percent: int = 0
    stage: str = ""
    velocity: str = ""
    risk: str = ""
    next_action: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    last_seen: Moment = NEVER
    rules: tuple[RuleLine, ...] = ()
    more_rules: str = ""
    events: tuple[EventLine, ...] = ()


async def read_drawn_lead(
    actor: Actor, lead_id: str, now: datetime
) -> ShownLead | None:
    """Return a lead as the drawer shows it; None where the project has no such lead."""
    found = read_uuid(lead_id)
    if found is None:
        return None
    async with database.transaction(actor.project_id) as session:
        try:
            lead = await get_lead(session, actor, found, now=now)
        except NotFoundError:
            return None
        explained = await explain_score(session, actor, lead.id, now=now, limit=1)
        timeline = await list_timeline(session, actor, lead.id, limit=EVENTS_SHOWN)
    return _shown(lead, explained, timeline, now=now, time_zone=actor.time_zone)


def _shown(
    lead: LeadSummary,
    explained: Explanation,
    timeline: TimelinePage,
    *,
    now: datetime,
    time_zone: str,
) -> ShownLead:
    zone = zone_of(time_zone)
    rules = _rules(explained)
    more = len(rules) - RULES_SHOWN
    events = [event for visit in timeline.sessions for event in visit.events]
    return ShownLead(
        name=words.lead_name(lead),
        contact=words.contact(lead),
        href=f"{LEADS_PATH}/{lead.id}",
        score=words.number(lead.score),
        score_percent=words.percent(lead.score, words.FULL_BAR_SCORE),
        stage=lead.stage,
        velocity=words.number(lead.velocity),
        risk=words.risk(lead.risk),
        next_action=words.action(lead.next_action),
        owner=lead.owner_name or words.NOTHING,
        tags=lead.tags,
        last_seen=moment_of(lead.last_event_at, now=now, zone=zone),
        rules=rules[:RULES_SHOWN],
        more_rules=f"And {words.count(more, 'more rule')}." if more > 0 else "",
        events=tuple(
            EventLine(
                id=str(number),
                type=event.type,
                page=event.page or "",
                points="" if event.points is None else words.signed(event.points),
                occurred=moment_of(event.occurred_at, now=now, zone=zone),
            )
            for number, event in enumerate(events[:EVENTS_SHOWN])
        ),
    )


def _rules(explained: Explanation) -> tuple[RuleLine, ...]:
    given = [
        (str(share.rule_id), share.rule_name or words.NOTHING, share)
        for share in explained.rules
    ]
    people = explained.adjustments
    if people.times:
        given.append(("people", "Adjustments", people))
    return tuple(
        RuleLine(
            id=rule_id,
            name=name,
            times=words.times(share.times),
            delta=words.signed(share.delta),
        )
        for rule_id, name, share in sorted(given, key=lambda each: -each[2].delta)
    )
