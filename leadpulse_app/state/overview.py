"""The overview: how many leads stand where, and what is happening now."""

from dataclasses import dataclass
from datetime import datetime

import reflex as rx

from leadpulse_app import database
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.events import RecentEvent, list_recent_events
from leadpulse_app.services.leads import LeadSummary, count_by_stage, list_leads
from leadpulse_app.state import words
from leadpulse_app.state.leads import LEADS_PATH, LeadFilter
from leadpulse_app.state.moments import Moment, moment_of, zone_of
from leadpulse_app.state.pages import LivePage

FEED_LENGTH = 30
TOP_LENGTH = 10


@dataclass(frozen=True)
class StageCount:
    """How many leads are in a stage, and what share of all that is."""

    count: str = "0"
    percent: int = 0
    share: str = ""
    href: str = LEADS_PATH


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
class TopRow:
    """A lead as a line of the highest scores."""

    id: str
    name: str
    href: str
    score: str
    score_percent: int
    stage: str


@dataclass(frozen=True)
class _Content:
    counts: dict[Stage, int]
    events: tuple[RecentEvent, ...]
    top: tuple[LeadSummary, ...]
    now: datetime
    time_zone: str


class OverviewState(LivePage, rx.State):
    """What the overview shows."""

    everyone: StageCount = StageCount()
    cold: StageCount = StageCount()
    warm: StageCount = StageCount()
    hot: StageCount = StageCount()
    qualified: StageCount = StageCount()
    feed: list[FeedRow] = []
    top: list[TopRow] = []

    _opened_at_event: int | None = None

    def _open(self) -> None:
        self._opened_at_event = None
        super()._open()

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        async with database.transaction(actor.project_id) as session:
            return _Content(
                counts=await count_by_stage(session, actor),
                events=await list_recent_events(session, actor, limit=FEED_LENGTH),
                top=(await list_leads(session, actor, now=now, limit=TOP_LENGTH)).leads,
                now=now,
                time_zone=actor.time_zone,
            )

    def _show(self, content: _Content) -> None:
        total = sum(content.counts.values())
        self.everyone = StageCount(
            count=words.number(total),
            percent=100 if total else 0,
            share="all stages" if total else "none yet",
        )
        self.cold, self.warm, self.hot, self.qualified = (
            _stage_count(stage, content.counts[stage], total) for stage in Stage
        )
        fresh_after = self._opened_at_event
        newest = content.events[0].event_id if content.events else 0
        if fresh_after is None:
            self._opened_at_event = fresh_after = newest
        self.feed = [
            _feed_row(event, content, fresh=event.event_id > fresh_after)
            for event in content.events
        ]
        self.top = [_top_row(lead) for lead in content.top]


def _stage_count(stage: Stage, count: int, total: int) -> StageCount:
    percent = words.percent(count, total)
    return StageCount(
        count=words.number(count),
        percent=percent,
        share=f"{percent} % of leads",
        href=LeadFilter(stage=stage).address(),
    )


def _feed_row(event: RecentEvent, content: _Content, *, fresh: bool) -> FeedRow:
    place = event.properties.get("path") or event.properties.get("url")
    return FeedRow(
        id=str(event.event_id),
        type=event.type,
        detail=place if isinstance(place, str) else "",
        lead=event.lead_label,
        href=f"{LEADS_PATH}/{event.lead_id}",
        delta="" if event.delta is None else words.signed(event.delta),
        occurred=moment_of(
            event.occurred_at, now=content.now, zone=zone_of(content.time_zone)
        ),
        fresh=fresh,
    )


def _top_row(lead: LeadSummary) -> TopRow:
    return TopRow(
        id=str(lead.id),
        name=words.lead_name(lead),
        href=f"{LEADS_PATH}/{lead.id}",
        score=words.number(lead.score),
        score_percent=words.percent(lead.score, words.FULL_BAR_SCORE),
        stage=lead.stage,
    )
