"""One lead: its score and why it is that, now or then, and what it is known by."""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app import database
from leadpulse_app.domain.adjustment import read_adjustment
from leadpulse_app.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    UnavailableError,
)
from leadpulse_app.domain.event import parse_time
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.outlook import NOTHING_AHEAD, Outlook
from leadpulse_app.domain.reason import CORRECTIONS
from leadpulse_app.domain.ruleset import RuleKind
from leadpulse_app.domain.stage import Stage
from leadpulse_app.models import Role
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.adjusting import adjust_score
from leadpulse_app.services.explanation import Explanation, RuleShare, explain_score
from leadpulse_app.services.history import HistoryEntry
from leadpulse_app.services.identity import Identities, list_identities, unmerge
from leadpulse_app.services.leads import LeadSummary, get_lead
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.outlook import read_outlook
from leadpulse_app.state import rule_words, words
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.leads import LEADS_PATH
from leadpulse_app.state.moments import (
    NEVER,
    Moment,
    ahead,
    exact_time,
    moment_of,
    zone_of,
)
from leadpulse_app.state.pages import LivePage, Status
from leadpulse_app.tasks import enqueue_scoring_hint

PAGE_SIZE = 50

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")

_LONGEST_TIME = 40
"""Characters of a moment in an address, or in the field for one."""


@dataclass(frozen=True)
class WhyRow:
    """What a rule, or what people gave, in one line."""

    id: str
    name: str
    note: str
    """Its limits, and what they and time took."""
    times: str
    delta: str


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
    explained: Explanation
    as_of: datetime | None
    """The moment that is explained; unknown for now."""
    as_of_problem: str
    outlook: Outlook
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
    outlook: str = ""
    """What becomes of the stage without further events; empty where nothing does."""
    why: list[WhyRow] = []
    as_of: str = ""
    """The earlier moment that is shown; empty for now."""
    as_of_value: str = ""
    """The same as the field for it takes it."""
    as_of_problem: str = ""
    zone: str = ""
    now_href: str = ""
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
    adjusting: bool = False
    """Whether the dialog for an adjustment is open."""
    problems: dict[str, str] = {}
    """What is wrong with what was entered there, by field."""

    _adjustment_id: UUID | None = None
    _seen: tuple[tuple[object, ...], Outlook] | None = None
    """What the outlook was worked out from, and the outlook."""

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
        self._close()
        super()._open()

    def _close(self) -> None:
        self.adjusting = False
        self.problems = {}

    def _addressed_id(self) -> str:
        return self.router.url.path.rstrip("/").rpartition("/")[2]

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        lead_id = _uuid(self._addressed_id())
        asked = self.router.url.query_parameters
        cursor = asked.get("before")
        at, problem = _moment(asked.get("at"))
        async with database.transaction(actor.project_id) as session:
            try:
                explained = await _explain(session, actor, lead_id, now, at, cursor)
            except InvalidInputError as error:
                at, problem = None, f"{error.message}."
                explained = await _explain(session, actor, lead_id, now, at, None)
            lead = await get_lead(session, actor, lead_id, now=now)
            identities = await list_identities(session, actor, lead_id)
        return _Content(
            lead=lead,
            explained=explained,
            as_of=at,
            as_of_problem=problem,
            outlook=await self._look_ahead(actor, explained, now),
            identities=identities,
            may_unmerge=actor.role is Role.ADMIN,
            first_page=cursor is None,
            now=now,
            time_zone=actor.time_zone,
        )

    async def _look_ahead(
        self, actor: Actor, explained: Explanation, now: datetime
    ) -> Outlook:
        if explained.lapses_at is None:
            return NOTHING_AHEAD
        if self._seen is not None and self._seen[0] == _basis(explained):
            return self._seen[1]
        return await database.run_scoped(
            actor.project_id,
            lambda connection: read_outlook(
                connection, actor, explained.lead_id, now=now
            ),
        )

    def _show(self, content: _Content) -> None:
        lead, zone = content.lead, zone_of(content.time_zone)
        explained = content.explained
        href = f"{LEADS_PATH}/{lead.id}"
        self.name = words.lead_name(lead)
        self.contact = words.contact(lead)
        self.score = words.number(explained.score)
        self.stage = explained.stage
        self.outlook = _outlook_text(content, zone)
        if content.as_of is None:
            self._seen = _basis(explained), content.outlook
        self.why = _why_rows(explained)
        self._show_moment(content, zone)
        self.now_href = href
        self.velocity = words.number(lead.velocity)
        self.risk = words.risk(lead.risk)
        self.next_action = words.action(lead.next_action)
        self.recent_events = words.number(lead.events_last_24h)
        self.added = moment_of(lead.created_at, now=content.now, zone=zone)
        self.last_seen = moment_of(lead.last_event_at, now=content.now, zone=zone)
        self.ledger = [
            _ledger_row(entry, content.now, zone) for entry in explained.history.entries
        ]
        older = explained.history.next_cursor
        then = {"at": content.as_of.isoformat()} if content.as_of else {}
        self.older_href = _address(href, {**then, "before": older}) if older else ""
        self.newest_href = "" if content.first_page else _address(href, then)
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

    def _show_moment(self, content: _Content, zone: tzinfo) -> None:
        at = content.as_of
        self.as_of = exact_time(at, zone) if at else ""
        self.as_of_value = f"{at.astimezone(zone):%Y-%m-%dT%H:%M:%S}" if at else ""
        self.as_of_problem = content.as_of_problem
        self.zone = content.time_zone

    @rx.event
    def show_moment(self, form: dict[str, object]) -> EventSpec | None:
        """Go to the address of the lead as of a moment in the project's time zone."""
        entered = form.get("at") if isinstance(form, dict) else None
        now = datetime.now(UTC)
        try:
            local = datetime.fromisoformat(str(entered)[:_LONGEST_TIME])
            zone = zone_of(current_actor().time_zone)
            second = local.replace(tzinfo=zone).astimezone(UTC)
            # What was recorded within the second that was chosen is part of it.
            at = min(second + timedelta(seconds=1, microseconds=-1), now)
        except (ValueError, OverflowError):
            self.as_of_problem = "Choose a day and a time."
            return None
        if second > now:
            self.as_of_problem = "The moment lies in the future."
            return None
        href = f"{LEADS_PATH}/{_uuid(self._addressed_id())}"
        return rx.redirect(_address(href, {"at": at.isoformat()}))

    @rx.event
    def toggle_adjusting(self, is_open: bool) -> None:
        """Open the dialog for an adjustment, or close it without making one."""
        self._close()
        self.adjusting = is_open is True
        # However often this one dialog is sent, it is one adjustment.
        self._adjustment_id = uuid7(datetime.now(UTC))

    @rx.event
    async def adjust(self, form: dict[str, object]) -> EventSpec | None:
        """Give the lead the points that were entered, with the note."""
        actor, entered = current_actor(), form if isinstance(form, dict) else {}
        try:
            adjustment = read_adjustment(
                _whole_number(entered.get("points")), entered.get("note")
            )
        except InvalidInputError as error:
            self.problems = {
                field: f"{problem}." for field, problem in (error.details or {}).items()
            }
            return None
        lead_id, known_as = _uuid(self._addressed_id()), self._adjustment_id
        try:
            await database.run_scoped(
                actor.project_id,
                lambda connection: adjust_score(
                    connection,
                    actor,
                    lead_id,
                    adjustment,
                    now=datetime.now(UTC),
                    adjustment_id=known_as,
                ),
            )
        except (ConflictError, NotFoundError) as error:
            return rx.toast.error(f"{error.message}.")
        await asyncio.to_thread(enqueue_scoring_hint)
        self._close()
        return rx.toast.success(f"Adjusted by {words.signed(adjustment.points)}.")

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


def _moment(text: str | None) -> tuple[datetime | None, str]:
    """Return the moment of an address, or what is wrong with it."""
    if text is None:
        return None, ""
    try:
        return parse_time(text[:_LONGEST_TIME]), ""
    except ValueError:
        return None, "The address names no moment."


def _whole_number(text: object) -> object:
    written = text.strip().replace(words.MINUS, "-") if isinstance(text, str) else ""
    return int(written) if _WHOLE_NUMBER.fullmatch(written) else text


def _address(href: str, parameters: dict[str, str]) -> str:
    return f"{href}?{urlencode(parameters)}" if parameters else href


async def _explain(
    session: AsyncSession,
    actor: Actor,
    lead_id: UUID,
    now: datetime,
    at: datetime | None,
    cursor: str | None,
) -> Explanation:
    try:
        return await explain_score(
            session, actor, lead_id, now=now, at=at, limit=PAGE_SIZE, cursor=cursor
        )
    except InvalidInputError as error:
        if "at" in (error.details or {}):
            raise
        raise NotFoundError("There is no such page") from None


def _basis(explained: Explanation) -> tuple[object, ...]:
    """Return what an outlook follows from: it is worked out anew where that changes."""
    return (
        explained.lead_id,
        explained.sequence,
        explained.ruleset_version,
        explained.stage,
        explained.lapses_at,
    )


def _outlook_text(content: _Content, zone: tzinfo) -> str:
    change = content.outlook.next_stage
    if change is None or content.as_of is not None:
        return ""
    order = list(Stage)
    falls = order.index(change.stage) < order.index(content.explained.stage)
    when = ahead(change.at, now=content.now, zone=zone)
    then = f"to {words.stage(change.stage)} {when}"
    return f"Drops {then} unless active" if falls else f"Rises {then}"


def _why_rows(explained: Explanation) -> list[WhyRow]:
    rows = [(share.delta, _why_row(share)) for share in explained.rules]
    gave = explained.adjustments
    if gave.times or gave.delta:
        row = WhyRow(
            id="adjustments",
            name="Adjusted by hand",
            note="" if gave.delta == gave.points else _taken(gave.points, gave.delta),
            times=words.times(gave.times),
            delta=words.signed(gave.delta),
        )
        rows.append((gave.delta, row))
    return [row for _, row in sorted(rows, key=lambda each: -each[0])]


def _why_row(share: RuleShare) -> WhyRow:
    rule = share.rule
    is_fit = rule is not None and rule.kind is RuleKind.FIT
    facts = (
        rule_words.asked(rule) if rule and is_fit else "",
        rule_words.limits(rule) if rule else "",
        f"{words.number(share.capped)} capped" if share.capped else "",
        f"{words.signed(share.expired)} lapsed" if share.expired else "",
        f"{words.signed(share.corrected)} corrected later" if share.corrected else "",
        f"{words.number(share.clamped)} cut off at 0 or 10,000"
        if share.clamped
        else "",
    )
    return WhyRow(
        id=str(share.rule_id),
        name=share.rule_name or words.NOTHING,
        note=" · ".join(filter(None, facts)),
        times="" if is_fit else words.times(share.times),
        delta=words.signed(share.delta),
    )


def _taken(points: int, delta: int) -> str:
    return f"{words.signed(delta)} of {words.signed(points)}"


def _nominal(entry: HistoryEntry) -> str:
    """Return what was to be given; of a correction that says nothing."""
    is_given = entry.rule_id is not None or entry.note is not None
    if entry.reason in CORRECTIONS or not is_given:
        return words.NOTHING
    return words.signed(entry.points)


def _ledger_row(entry: HistoryEntry, now: datetime, zone: tzinfo) -> LedgerRow:
    return LedgerRow(
        id=str(entry.sequence),
        event_type=words.happening(entry.event_type),
        rule=(entry.rule.name if entry.rule else "") or words.NOTHING,
        points=_nominal(entry),
        delta=words.signed(entry.delta),
        old_score=words.number(entry.old_score),
        new_score=words.number(entry.new_score),
        explanation=words.explanation(entry),
        version=str(entry.ruleset_version),
        occurred=moment_of(entry.occurred_at, now=now, zone=zone),
    )
