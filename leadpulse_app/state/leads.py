"""The list of leads. Its filters are in the page's address, so a link keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.domain import lead_filter
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import (
    MAXIMUM_QUERY_LENGTH,
    LeadPage,
    LeadSummary,
    count_by_stage,
    list_leads,
)
from leadpulse_app.state import words
from leadpulse_app.state.moments import Moment, moment_of, zone_of
from leadpulse_app.state.pages import LivePage

LEADS_PATH = "/leads"
PAGE_SIZE = 50
MAXIMUM_PAGE_NUMBER = 10_000


@dataclass(frozen=True)
class LeadFilter:
    """Which leads are shown, as the page's address says it."""

    stage: Stage | None = None
    query: str = ""
    page: int = 1

    @classmethod
    def of_address(cls, parameters: dict[str, str]) -> "LeadFilter":
        """Read the filter; what can't be read is left out."""
        stage, page = parameters.get("stage", ""), parameters.get("page", "")
        query = parameters.get("q", "").strip()[:MAXIMUM_QUERY_LENGTH]
        return cls(
            stage=Stage(stage) if stage in set(Stage) else None,
            query="".join(filter(str.isprintable, query)),
            page=min(max(int(page), 1), MAXIMUM_PAGE_NUMBER)
            if page.isascii() and page.isdigit() and len(page) < 9
            else 1,
        )

    @property
    def filter(self) -> lead_filter.LeadFilter:
        """The filter itself, without the page."""
        return lead_filter.LeadFilter(stage=self.stage, query=self.query)

    def address(self, path: str = LEADS_PATH, **changes: str | int) -> str:
        """Return the address of this filter with some of it changed."""
        wanted = {
            "stage": self.stage or "",
            "q": self.query,
            "page": self.page if self.page > 1 else "",
            **changes,
        }
        parameters = urlencode({name: value for name, value in wanted.items() if value})
        return f"{path}?{parameters}" if parameters else path


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
    changed: str
    """Odd or even, alternating, each time the score changed on this page."""


@dataclass(frozen=True)
class StageTab:
    """A stage to filter by, with how many leads are in it."""

    stage: str
    count: str
    href: str
    selected: bool


def _tabs(wanted: LeadFilter, counts: Mapping[Stage, int]) -> list[StageTab]:
    choices: list[tuple[Stage | None, int]] = [
        (None, sum(counts.values())),
        *((stage, counts.get(stage, 0)) for stage in reversed(Stage)),
    ]
    return [
        StageTab(
            stage=stage or "",
            count=words.number(count) if counts else "",
            href=wanted.address(stage=stage or "", page=""),
            selected=wanted.stage == stage,
        )
        for stage, count in choices
    ]


@dataclass(frozen=True)
class _Content:
    wanted: LeadFilter
    counts: dict[Stage, int]
    page: LeadPage
    now: datetime
    time_zone: str


class LeadsState(LivePage, rx.State):
    """What the list shows."""

    rows: list[LeadRow] = []
    tabs: list[StageTab] = _tabs(LeadFilter(), {})
    query: str = ""
    filtered: bool = False
    range_text: str = ""
    previous_href: str = ""
    next_href: str = ""
    export_href: str = "/api/leads/export"

    search_form: int = 0
    """Counts the times the search box was filled anew."""

    _scores: dict[str, int] = {}
    _searches: list[str] = []
    """What was typed and has not become the page's address yet."""

    def _open(self) -> None:
        query = self._wanted().query
        if query in self._searches:
            self._searches = self._searches[self._searches.index(query) + 1 :]
        elif query != self.query:
            self.search_form += 1
            self._searches = []
        self.query = query
        super()._open()

    def _wanted(self) -> LeadFilter:
        return LeadFilter.of_address(dict(self.router.url.query_parameters))

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        wanted = self._wanted()
        async with database.transaction(actor.project_id) as session:
            return _Content(
                wanted=wanted,
                counts=await count_by_stage(session, actor),
                page=await list_leads(
                    session,
                    actor,
                    now=now,
                    limit=PAGE_SIZE,
                    skip=(wanted.page - 1) * PAGE_SIZE,
                    wanted=lead_filter.LeadFilter(
                        stage=wanted.stage, query=wanted.query
                    ),
                ),
                now=now,
                time_zone=actor.time_zone,
            )

    def _show(self, content: _Content) -> None:
        wanted, page = content.wanted, content.page
        before = {row.id: row for row in self.rows}
        self.rows = [
            _row(
                lead, content, self._scores.get(str(lead.id)), before.get(str(lead.id))
            )
            for lead in page.leads
        ]
        self._scores = {str(lead.id): lead.score for lead in page.leads}
        self.tabs = _tabs(wanted, content.counts)
        self.filtered = wanted.stage is not None or wanted.query != ""
        first = (wanted.page - 1) * PAGE_SIZE
        last = first + len(page.leads)
        self.range_text = (
            f"{words.number(first + 1)} to {words.number(last)} "
            f"of {words.number(page.total)}"
            if page.leads
            else f"{words.number(page.total)} in all"
        )
        self.previous_href = (
            wanted.address(page=wanted.page - 1 if wanted.page > 2 else "")
            if wanted.page > 1
            else ""
        )
        self.next_href = (
            wanted.address(page=wanted.page + 1) if last < page.total else ""
        )
        self.export_href = wanted.address("/api/leads/export", page="")

    @rx.event
    def search(self, query: str) -> EventSpec:
        """Go to the address of this search."""
        asked = LeadFilter.of_address({"q": query if isinstance(query, str) else ""})
        self._searches = [*self._searches, asked.query]
        return rx.redirect(self._wanted().address(q=asked.query, page=""), replace=True)


def _row(
    lead: LeadSummary, content: _Content, old_score: int | None, old_row: LeadRow | None
) -> LeadRow:
    changed = old_row.changed if old_row else ""
    if old_score is not None and old_score != lead.score:
        changed = "even" if changed == "odd" else "odd"
    return LeadRow(
        id=str(lead.id),
        href=f"{LEADS_PATH}/{lead.id}",
        name=words.lead_name(lead),
        company=lead.company or words.NOTHING,
        score=words.number(lead.score),
        score_percent=words.percent(lead.score, words.FULL_BAR_SCORE),
        stage=lead.stage,
        velocity=words.number(lead.velocity),
        last_seen=moment_of(
            lead.last_event_at, now=content.now, zone=zone_of(content.time_zone)
        ),
        next_action=words.action(lead.next_action),
        changed=changed,
    )
