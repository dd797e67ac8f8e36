"""One lead: its score and why it is that, now or then, and what it is known by."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeAlias
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
from leadpulse_app.domain.event import parse_time
from leadpulse_app.domain.outlook import NOTHING_AHEAD, Outlook
from leadpulse_app.domain.stage import Stage
from leadpulse_app.models import Role
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.explanation import Explanation, explain_score
from leadpulse_app.services.identity import Identities, list_identities, unmerge
from leadpulse_app.services.leads import LeadSummary, get_lead
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.outlook import read_outlook
from leadpulse_app.services.score_course import (
    ScoreCourse,
    read_course_state,
    read_score_course,
)
from leadpulse_app.services.timeline import (
    MAXIMUM_SESSIONS,
    TimelinePage,
    list_timeline,
)
from leadpulse_app.state import words
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.lead_annotations import (
    Annotations,
    addressed_lead,
    read_annotations,
)
from leadpulse_app.state.lead_course import (
    ChartRow,
    CourseRow,
    GainRow,
    band_names,
    bands,
    chart_rows,
    course_rows,
    gain_periods,
    gain_rows,
    milliseconds,
    place_of,
    score_ticks,
    summary,
    time_ticks,
    top_of,
)
from leadpulse_app.state.lead_erasing import LeadErasing
from leadpulse_app.state.lead_rows import (
    LedgerRow,
    MergeRow,
    NameRow,
    WhyRow,
    ledger_row,
    merge_rows,
    name_rows,
    why_rows,
)
from leadpulse_app.state.lead_timeline import SessionRow, session_row
from leadpulse_app.state.leads import LEADS_PATH
from leadpulse_app.state.live import hub
from leadpulse_app.state.moments import (
    NEVER,
    Moment,
    ahead,
    exact_time,
    moment_of,
    zone_of,
)
from leadpulse_app.state.pages import Status

PAGE_SIZE = 50
SESSIONS_AT_ONCE = 8

_LONGEST_TIME = 40
"""Characters of a moment in an address, or in the field for one."""


_Drawn: TypeAlias = tuple[tuple[object, ...], ScoreCourse]
"""What a course was read for, and the course: it is read anew where that changes."""


@dataclass(frozen=True)
class _Content:
    lead: LeadSummary
    timeline: TimelinePage
    course: _Drawn
    written: Annotations
    explained: Explanation
    as_of: datetime | None
    """The moment that is explained; unknown for now."""
    as_of_problem: str
    outlook: Outlook
    identities: Identities
    is_admin: bool
    first_page: bool
    now: datetime
    time_zone: str


class LeadState(LeadErasing, rx.State):
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
    first_seen: Moment = NEVER
    last_seen: Moment = NEVER
    sessions: list[SessionRow] = []
    has_earlier: bool = False
    """Whether there are sessions before those."""
    chart: list[ChartRow] = []
    chart_from: int = 0
    chart_to: int = 0
    """The ends of the axis of time, in ms."""
    chart_top: int = 0
    """The end of the axis of the scores, in points."""
    chart_bands: list[int] = [0, 0, 0, 0, 0]
    """Where the stages begin on it, and the last one ends."""
    chart_names: list[str] = ["", "", "", ""]
    chart_scores: list[int] = []
    chart_times: list[int] = []
    chart_labels: dict[str, str] = {}
    """What stands at the times."""
    chart_summary: str = ""
    chart_note: str = ""
    as_of_x: int = 0
    """Where the earlier moment stands on the axis of time; 0 for now."""
    course: list[CourseRow] = []
    gains: list[GainRow] = []
    gain_periods: str = ""
    ledger: list[LedgerRow] = []
    newest_href: str = ""
    older_href: str = ""
    names: list[NameRow] = []
    merges: list[MergeRow] = []
    names_left_out: str = ""
    """How many names, or merges, are not listed; empty where all are."""
    merges_left_out: str = ""
    is_admin: bool = False

    _seen: tuple[tuple[object, ...], Outlook] | None = None
    """What the outlook was worked out from, and the outlook."""
    _drawn: _Drawn | None = None
    _sessions_wanted: int = SESSIONS_AT_ONCE

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

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        lead_id = addressed_lead(self._addressed_id())
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
            timeline = await list_timeline(
                session, actor, lead_id, limit=self._sessions_wanted
            )
            course = await self._read_course(session, actor, explained.lead_id, now)
            written = await read_annotations(session, actor, explained.lead_id)
        return _Content(
            lead=lead,
            timeline=timeline,
            course=course,
            written=written,
            explained=explained,
            as_of=at,
            as_of_problem=problem,
            outlook=await self._look_ahead(actor, explained, now),
            identities=identities,
            is_admin=actor.role is Role.ADMIN,
            first_page=cursor is None,
            now=now,
            time_zone=actor.time_zone,
        )

    async def _read_course(
        self, session: AsyncSession, actor: Actor, root_id: UUID, now: datetime
    ) -> _Drawn:
        zone = zone_of(actor.time_zone)
        state = await read_course_state(session, actor, root_id)
        basis = (root_id, state, now.astimezone(zone).date())
        if self._drawn is not None and self._drawn[0] == basis:
            return self._drawn
        course = await read_score_course(session, actor, root_id, now=now, zone=zone)
        return basis, course

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
        self._assign(why=why_rows(explained))
        self._show_course(content, zone)
        self._show_moment(content, zone)
        self._show_sessions(content, zone)
        self._show_annotations(content.written, content.now, zone)
        self.now_href = href
        self.velocity = words.number(lead.velocity)
        self.risk = words.risk(lead.risk)
        self.next_action = words.action(lead.next_action)
        self.recent_events = words.number(lead.events_last_24h)
        self.first_seen = moment_of(_first_seen(content), now=content.now, zone=zone)
        self.last_seen = moment_of(lead.last_event_at, now=content.now, zone=zone)
        self._assign(
            ledger=[
                ledger_row(entry, content.now, zone)
                for entry in explained.history.entries
            ]
        )
        older = explained.history.next_cursor
        then = {"at": content.as_of.isoformat()} if content.as_of else {}
        self.older_href = _address(href, {**then, "before": older}) if older else ""
        self.newest_href = "" if content.first_page else _address(href, then)
        known = content.identities
        self._assign(
            names=name_rows(known, content.now, zone),
            merges=merge_rows(known, content.now, zone),
        )
        self.names_left_out = _left_out(
            known.aliases_total - len(known.aliases), "older name"
        )
        self.merges_left_out = _left_out(
            known.merges_total - len(known.merges), "older merge"
        )
        self.is_admin = content.is_admin

    def _show_course(self, content: _Content, zone: tzinfo) -> None:
        at = content.as_of
        _, course = content.course
        self.as_of_x = place_of(at, course.points) if at else 0
        if self._drawn == content.course:
            return
        self._drawn = content.course
        self.chart = chart_rows(course, content.now, zone)
        ends = [int(row["x"] or 0) for row in self.chart[:1] + self.chart[-1:]]
        self.chart_from, self.chart_to = ends or (0, 0)
        self.chart_top = top_of(course)
        self.chart_bands = bands(course.thresholds, self.chart_top)
        self.chart_scores = score_ticks(course, self.chart_top)
        self.chart_names = band_names(self.chart_bands, self.chart_top)
        ticks = time_ticks(course.points, content.now, zone)
        self.chart_times = list(ticks)
        self.chart_labels = {str(x): label for x, label in ticks.items()}
        self.chart_summary = summary(course, zone)
        self.chart_note = "" if course.is_whole else "The newest 5,000 changes"
        href = f"{LEADS_PATH}/{content.lead.id}"
        hrefs = [
            _address(href, {"at": point.recorded_at.isoformat()})
            for point in course.points
        ]
        self.course = course_rows(course, zone, hrefs)
        self.gains = gain_rows(course)
        self.gain_periods = gain_periods(course.gains)

    def _show_sessions(self, content: _Content, zone: tzinfo) -> None:
        sessions = content.timeline.sessions
        self._assign(
            sessions=[session_row(each, content.now, zone) for each in sessions]
        )
        self.has_earlier = (
            content.timeline.next_cursor is not None
            and self._sessions_wanted < MAXIMUM_SESSIONS
        )

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
        href = f"{LEADS_PATH}/{addressed_lead(self._addressed_id())}"
        return rx.redirect(_address(href, {"at": at.isoformat()}))

    @rx.event
    def show_point(self, x: object) -> EventSpec | None:
        """Go to the lead as of the point of the chart that stands at x, in ms."""
        if self._drawn is None or not isinstance(x, int | float | str):
            return None
        _, course = self._drawn
        here = [
            point for point in course.points if str(milliseconds(point.at)) == str(x)
        ]
        if not here:
            return None
        href = f"{LEADS_PATH}/{addressed_lead(self._addressed_id())}"
        return rx.redirect(_address(href, {"at": here[-1].recorded_at.isoformat()}))

    @rx.event
    def show_earlier(self) -> None:
        """List more sessions."""
        self._sessions_wanted = min(
            self._sessions_wanted + SESSIONS_AT_ONCE, MAXIMUM_SESSIONS
        )
        hub.wake(self.router.session.client_token)

    @rx.event
    async def unmerge(self, merge_id: str) -> EventSpec:
        """Take a merge back; both leads are worth their own events again."""
        actor = current_actor()
        try:
            lead_id, merge = (
                addressed_lead(self._addressed_id()),
                addressed_lead(str(merge_id)),
            )
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


def _first_seen(content: _Content) -> datetime:
    """Return when the lead did something first; a history may be loaded later."""
    _, course = content.course
    moments = [point.at for point in course.points[:1]]
    return min([content.lead.created_at, *moments])


def _moment(text: str | None) -> tuple[datetime | None, str]:
    """Return the moment of an address, or what is wrong with it."""
    if text is None:
        return None, ""
    try:
        return parse_time(text[:_LONGEST_TIME]), ""
    except ValueError:
        return None, "The address names no moment."


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
