"""One lead: the judgement of it, its ledger, and what it is known by."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, tzinfo
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app import database
from leadpulse_app.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    UnavailableError,
)
from leadpulse_app.models import Role
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.history import HistoryEntry, HistoryPage, list_history
from leadpulse_app.services.identity import Identities, list_identities, unmerge
from leadpulse_app.services.leads import LeadSummary, get_lead
from leadpulse_app.services.live import publish_changes
from leadpulse_app.state import words
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.leads import LEADS_PATH
from leadpulse_app.state.moments import NEVER, Moment, moment_of, zone_of
from leadpulse_app.state.pages import LivePage, Status

PAGE_SIZE = 50


@dataclass(frozen=True)
class LedgerRow:
    """A line of the ledger."""

    id: str
    event_type: str
    rule: str
    points: str
    delta: str
    old_score: str
    new_score: str
    explanation: str
    version: str
    occurred: Moment


@dataclass(frozen=True)
class NameRow:
    """A name that the lead is known by."""

    id: str
    kind: str
    value: str
    since: Moment


@dataclass(frozen=True)
class MergeRow:
    """Two names that turned out to be of one person."""

    id: str
    name: str
    merged: Moment


@dataclass(frozen=True)
class _Content:
    lead: LeadSummary
    history: HistoryPage
    identities: Identities
    may_unmerge: bool
    first_page: bool
    now: datetime
    time_zone: str


class LeadState(LivePage, rx.State):
    """What the page of a lead shows."""

    lead_id: str = ""
    name: str = ""
    contact: str = ""
    score: str = ""
    stage: str = ""
    velocity: str = ""
    risk: str = ""
    next_action: str = ""
    recent_events: str = ""
    added: Moment = NEVER
    last_seen: Moment = NEVER
    ledger: list[LedgerRow] = []
    newest_href: str = ""
    older_href: str = ""
    names: list[NameRow] = []
    merges: list[MergeRow] = []
    names_left_out: str = ""
    """How many names, or merges, are not listed; empty where all are."""
    merges_left_out: str = ""
    may_unmerge: bool = False

    @rx.var
    def title(self) -> str:
        """What the page is called: its lead's name, once that is known."""
        if self.status == Status.MISSING:
            return "Not found"
        return self.name or "Lead"

    def _open(self) -> None:
        if self.lead_id != self._addressed_id():
            self.reset()
            self.lead_id = self._addressed_id()
        super()._open()

    def _addressed_id(self) -> str:
        return self.router.url.path.rstrip("/").rpartition("/")[2]

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        lead_id = _uuid(self._addressed_id())
        cursor = self.router.url.query_parameters.get("before")
        async with database.transaction(actor.project_id) as session:
            return _Content(
                lead=await get_lead(session, actor, lead_id, now=now),
                history=await _history(session, actor, lead_id, cursor),
                identities=await list_identities(session, actor, lead_id),
                may_unmerge=actor.role is Role.ADMIN,
                first_page=cursor is None,
                now=now,
                time_zone=actor.time_zone,
            )

    def _show(self, content: _Content) -> None:
        lead, zone = content.lead, zone_of(content.time_zone)
        href = f"{LEADS_PATH}/{lead.id}"
        self.name = words.lead_name(lead)
        self.contact = words.contact(lead)
        self.score = words.number(lead.score)
        self.stage = lead.stage
        self.velocity = words.number(lead.velocity)
        self.risk = words.risk(lead.risk)
        self.next_action = words.action(lead.next_action)
        self.recent_events = words.number(lead.events_last_24h)
        self.added = moment_of(lead.created_at, now=content.now, zone=zone)
        self.last_seen = moment_of(lead.last_event_at, now=content.now, zone=zone)
        self.ledger = [
            _ledger_row(entry, content.now, zone) for entry in content.history.entries
        ]
        older = content.history.next_cursor
        self.older_href = f"{href}?{urlencode({'before': older})}" if older else ""
        self.newest_href = "" if content.first_page else href
        self.names = [
            NameRow(
                id=f"{alias.kind} {alias.value}",
                kind=words.alias_kind(alias.kind),
                value=alias.value,
                since=moment_of(alias.since, now=content.now, zone=zone),
            )
            for alias in content.identities.aliases
        ]
        first_names = {
            alias.lead_id: alias.value for alias in reversed(content.identities.aliases)
        }
        self.merges = [
            MergeRow(
                id=str(merge.id),
                name=" and ".join(
                    first_names.get(lead_id, str(lead_id))
                    for lead_id in (merge.lead_id, merge.other_id)
                ),
                merged=moment_of(merge.merged_at, now=content.now, zone=zone),
            )
            for merge in content.identities.merges
        ]
        known = content.identities
        self.names_left_out = _left_out(
            known.aliases_total - len(known.aliases), "older name"
        )
        self.merges_left_out = _left_out(
            known.merges_total - len(known.merges), "older merge"
        )
        self.may_unmerge = content.may_unmerge

    @rx.event
    async def unmerge(self, merge_id: str) -> EventSpec:
        """Take a merge back; both leads are worth their own events again."""
        actor = current_actor()
        try:
            lead_id, merge = _uuid(self._addressed_id()), _uuid(str(merge_id))
            await database.run_scoped(
                actor.project_id,
                lambda connection: unmerge(
                    connection, actor, lead_id=lead_id, merge_id=merge
                ),
            )
        except (
            ConflictError,
            ForbiddenError,
            NotFoundError,
            UnavailableError,
        ) as error:
            return rx.toast.error(f"{error.message}.")
        await asyncio.to_thread(publish_changes, [actor.project_id])
        return rx.toast.success("They are two leads again, each with its own score.")


def _left_out(number: int, name: str) -> str:
    return f"And {words.count(number, name)}." if number > 0 else ""


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError("There is no such lead") from None


async def _history(
    session: AsyncSession, actor: Actor, lead_id: UUID, cursor: str | None
) -> HistoryPage:
    try:
        return await list_history(
            session, actor, lead_id, limit=PAGE_SIZE, cursor=cursor
        )
    except InvalidInputError:
        raise NotFoundError("There is no such page") from None


def _ledger_row(entry: HistoryEntry, now: datetime, zone: tzinfo) -> LedgerRow:
    return LedgerRow(
        id=str(entry.sequence),
        event_type=entry.event_type,
        rule=entry.rule_name or words.NOTHING,
        points=words.signed(entry.points) if entry.rule_id else words.NOTHING,
        delta=words.signed(entry.delta),
        old_score=words.number(entry.old_score),
        new_score=words.number(entry.new_score),
        explanation=words.explanation(entry),
        version=str(entry.ruleset_version),
        occurred=moment_of(entry.occurred_at, now=now, zone=zone),
    )
