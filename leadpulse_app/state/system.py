"""How the product keeps up, what failed, and whether every score is right."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

import psycopg
import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.broker import read_redis_version
from leadpulse_app.domain.errors import (
    InvalidInputError,
    LeadPulseError,
)
from leadpulse_app.models import Role
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.failed_jobs import (
    FailedJobPage,
    discard_failed_job,
    list_failed_jobs,
    retry_all_failed_jobs,
    retry_failed_job,
)
from leadpulse_app.services.health import Health, check_health
from leadpulse_app.services.live import publish_changes
from leadpulse_app.services.project_check import (
    Progress,
    ProjectCheck,
    check_project,
)
from leadpulse_app.services.queue_health import (
    QueueHealth,
    Throughput,
    read_arrivals,
    read_queue_health,
    read_throughput,
)
from leadpulse_app.services.rebuilding import count_leads, rebuild_lead, rebuild_leads
from leadpulse_app.services.versions import Versions, read_versions
from leadpulse_app.services.worker_presence import count_workers
from leadpulse_app.state import live, words
from leadpulse_app.state.given import require_uuid
from leadpulse_app.state.guard import current_actor, locked, resolve_current_actor
from leadpulse_app.state.lead_address import LEADS_PATH
from leadpulse_app.state.moments import moment_of, zone_of
from leadpulse_app.state.pages import LivePage
from leadpulse_app.state.system_rows import (
    NO_RATE,
    DifferingRow,
    FailedRow,
    Part,
    RateFigure,
    failed_row,
    parts_of,
    rate_figure,
    versions_of,
)
from leadpulse_app.tasks import announce_pending

SYSTEM_PATH = "/system"
PAGE_SIZE = 25
MAX_CURSOR_LENGTH = 100

PROGRESS_SECONDS = 0.5
"""How often progress is shown."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class _Shared:
    """What all who are at this address are shown."""

    health: Health
    redis: str | None
    workers: int
    versions: Versions
    queue: QueueHealth
    arrivals: Throughput
    throughput: Throughput
    failed: FailedJobPage
    first_page: bool
    now: datetime
    time_zone: str


@dataclass(frozen=True)
class _Content:
    shared: _Shared
    may_act: bool


class SystemState(LivePage, rx.State):
    """What the page shows."""

    parts: list[Part] = []
    versions: list[tuple[str, str]] = []
    pending: str = ""
    oldest: str = ""
    arrivals: RateFigure = NO_RATE
    scored: RateFigure = NO_RATE
    failed_leads: str = ""
    failed_events: str = ""
    any_failed: bool = False
    failed: list[FailedRow] = []
    newest_href: str = ""
    older_href: str = ""
    may_act: bool = False
    running: str = ""
    """What is being done to all leads: verify, rebuild or nothing."""
    progress: str = ""
    progress_percent: int = 0
    checked: str = ""
    """What the last verification found; empty before the first."""
    clean: bool = False
    differing: list[DifferingRow] = []

    def _enter(self) -> None:
        super()._enter()
        self.running = ""  # one that runs on says so again

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        cursor = self.router.url.query_parameters.get("before")
        if cursor is not None and len(cursor) > MAX_CURSOR_LENGTH:
            cursor = ""
        shared = await live.share(
            actor, ("system", cursor), lambda: _read_shared(actor, cursor, now)
        )
        return _Content(shared, may_act=actor.role is Role.ADMIN)

    def _show(self, content: _Content) -> None:
        shared = content.shared
        queue, now = shared.queue, shared.now
        zone = zone_of(shared.time_zone)
        older = shared.failed.next_cursor
        self._assign(
            parts=parts_of(
                shared.health,
                shared.versions,
                redis=shared.redis,
                workers=shared.workers,
                scored=_ago(shared.throughput.last_at, now, zone),
            ),
            versions=versions_of(shared.versions),
            pending=words.number(queue.pending),
            oldest=f"the oldest came {_ago(queue.oldest_pending_at, now, zone)}"
            if queue.oldest_pending_at
            else "all is scored",
            arrivals=rate_figure(shared.arrivals, now),
            scored=rate_figure(shared.throughput, now),
            failed_leads=words.number(queue.failed_leads),
            failed_events=f"{words.count(queue.failed_events, 'event')} of theirs "
            "held up"
            if queue.failed_leads
            else "no scoring has failed",
            any_failed=queue.failed_leads > 0,
            failed=[failed_row(job, now, zone) for job in shared.failed.jobs],
            older_href=f"{SYSTEM_PATH}?{urlencode({'before': older})}" if older else "",
            newest_href="" if shared.first_page else SYSTEM_PATH,
            may_act=content.may_act,
        )

    @rx.event
    async def retry(self, lead_id: str) -> EventSpec:
        """Score a lead again at once."""
        actor, lead = current_actor(), require_uuid(lead_id, "lead")
        await _act(
            actor, lambda connection: retry_failed_job(connection, actor, lead_id=lead)
        )
        return rx.toast.success("The lead is scored again now.")

    @rx.event
    async def retry_all(self) -> EventSpec:
        """Score all leads of the project again whose scoring failed."""
        actor = current_actor()
        retried = await _act(
            actor, lambda connection: retry_all_failed_jobs(connection, actor)
        )
        if not retried:
            return rx.toast.info("No lead was waiting any more.")
        return rx.toast.success(f"Retrying {words.count(retried, 'lead')} now.")

    @rx.event
    async def discard(self, lead_id: str) -> EventSpec:
        """Hold back what waits for a lead."""
        actor, lead = current_actor(), require_uuid(lead_id, "lead")
        discarded = await _act(
            actor,
            lambda connection: discard_failed_job(connection, actor, lead_id=lead),
        )
        return rx.toast.success(
            f"{words.count(discarded, 'event')} held back. Release them on the "
            "Events page."
        )

    @rx.event
    async def rebuild(self, lead_id: str) -> EventSpec:
        """Bring one lead to what its events make it."""
        actor, lead = current_actor(), require_uuid(lead_id, "lead")
        await _act(
            actor, lambda connection: rebuild_lead(connection, actor, lead_id=lead)
        )
        self.differing = [row for row in self.differing if row.id != str(lead)]
        return rx.toast.success("Rebuilt from its events. Verify again to be sure.")

    @rx.event(background=True)
    async def verify(self) -> AsyncGenerator[EventSpec | None, None]:
        """Recompute every score of the project, and show what differs."""
        actor = current_actor()
        progress = Progress()
        work = asyncio.create_task(asyncio.to_thread(check_project, actor, progress))
        try:
            async with locked(self):
                tab = self.router.session.client_token
                self.checked, self.differing = "", []
                self._show_progress("verify", progress)
            while not (await asyncio.wait({work}, timeout=PROGRESS_SECONDS))[0]:
                if not live.hub.is_open(tab):
                    return
                async with locked(self):
                    self._show_progress("verify", progress)
            found = work.result()
            async with locked(self):
                self._show_check(found)
        except (LeadPulseError, psycopg.OperationalError) as error:
            yield _problem(error)
        finally:
            progress.called_off = True
            async with locked(self):
                self.running = ""

    @rx.event(background=True)
    async def rebuild_all(self) -> AsyncGenerator[EventSpec | None, None]:
        """Bring all leads of the project to what their events make them."""
        actor = current_actor()
        progress = Progress()
        after: UUID | None = None
        unrebuilt = 0
        try:
            async with locked(self):
                tab = self.router.session.client_token
                self._show_progress("rebuild", progress)
            actor.require_admin()
            progress.total = await database.run_scoped(
                actor.project_id, lambda connection: count_leads(connection, actor)
            )
            while live.hub.is_open(tab):
                actor = await resolve_current_actor()
                async with locked(self, actor):
                    self._show_progress("rebuild", progress)
                step = await database.run_scoped(
                    actor.project_id, partial(rebuild_leads, actor=actor, after=after)
                )
                progress.done += step.leads
                unrebuilt += len(step.unrebuilt)
                after = step.last_id
                if after is None:
                    break
            async with locked(self):
                self.checked, self.differing = "", []
            await asyncio.to_thread(publish_changes, [actor.project_id])
            yield rx.toast.success(
                f"Rebuilt {words.count(progress.done - unrebuilt, 'lead')}."
                + (f" {words.number(unrebuilt)} could not be." if unrebuilt else "")
            )
        except (LeadPulseError, psycopg.OperationalError) as error:
            yield _problem(error)
        finally:
            async with locked(self):
                self.running = ""

    def _show_progress(self, running: str, progress: Progress) -> None:
        self.running = running
        self.progress_percent = words.percent(progress.done, progress.total)
        self.progress = (
            f"{words.number(progress.done)} of {words.count(progress.total, 'lead')}"
        )

    def _show_check(self, found: ProjectCheck) -> None:
        self.clean = not found.differing
        checked = words.count(found.leads, "lead")
        self.checked = (
            f"{checked} checked: every score is what its events make it."
            if self.clean
            else f"{checked} checked, and {words.number(found.differing)} "
            f"{'differs' if found.differing == 1 else 'differ'}."
        )
        self.differing = [
            DifferingRow(
                id=str(row.lead_id or ""),
                name=str(row.lead_id or "The project"),
                href=f"{LEADS_PATH}/{row.lead_id}" if row.lead_id else "",
                messages=list(row.messages),
            )
            for row in found.listed
        ]


async def _read_shared(actor: Actor, cursor: str | None, now: datetime) -> _Shared:
    health = await check_health()
    redis = await read_redis_version() if health.redis else None
    async with database.transaction(actor.project_id) as session:
        try:
            failed = await list_failed_jobs(
                session, actor, limit=PAGE_SIZE, cursor=cursor
            )
        except InvalidInputError:  # a cursor that somebody made up
            failed = FailedJobPage((), None)
        return _Shared(
            health=health,
            redis=redis,
            workers=await count_workers(session),
            versions=await read_versions(session, actor),
            queue=await read_queue_health(session, actor),
            arrivals=await read_arrivals(session, actor, now=now),
            throughput=await read_throughput(session, actor, now=now),
            failed=failed,
            first_page=cursor is None,
            now=now,
            time_zone=actor.time_zone,
        )


async def _act(actor: Actor, work: Callable[[psycopg.Connection], Result]) -> Result:
    result = await database.run_scoped(actor.project_id, work)
    await asyncio.to_thread(announce_pending, actor.project_id)
    return result


def _problem(error: Exception) -> EventSpec:
    if isinstance(error, LeadPulseError):
        return rx.toast.error(f"{error.message}.")
    return rx.toast.error(
        "That did not work: LeadPulse can't reach its database. Try again when it "
        "is back."
    )


def _ago(when: datetime | None, now: datetime, zone: tzinfo) -> str:
    return "" if when is None else moment_of(when, now=now, zone=zone).text
