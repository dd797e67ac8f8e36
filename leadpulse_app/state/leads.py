"""The list of leads. What it shows is in the page's address, so a link keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.lead_filter import LeadFilter, LeadSort
from leadpulse_app.domain.stage import Stage
from leadpulse_app.models import Role
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import LeadPage, list_leads
from leadpulse_app.state import live, words
from leadpulse_app.state.drawer import Drawer, Drawn
from leadpulse_app.state.given import read_text
from leadpulse_app.state.lead_address import (
    EXPORT_PATH,
    FILTER_NAMES,
    LEADS_PATH,
    LeadAddress,
)
from leadpulse_app.state.lead_choices import (
    NO_FILTERS,
    LeadChoices,
    Named,
    ShownFilters,
    read_choices,
    shown_filters,
)
from leadpulse_app.state.lead_drawer import ShownLead, read_drawn_lead
from leadpulse_app.state.lead_import import LeadImport
from leadpulse_app.state.lead_row import lead_row
from leadpulse_app.state.written_rows import NO_ROWS, written

__all__ = ["LEADS_PATH", "PAGE_SIZE", "LeadsState"]

PAGE_SIZE = 50

CHOICES_LAST_SECONDS = 1.0
"""How old counts and choices may be beside rows that changed since."""

MAXIMUM_PAGES_REMEMBERED = 200
"""How far back "Previous" leads; from beyond it leads to the first page."""

_SORTED = {
    LeadSort.SCORE: "Leads, highest score first",
    LeadSort.LAST_SEEN: "Leads, last seen first",
    LeadSort.NEWEST: "Leads, newest first",
}


@dataclass(frozen=True)
class StageTab:
    """A stage to filter by, with how many leads are in it."""

    stage: str
    count: str
    href: str
    selected: bool


@dataclass(frozen=True)
class SortHead:
    """The heading of a column that the list can be sorted by."""

    href: str = LEADS_PATH
    order: str = "none"
    """As `aria-sort` says it."""


@dataclass(frozen=True)
class _List:
    """What all who are at this address are shown, in the words it is shown in."""

    address: LeadAddress
    next_cursor: str | None
    values: Mapping[str, object]
    """Of the vars of `LeadsState`."""


@dataclass(frozen=True)
class _Content:
    shared: _List
    drawn: Drawn
    may_erase: bool


def _tabs(address: LeadAddress, counts: Mapping[Stage, int]) -> list[StageTab]:
    choices: list[tuple[Stage | None, int]] = [
        (None, sum(counts.values())),
        *((stage, counts.get(stage, 0)) for stage in reversed(Stage)),
    ]
    return [
        StageTab(
            stage=stage or "",
            count=words.number(count) if counts else "",
            href=address.changed(stage=stage or "").href(),
            selected=address.wanted.stage == stage,
        )
        for stage, count in choices
    ]


def _head(address: LeadAddress, sort: LeadSort) -> SortHead:
    return SortHead(
        href=address.changed(sort=sort).href(),
        order="descending" if address.sort is sort else "none",
    )


class LeadsState(LeadImport, Drawer, rx.State):
    """What the list shows."""

    DRAWER_PARAMETER: ClassVar[str] = "lead"

    drawn: ShownLead = ShownLead()
    rows: str = NO_ROWS
    """The lines as JSON, written once for all who are shown them; of `LeadRow`."""
    place: str = ""
    """Which list the rows are of; another list comes in at once, held still or not."""
    caption: str = ""
    tabs: list[StageTab] = _tabs(LeadAddress(), {})
    score_head: SortHead = SortHead()
    seen_head: SortHead = SortHead()
    newest_head: SortHead = SortHead()
    filters: ShownFilters = NO_FILTERS
    members: list[Named] = []
    tags: list[str] = []
    event_types: list[str] = []
    may_erase: bool = False
    query: str = ""
    filtered: bool = False
    clear_href: str = LEADS_PATH
    range_text: str = ""
    previous_href: str = ""
    next_href: str = ""
    export_href: str = EXPORT_PATH

    search_form: int = 0
    """Counts the times the search box was filled anew."""

    _searches: list[str] = []
    """What was typed and has not become the page's address yet."""
    _came_from: dict[str, str] = {}
    """Where a page was gone on from, by the cursor of either."""
    _at: tuple[LeadAddress] = (LeadAddress(),)
    """The address of this visit; in a tuple, it is read without a proxy."""
    _shows: tuple[Mapping[str, object]] = ({},)
    """What was put into the vars last."""

    def _open(self) -> None:
        address = self._address()
        self._at = (address,)
        query = address.wanted.query
        if query in self._searches:
            self._searches = self._searches[self._searches.index(query) + 1 :]
        elif query != self.query:
            self.search_form += 1
            self._searches = []
        self.query = query
        super()._open()

    def _address(self) -> LeadAddress:
        return LeadAddress.of(dict(self.router.url.query_parameters))

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        (address,) = self._at
        choices = await live.share(
            actor,
            "choices of leads",
            lambda: _read_choices(actor),
            lasts=CHOICES_LAST_SECONDS,
        )
        shared = await live.share(
            actor,
            ("leads", address, choices),
            lambda: _read_list(actor, address, choices, now),
        )
        drawn = await self._read_drawer(actor, now)
        return _Content(shared, drawn, may_erase=actor.role is Role.ADMIN)

    async def _read_drawn(
        self, actor: Actor, drawn_id: str, now: datetime
    ) -> ShownLead | None:
        return await read_drawn_lead(actor, drawn_id, now)

    def _show(self, content: _Content) -> None:
        shared = content.shared
        address = shared.address
        if shared.next_cursor is not None:
            self._remember(shared.next_cursor, address.cursor)
        self._assign(may_erase=content.may_erase, previous_href=self._previous(address))
        self._put(shared.values)
        self._show_drawer(content.drawn)

    def _put(self, values: Mapping[str, object]) -> None:
        """Assign what differs from what was put before, which no proxy has to read."""
        (before,) = self._shows
        for name, value in values.items():
            if name not in before or before[name] != value:
                setattr(self, name, value)
        self._shows = (values,)

    def _previous(self, address: LeadAddress) -> str:
        if not address.cursor:
            return ""
        before = self._came_from.get(address.cursor, "")
        return address.at(
            before, max(address.skipped - PAGE_SIZE, 0) if before else 0
        ).href()

    def _remember(self, cursor: str, came_from: str) -> None:
        if self._came_from.get(cursor) == came_from:
            return
        kept = [*self._came_from.items()][-MAXIMUM_PAGES_REMEMBERED + 1 :]
        self._came_from = {**dict(kept), cursor: came_from}

    @rx.event
    def search(self, query: str) -> EventSpec:
        """Go to the address of this search."""
        wanted = query if isinstance(query, str) else ""
        address = self._address().changed(q=wanted)
        self._searches = [*self._searches, address.wanted.query][-10:]
        return rx.redirect(address.href(), replace=True)

    @rx.event
    def narrow(self, name: str, value: str) -> EventSpec | None:
        """Go to the address of this list with one filter changed."""
        if name not in FILTER_NAMES or not isinstance(value, str):
            return None
        return rx.redirect(self._address().changed(**{name: value}).href())

    @rx.event
    def narrow_score(self, form: dict[str, object]) -> EventSpec:
        """Go to the address of this list within a range of scores."""
        changes = {name: read_text(form, name) for name in ("minScore", "maxScore")}
        return rx.redirect(self._address().changed(**changes).href())


async def _read_choices(actor: Actor) -> LeadChoices:
    async with database.transaction(actor.project_id) as session:
        return await read_choices(session, actor)


async def _read_list(
    actor: Actor, address: LeadAddress, choices: LeadChoices, now: datetime
) -> _List:
    async with database.transaction(actor.project_id) as session:
        try:
            page = await list_leads(
                session,
                actor,
                now=now,
                limit=PAGE_SIZE,
                cursor=address.cursor or None,
                wanted=address.wanted,
                sort=address.sort,
                stage_counts=choices.counts,
            )
        except InvalidInputError:  # a cursor that somebody made up
            page = LeadPage((), 0, None)
    rows = [lead_row(lead, now=now, time_zone=actor.time_zone) for lead in page.leads]
    return _List(
        address,
        page.next_cursor,
        {
            "rows": written(rows),
            "place": address.href(),
            "caption": _SORTED[address.sort],
            **_toolbar(address, choices),
            **_pager(address, page),
        },
    )


def _toolbar(address: LeadAddress, choices: LeadChoices) -> Mapping[str, object]:
    tags = {*choices.tags, address.wanted.tag or ""} - {""}
    types = {*choices.event_types, address.wanted.event_type or ""} - {""}
    return {
        "tabs": _tabs(address, choices.counts),
        "members": list(choices.members),
        "tags": sorted(tags),
        "event_types": sorted(types),
        "filters": shown_filters(address),
        "filtered": address.wanted != LeadFilter(),
        "clear_href": LeadAddress(sort=address.sort).href(),
        "score_head": _head(address, LeadSort.SCORE),
        "seen_head": _head(address, LeadSort.LAST_SEEN),
        "newest_head": _head(address, LeadSort.NEWEST),
        "export_href": replace(address, cursor="", skipped=0).href(EXPORT_PATH),
    }


def _pager(address: LeadAddress, page: LeadPage) -> dict[str, object]:
    last = address.skipped + len(page.leads)
    following = page.next_cursor and address.at(page.next_cursor, last).href()
    return {
        "range_text": _range(address, page, last),
        "next_href": following or "",
    }


def _range(address: LeadAddress, page: LeadPage, last: int) -> str:
    more = "" if page.total_is_exact else "+"
    if not page.leads:
        return f"{words.number(page.total)}{more} in all"
    total = words.number(max(page.total, last)) + more
    first = words.number(address.skipped + 1)
    return f"{first} to {words.number(last)} of {total}"
