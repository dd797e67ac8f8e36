"""What the rules on the page would do with an event, or with all that a lead did."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import reflex as rx
from pydantic import TypeAdapter, ValidationError

from leadpulse_app import database
from leadpulse_app.domain.conditions import Fields
from leadpulse_app.domain.errors import InvalidInputError, NotFoundError
from leadpulse_app.domain.properties import (
    Json,
    find_unstorable_text,
    sanitise_properties,
)
from leadpulse_app.domain.ruleset import ANY_EVENT, EVENT_TYPE_RULE, EventType
from leadpulse_app.domain.simulation import Miss, RuleOutcome, Simulation, simulate
from leadpulse_app.domain.traits import MAXIMUM_TRAIT_LENGTH
from leadpulse_app.services.leads import (
    LeadFilter,
    LeadSummary,
    get_lead,
    list_leads,
)
from leadpulse_app.services.rulesets import (
    active_ruleset,
    example_inputs,
    get_draft,
    read_lead_inputs,
    tried_ruleset,
)
from leadpulse_app.state import rule_words, words
from leadpulse_app.state.given import read_query, require_uuid
from leadpulse_app.state.guard import current_actor

MAXIMUM_PASTED = 32_768
"""Characters of an event that is pasted: what ingest takes."""

LEADS_FOUND = 5
"""Leads that are offered for a search."""

TIMES = "\N{MULTIPLICATION SIGN}"

_EVENT_TYPE: TypeAdapter[str] = TypeAdapter(EventType)


class TriedEvent(NamedTuple):
    """An event that did not happen, and what its lead is known as."""

    type: str
    properties: Mapping[str, Json]
    fields: Fields


@dataclass(frozen=True)
class OutcomeRow:
    """What a rule would do."""

    id: str
    name: str
    points: str
    note: str
    """How often it fires where that is more than once, or why it does not."""


@dataclass(frozen=True)
class FoundLead:
    """A lead that can be tried."""

    id: str
    name: str
    contact: str


class SimulatorState(rx.State):
    """What the simulator shows."""

    tried: str = ""
    """What is tried, in words: a type of event, or the name of a lead."""
    chosen_type: str = ""
    """The type of event that is chosen from the list; empty for none."""
    problem: str = ""
    total: str = ""
    """What the rules give: a change for an event, a score for a lead."""
    events: str = ""
    """How many events the lead has; empty for an event."""
    stage: str = ""
    """The stage of that score; empty for an event."""
    firing: list[OutcomeRow] = []
    resting: list[OutcomeRow] = []

    found: list[FoundLead] = []
    found_nothing: bool = False

    _subject: TriedEvent | UUID | None = None

    @rx.event
    async def try_type(self, event_type: str) -> None:
        """Try an event of this type, without properties."""
        try:
            subject = TriedEvent(_event_type(event_type), {}, Fields())
        except InvalidInputError:
            subject = None
        await self._try(subject)
        self.chosen_type = subject.type if subject else ""

    @rx.event
    async def try_event(self, form: dict[str, object]) -> None:
        """Try an event that was pasted."""
        entered = form if isinstance(form, dict) else {}
        try:
            await self._try(_pasted(entered))
        except InvalidInputError as error:
            await self._try(None)
            self.problem = f"{error.message}."

    @rx.event
    async def search(self, query: str) -> None:
        """Offer the leads whose name, email or company contains this."""
        found = await find_leads(query)
        self.found, self.found_nothing = found or [], found == []

    @rx.event
    async def try_lead(self, lead_id: str) -> None:
        """Try all that a lead did."""
        await self._try(require_uuid(lead_id, "lead"))

    async def _try(self, subject: TriedEvent | UUID | None) -> None:
        self._subject = subject
        self.chosen_type = self.problem = ""
        await self._show()

    async def _show_again(self) -> None:
        """Try the same again, as the rules may be others by now."""
        try:
            await self._show()
        except NotFoundError:
            await self._try(None)

    async def _show(self) -> None:
        self.tried = self.events = self.total = self.stage = ""
        self.firing, self.resting = [], []
        if self._subject is None:
            return
        name, result = await _simulate(self._subject)
        self.tried = name
        if isinstance(self._subject, UUID):
            self.events = words.count(result.events, "event")
            self.total, self.stage = words.number(result.score), result.stage
        else:
            self.total = words.signed(result.points)
        self.firing = [_outcome(each) for each in result.outcomes if each.fires]
        resting = [each for each in result.outcomes if not each.fires]
        # Those for other events say the least, and are most of them.
        resting.sort(key=lambda each: each.miss is Miss.OTHER_EVENT_TYPE)
        self.resting = [_outcome(each) for each in resting]


async def find_leads(query: object) -> list[FoundLead] | None:
    """Return a few leads whose name, email or company contains this.

    Args:
        query: What is searched for, as any client can send it.

    Returns:
        The leads, or None where nothing is searched for.
    """
    wanted = read_query(query)
    if not wanted:
        return None
    actor, now = current_actor(), datetime.now(UTC)
    async with database.transaction(actor.project_id) as session:
        page = await list_leads(
            session, actor, now=now, limit=LEADS_FOUND, wanted=LeadFilter(query=wanted)
        )
    return [_found(lead) for lead in page.leads]


async def _simulate(subject: TriedEvent | UUID) -> tuple[str, Simulation]:
    """Return what is tried, by its name, and what the rules make of it."""
    actor, now = current_actor(), datetime.now(UTC)
    async with database.transaction(actor.project_id) as session:
        active = await active_ruleset(session, actor)
        draft = await get_draft(session, actor)
        ruleset = tried_ruleset(actor, active, (draft or active).content)
        if isinstance(subject, UUID):
            lead = await get_lead(session, actor, subject, now=now)
            name = words.lead_name(lead)
            inputs = await read_lead_inputs(session, actor, subject, ruleset)
        else:
            name = subject.type
            inputs = example_inputs(ruleset, *subject, now=now)
    # In a thread: many rules on many events take seconds, and the page is not alone.
    return name, await asyncio.to_thread(simulate, ruleset, inputs, until=now)


def _outcome(outcome: RuleOutcome) -> OutcomeRow:
    often = f"{words.number(outcome.times)} {TIMES}" if outcome.times > 1 else ""
    return OutcomeRow(
        id=str(outcome.rule.id),
        name=outcome.rule.name,
        points=words.signed(outcome.points),
        note=often if outcome.fires else rule_words.miss(outcome),
    )


def _found(lead: LeadSummary) -> FoundLead:
    return FoundLead(str(lead.id), words.lead_name(lead), words.contact(lead))


def _event_type(text: object) -> str:
    """Return a type of event that ingest takes.

    Raises:
        InvalidInputError: It is none.
    """
    try:
        event_type = _EVENT_TYPE.validate_python(text)
    except ValidationError:
        raise InvalidInputError(EVENT_TYPE_RULE) from None
    if event_type == ANY_EVENT:
        raise InvalidInputError(EVENT_TYPE_RULE)
    return event_type


def _pasted(entered: Mapping[str, object]) -> TriedEvent:
    """Return an event that was pasted as JSON, with what its lead is known as.

    Raises:
        InvalidInputError: It is no event.
    """
    text = entered.get("event")
    if not isinstance(text, str) or len(text) > MAXIMUM_PASTED:
        raise InvalidInputError("The event is too long")
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInputError("This is not JSON") from None
    if not isinstance(event, dict) or "event" not in event:
        raise InvalidInputError('The event has to be an object with an "event"')
    properties = event.get("properties", {})
    if not isinstance(properties, dict):
        raise InvalidInputError('The "properties" have to be an object')
    if find_unstorable_text(properties) is not None:
        raise InvalidInputError("A property holds a character that can't be stored")
    return TriedEvent(
        _event_type(event["event"]),
        sanitise_properties(properties),
        Fields(**{name: trait(entered.get(f"lead_{name}")) for name in Fields._fields}),
    )


def trait(text: object) -> str | None:
    """Return what was entered of a person, as long as is kept; None for nothing."""
    if not isinstance(text, str):
        return None
    return text.strip()[:MAXIMUM_TRAIT_LENGTH].rstrip() or None
