"""The overview: how a project does over a range, who moved, and what happens now."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import reflex as rx

from leadpulse_app import database
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.period import Range, parse_range, period_of
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.events import RecentEvent, list_recent_events
from leadpulse_app.services.health import Health, check_health
from leadpulse_app.services.overview import (
    Distribution,
    Figures,
    Mover,
    Movers,
    read_distribution,
    read_figures,
    read_movers,
)
from leadpulse_app.services.queue_health import QueueHealth, read_queue_health
from leadpulse_app.state import live, words
from leadpulse_app.state import overview_figures as shape
from leadpulse_app.state.kept import Kept, KeptReadings
from leadpulse_app.state.leads import LEADS_PATH
from leadpulse_app.state.moments import Moment, moment_of, zone_of
from leadpulse_app.state.overview_health import HealthPart, health_of
from leadpulse_app.state.pages import LivePage

FEED_LENGTH = 30

OWN_WAKE_SECONDS = 1.0
"""How long after it was due a board's own wake may take to come."""


@dataclass(frozen=True)
class FeedRow:
    """An event as a line of the feed."""

    id: str
    type: str
    detail: str
    lead: str
    href: str
    delta: str
    occurred: Moment
    fresh: bool
    """Whether it arrived while this page was open."""


@dataclass(frozen=True)
class MoverRow:
    """A lead that moved, as a line of a list."""

    id: str
    name: str
    company: str
    href: str
    score: str
    stage: str
    note: str
    """How it moved."""
    at: Moment
    """When, where the note does not say it."""


@dataclass(frozen=True)
class _Board:
    """What takes long to read, and is alike on every board of a project."""

    figures: Figures
    distribution: Distribution
    health: Health
    queue: QueueHealth


@dataclass(frozen=True)
class _Content:
    board: Kept[_Board]
    movers: Kept[Movers]
    events: tuple[RecentEvent, ...]
    now: datetime
    time_zone: str
    needed_at: float
    """What began earlier than this may lack the change that woke the board."""


_boards: KeptReadings[_Board] = KeptReadings()
_movers: KeptReadings[Movers] = KeptReadings()


class OverviewState(LivePage, rx.State):
    """What the overview shows."""

    range: str = Range.WEEK
    versus: str = ""
    is_new: bool = False
    """Whether the project has neither leads nor events yet."""

    new_leads: shape.Stat = shape.Stat()
    qualified: shape.Stat = shape.Stat()
    events: shape.Stat = shape.Stat()
    median_time: shape.Stat = shape.Stat()

    funnel: list[shape.FunnelStep] = []
    histogram: list[shape.ChartRow] = []
    histogram_summary: str = ""
    thresholds: str = ""
    bars: list[shape.ChartRow] = []
    bars_summary: str = ""
    series: list[shape.Series] = []
    series_names: list[str] = [""] * shape.SERIES

    heating: list[MoverRow] = []
    cooling: list[MoverRow] = []
    newly_qualified: list[MoverRow] = []
    health: list[HealthPart] = []

    feed: list[FeedRow] = []

    _opened_at_event: int | None = None
    _wakes_at: float = 0.0

    def _open(self) -> None:
        self._opened_at_event = None
        self.range = _range_of(self.router.url.query_parameters)
        super()._open()

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        needed_at = self._needed_at()
        wanted = Range(self.range)
        zone = ZoneInfo(actor.time_zone)

        async def read_board() -> _Board:
            health = await check_health()
            period = period_of(wanted, now=now, zone=zone)
            async with database.transaction(actor.project_id) as session:
                return _Board(
                    figures=await read_figures(session, actor, period=period),
                    distribution=await read_distribution(session, actor),
                    health=health,
                    queue=await read_queue_health(session, actor),
                )

        async def read_moved() -> Movers:
            async with database.transaction(actor.project_id) as session:
                return await read_movers(session, actor, now=now)

        variant = f"{wanted} {actor.time_zone}"
        board = await _boards.get(actor.project_id, variant, read_board)
        movers = await _movers.get(actor.project_id, "", read_moved)
        events = await live.share(actor, "overview feed", lambda: _read_feed(actor))
        return _Content(board, movers, events, now, actor.time_zone, needed_at)

    def _show(self, content: _Content) -> None:
        self._show_board(content)
        self._show_movers(content)
        self._show_feed(content)
        self._read_again_later(content)

    def _show_board(self, content: _Content) -> None:
        board, zone = content.board.value, zone_of(content.time_zone)
        figures, distribution = board.figures, board.distribution
        series = shape.series_of(figures)
        names = [each.name for each in series]
        self._assign(
            range=figures.period.range.value,
            versus=f"vs previous {shape.RANGE_WORDS[figures.period.range]}",
            is_new=not (distribution.leads or figures.events.value or content.events),
            new_leads=shape.stat_of(figures.new_leads),
            qualified=shape.stat_of(figures.qualified),
            events=shape.stat_of(figures.events),
            median_time=shape.stat_of_time(figures.median_time),
            funnel=shape.funnel_of(distribution),
            histogram=shape.histogram_of(distribution),
            histogram_summary=shape.histogram_summary(distribution),
            thresholds=shape.thresholds_of(distribution),
            bars=shape.events_of(figures, zone),
            bars_summary=shape.events_summary(figures, zone),
            series=series,
            series_names=names + [""] * (shape.SERIES - len(names)),
            health=health_of(board.health, board.queue, figures.period.ends_at),
        )

    def _show_movers(self, content: _Content) -> None:
        movers = content.movers.value

        def row(lead: Mover, note: str, at: datetime | None = None) -> MoverRow:
            return _mover_row(lead, note, at, content)

        self._assign(
            heating=[
                row(each.lead, f"{words.signed(each.points)} points")
                for each in movers.heating
            ],
            newly_qualified=[
                row(each.lead, "", each.qualified_at) for each in movers.qualified
            ],
            cooling=[
                row(
                    each.lead,
                    f"from {words.stage(each.dropped_from)}"
                    if each.dropped_from
                    else "seen",
                    each.at,
                )
                for each in movers.cooling
            ],
        )

    def _show_feed(self, content: _Content) -> None:
        newest = content.events[0].event_id if content.events else 0
        if self._opened_at_event is None:
            self._opened_at_event = newest
        fresh_after = self._opened_at_event
        self._assign(
            feed=[
                _feed_row(event, content, fresh=event.event_id > fresh_after)
                for event in content.events
            ],
        )

    def _read_again_later(self, content: _Content) -> None:
        """Wake this board once what was kept is old, for what changed meanwhile."""
        old = [
            kept.seconds_left
            for kept in (content.board, content.movers)
            if kept.began < content.needed_at
        ]
        now = time.monotonic()
        if old and self._wakes_at <= now:
            self._wakes_at = now + max(old)
            tab = self.router.session.client_token
            asyncio.get_running_loop().call_later(max(old), live.hub.wake, tab)

    def _needed_at(self) -> float:
        """Return when readings have to have begun for what woke this board.

        Boards that wake because what was kept is old share the reading of the first
        of them, or each would wake once more for it.
        """
        now = time.monotonic()
        is_own_wake = self._wakes_at <= now < self._wakes_at + OWN_WAKE_SECONDS
        return self._wakes_at if is_own_wake else now


def _range_of(parameters: dict[str, str]) -> str:
    try:
        return parse_range(parameters.get("range", Range.WEEK))
    except InvalidInputError:
        return Range.WEEK


async def _read_feed(actor: Actor) -> tuple[RecentEvent, ...]:
    async with database.transaction(actor.project_id) as session:
        return await list_recent_events(session, actor, limit=FEED_LENGTH)


def _feed_row(event: RecentEvent, content: _Content, *, fresh: bool) -> FeedRow:
    place = event.properties.get("path") or event.properties.get("url")
    return FeedRow(
        id=str(event.event_id),
        type=event.type,
        detail=place if isinstance(place, str) else "",
        lead=event.lead_label,
        href=f"{LEADS_PATH}/{event.lead_id}",
        delta="" if event.delta is None else words.signed(event.delta),
        occurred=_moment(event.occurred_at, content),
        fresh=fresh,
    )


def _mover_row(
    lead: Mover, note: str, at: datetime | None, content: _Content
) -> MoverRow:
    return MoverRow(
        id=str(lead.id),
        name=lead.label,
        company=lead.company or "",
        href=f"{LEADS_PATH}/{lead.id}",
        score=words.number(lead.score),
        stage=lead.stage,
        note=note,
        at=Moment("") if at is None else _moment(at, content),
    )


def _moment(when: datetime, content: _Content) -> Moment:
    return moment_of(when, now=content.now, zone=zone_of(content.time_zone))
