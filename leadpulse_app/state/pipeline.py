"""The pipeline: a column of cards for each stage, which hold still while looked at."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime

import reflex as rx

from leadpulse_app import database
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.pipeline import (
    MAXIMUM_CARDS,
    Card,
    Column,
    read_pipeline,
)
from leadpulse_app.state import live, words
from leadpulse_app.state.guard import locked
from leadpulse_app.state.leads import LEADS_PATH
from leadpulse_app.state.moments import Moment, moment_of, zone_of
from leadpulse_app.state.pages import LivePage

_NAMES = tuple(Stage)

STEP = 30
"""How many cards a column begins with, and how many more are shown at a time."""

HOLDS = ("pointer", "focus")
"""What holds a column still."""

RELEASE_SECONDS = 0.3
"""How long after it was left a column moves again: focus that goes from card to card
leaves it for a moment."""


@dataclass(frozen=True)
class CardView:
    """A lead as a card."""

    id: str
    href: str
    name: str
    company: str
    score: str
    score_percent: int
    owner: str
    owner_initials: str
    next_action: str
    seen: Moment
    moved: str
    """Odd or even, in turns, each time it came here from another stage."""


@dataclass(frozen=True)
class ColumnView:
    """A stage as a column."""

    count: str = "0"
    cards: list[CardView] = field(default_factory=list)
    has_more: bool = False
    """Whether more cards can be shown here."""
    rest: str = ""
    """How many leads are not shown, where a column holds no more."""
    held_back: str = ""
    """How many cards changed and are not shown so yet."""


@dataclass(frozen=True)
class _Content:
    columns: dict[Stage, Column]
    now: datetime
    time_zone: str


class PipelineState(LivePage, rx.State):
    """What the pipeline shows."""

    cold: ColumnView = ColumnView()
    warm: ColumnView = ColumnView()
    hot: ColumnView = ColumnView()
    qualified: ColumnView = ColumnView()
    is_empty: bool = False
    chosen: str = Stage.QUALIFIED
    """The stage that a narrow screen shows."""

    _lengths: dict[str, int] = dict.fromkeys(Stage, STEP)
    _holds: set[tuple[str, str]] = set()
    _content: _Content | None = None
    _stages: dict[str, str] = {}
    """In which column each card was shown last."""
    _moves: dict[str, int] = {}
    """How often each card moved while this page was open."""

    def _open(self) -> None:
        self._lengths = dict.fromkeys(Stage, STEP)
        self._holds = set()
        self._stages, self._moves = {}, {}
        super()._open()

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        lengths = {stage: self._lengths.get(stage, STEP) for stage in Stage}

        async def read() -> dict[Stage, Column]:
            async with database.transaction(actor.project_id) as session:
                return await read_pipeline(session, actor, now=now, lengths=lengths)

        what = ("pipeline", *lengths.values())
        columns = await live.share(actor, what, read)
        return _Content(columns, now, actor.time_zone)

    def _show(self, content: _Content) -> None:
        self._content = content
        self.is_empty = not any(column.leads for column in content.columns.values())
        for stage in Stage:
            if self._is_held(stage):
                self._count_changes(stage, content)
            else:
                self._show_column(stage, content)
        shown = {
            str(card.id) for column in content.columns.values() for card in column.cards
        }
        self._stages = {key: self._stages[key] for key in self._stages.keys() & shown}
        self._moves = {key: self._moves[key] for key in self._moves.keys() & shown}

    def _show_column(self, stage: Stage, content: _Content) -> None:
        column = content.columns[stage]
        for card in column.cards:
            before = self._stages.get(str(card.id), stage)
            if before != stage:
                self._moves[str(card.id)] = self._moves.get(str(card.id), 0) + 1
            self._stages[str(card.id)] = stage.value
        self._assign(**{stage: self._view(stage, column, content)})

    def _count_changes(self, stage: Stage, content: _Content) -> None:
        shown: ColumnView = getattr(self, stage)
        column = content.columns[stage]
        old = {(card.id, card.score) for card in shown.cards}
        new = {(str(card.id), words.number(card.score)) for card in column.cards}
        changed = len({card_id for card_id, _ in old ^ new})
        view = replace(
            shown,
            count=words.number(column.leads),
            held_back=f"{words.number(changed)} changed" if changed else "",
        )
        self._assign(**{stage: view})

    def _view(self, stage: Stage, column: Column, content: _Content) -> ColumnView:
        rest = column.leads - len(column.cards)
        length = self._lengths.get(stage, STEP)
        return ColumnView(
            count=words.number(column.leads),
            cards=[self._card(card, content) for card in column.cards],
            has_more=rest > 0 and length < MAXIMUM_CARDS,
            rest=f"{words.number(rest)} more in Leads"
            if rest > 0 and length >= MAXIMUM_CARDS
            else "",
        )

    def _card(self, card: Card, content: _Content) -> CardView:
        moves = self._moves.get(str(card.id), 0)
        owner = card.owner_name or ""
        return CardView(
            id=str(card.id),
            href=f"{LEADS_PATH}/{card.id}",
            name=card.label,
            company=card.company or "",
            score=words.number(card.score),
            score_percent=words.percent(card.score, words.FULL_BAR_SCORE),
            owner=owner,
            owner_initials=words.initials(owner),
            next_action=words.action(card.next_action),
            seen=moment_of(
                card.seen_at, now=content.now, zone=zone_of(content.time_zone)
            ),
            moved="" if not moves else "odd" if moves % 2 else "even",
        )

    def _is_held(self, stage: str) -> bool:
        return any((stage, how) in self._holds for how in HOLDS)

    @rx.event
    def choose(self, stage: str) -> None:
        """Show this stage where there is room for one."""
        if stage in _NAMES:
            self.chosen = stage

    @rx.event
    def show_more(self, stage: str) -> None:
        """Show more cards of a stage."""
        if stage in _NAMES:
            length = self._lengths.get(stage, STEP) + STEP
            self._lengths = {**self._lengths, stage: min(length, MAXIMUM_CARDS)}
            self._holds = {hold for hold in self._holds if hold[0] != stage}
            live.hub.wake(self.router.session.client_token)

    @rx.event
    def show_changes(self, stage: str) -> None:
        """Show a column that is held still as it is by now."""
        if stage in _NAMES and self._content is not None:
            self._show_column(Stage(stage), self._content)

    @rx.event
    def hold(self, stage: str, how: str) -> None:
        """Hold a column still, for the pointer or the focus is in it."""
        if stage in _NAMES and how in HOLDS:
            self._holds = self._holds | {(stage, how)}

    @rx.event(background=True)
    async def release(self, stage: str, how: str) -> None:
        """Let a column move again, unless it is held anew or otherwise."""
        if stage not in _NAMES or how not in HOLDS:
            return
        async with locked(self):
            self._holds = self._holds - {(stage, how)}
        await asyncio.sleep(RELEASE_SECONDS)
        async with locked(self):
            if not self._is_held(stage) and self._content is not None:
                self._show_column(Stage(stage), self._content)
