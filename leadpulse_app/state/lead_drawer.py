"""One lead of the list in short, in a drawer beside it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.explanation import Explanation, explain_score
from leadpulse_app.services.leads import LeadSummary, get_lead
from leadpulse_app.services.timeline import TimelinePage, list_timeline
from leadpulse_app.state import words
from leadpulse_app.state.guard import current_actor
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


class LeadDrawerState(rx.State):
    """What the drawer shows."""

    is_open: bool = False
    lead: ShownLead = ShownLead()

    _lead_id: str = ""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Open the drawer for the lead that the page's address names, if it does."""
        return await self._open(self.router.url.query_parameters.get("lead", ""))

    @rx.event
    async def open(self, lead_id: str) -> EventSpec | None:
        """Open the drawer for a lead of the list."""
        return await self._open(lead_id)

    @rx.event
    async def refresh(self) -> None:
        """Show the lead as it is now, while the drawer is open."""
        if self.is_open:
            await self._open(self._lead_id)

    @rx.event
    def toggle(self, is_open: bool) -> EventSpec | None:
        """Close the drawer; only a lead opens it."""
        if is_open is not False:
            return None
        self.is_open = False
        return _keep("")

    async def _open(self, lead_id: object) -> EventSpec | None:
        found = _id(lead_id)
        if found is None:
            self.is_open = False
            return None
        try:
            lead = await _read(current_actor(), found, datetime.now(UTC))
        except NotFoundError:
            self.is_open = False
            return _keep("")
        if lead != self.lead:
            self.lead = lead
        self.is_open = True
        self._lead_id = str(found)
        return _keep(str(found))


def _keep(lead_id: str) -> EventSpec:
    """Put the open lead into the address, without loading the page anew."""
    return rx.call_script(f"window.leadpulseRows?.keep('{lead_id}')")


def _id(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) and len(text) == 36 else None
    except ValueError:
        return None


async def _read(actor: Actor, lead_id: UUID, now: datetime) -> ShownLead:
    async with database.transaction(actor.project_id) as session:
        lead = await get_lead(session, actor, lead_id, now=now)
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
