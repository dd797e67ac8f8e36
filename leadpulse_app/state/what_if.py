"""The preview of the draft: its progress while a worker has it, then what it says."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec
from sqlalchemy.exc import SQLAlchemyError

from leadpulse_app import database
from leadpulse_app.domain.errors import LeadPulseError
from leadpulse_app.domain.stage import Thresholds
from leadpulse_app.domain.what_if import (
    Bar,
    ChangedLead,
    Move,
    RulePoints,
    RuleShare,
    StageCount,
    WhatIf,
)
from leadpulse_app.models import Role
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.previews import (
    PreviewState,
    PreviewStatus,
    cancel_preview,
    get_preview,
    start_preview,
)
from leadpulse_app.state import live, words
from leadpulse_app.state.guard import current_actor, locked, resolve_current_actor
from leadpulse_app.state.leads import LEADS_PATH
from leadpulse_app.state.moments import NEVER, Moment, moment_of, zone_of

POLL_SECONDS = 1.0
"""How often it is asked how far a worker has come."""

LABELS = 8
"""Scores that are written under the distribution, at most."""

WORD_PERCENT = 10
"""So wide a stage's part of the distribution has to be for its name."""

AWAY = "LeadPulse can't reach its database. This goes on by itself when it is back."

BY_HAND = "By hand"
"""What stands for a rule where people gave or took points."""

ARROW = "\N{RIGHTWARDS ARROW}"
DASH = "\N{EN DASH}"

_ENDED = (PreviewStatus.FAILED, PreviewStatus.CANCELLED)


@dataclass(frozen=True)
class BarRow:
    """How many leads have scores within a range; heights in percent of the highest."""

    start: str
    label: str
    """What is written below; most have nothing."""
    old_height: str
    new_height: str
    text: str


@dataclass(frozen=True)
class BandRow:
    """A stage's part of the distribution, in percent of its width."""

    stage: str
    width: str
    word: str
    """What is written on it, if it is wide enough."""
    text: str


@dataclass(frozen=True)
class StageRow:
    """How many leads are in a stage."""

    stage: str
    old: str
    new: str
    change: str


@dataclass(frozen=True)
class LeadRow:
    """A lead that changes its stage."""

    id: str
    name: str
    href: str
    old_score: str
    new_score: str


@dataclass(frozen=True)
class MoveRow:
    """The leads that go from one stage to another."""

    old_stage: str
    new_stage: str
    count: str
    leads: list[LeadRow]
    more: str
    """How many are not named."""


@dataclass(frozen=True)
class ShareRow:
    """What a rule gives one lead, before and after."""

    id: str
    name: str
    old_times: str
    old_points: str
    new_times: str
    new_points: str
    change: str


@dataclass(frozen=True)
class ChangedRow:
    """A lead whose score changes, and why."""

    id: str
    name: str
    href: str
    old_score: str
    new_score: str
    change: str
    old_stage: str
    new_stage: str
    rules: list[ShareRow]


@dataclass(frozen=True)
class RuleRow:
    """What a rule gives all leads together, before and after."""

    id: str
    name: str
    old: str
    new: str
    change: str


class WhatIfState(rx.State):
    """What the dialog of the preview shows."""

    is_open: bool = False
    status: str = ""
    """A `PreviewStatus`; empty while it is not known."""
    percent: int = 0
    progress: str = ""
    problem: str = ""
    stale: bool = False

    summary: str = ""
    as_of: Moment = NEVER
    bars: list[BarRow] = []
    bands: list[BandRow] = []
    """By the thresholds of the draft."""
    old_bands: list[BandRow] = []
    """By those in force, where they are others."""
    stages: list[StageRow] = []
    moves: list[MoveRow] = []
    leads: list[ChangedRow] = []
    rules: list[RuleRow] = []

    _turn: int = 0
    """Counts who follows the preview: the last one alone shows it."""

    @rx.event
    def toggle(self, is_open: bool) -> EventSpec | None:
        """Open the dialog with the preview of the draft, or close it."""
        self.is_open = is_open is True
        self._turn += 1
        if not self.is_open:
            return None
        self._begin()
        return WhatIfState.follow

    @rx.event
    def start_again(self) -> EventSpec:
        """Preview the draft as it stands by now."""
        self._turn += 1
        self._begin()
        return WhatIfState.follow_new

    @rx.event
    async def cancel(self) -> None:
        """Call off the preview that is under way."""
        actor, now = current_actor(), datetime.now(UTC)
        async with database.transaction(actor.project_id) as session:
            await cancel_preview(session, actor, now=now)
            newest = await get_preview(session, actor)
        self._show(newest, now=now, zone=zone_of(actor.time_zone))

    @rx.event(background=True)
    async def follow(self) -> None:
        """Show the newest preview; begin one where that is not of the draft."""
        await self._follow(anew=False)

    @rx.event(background=True)
    async def follow_new(self) -> None:
        """Begin a preview and show it."""
        await self._follow(anew=True)

    async def _follow(self, *, anew: bool) -> None:
        async with locked(self):
            turn, tab = self._turn, self.router.session.client_token
        preview_id: UUID | None = None
        while live.hub.is_open(tab):
            now = datetime.now(UTC)
            try:
                actor = await resolve_current_actor()
                found = await read_preview(
                    actor, now=now, anew=anew, begin=preview_id is None
                )
            except LeadPulseError as error:
                async with locked(self):
                    if self._turn == turn:
                        self._fail(f"{error.message}.")
                return
            except SQLAlchemyError:
                async with locked(self):
                    if self._turn != turn:
                        return
                    self.problem = AWAY
            else:
                async with locked(self, actor):
                    if self._turn != turn:
                        return
                    self._show(found, now=now, zone=zone_of(actor.time_zone))
                if found is None or found.finished_at is not None:
                    return
                preview_id = found.id
            await asyncio.sleep(POLL_SECONDS)

    def _begin(self) -> None:
        self.status, self.problem, self.progress = "", "", ""
        self.percent, self.stale = 0, False

    def _fail(self, problem: str) -> None:
        self.status, self.problem = PreviewStatus.FAILED, problem

    def _show(
        self, preview: PreviewState | None, *, now: datetime, zone: tzinfo
    ) -> None:
        if preview is None:
            self._fail("Nobody has previewed the draft yet.")
            return
        self.status = preview.status
        self.stale = preview.is_stale
        self.problem = f"{preview.error}." if preview.error else ""
        self.percent = words.percent(preview.leads, preview.all_leads)
        self.progress = (
            f"{words.number(preview.leads)} of {words.count(preview.all_leads, 'lead')}"
            if preview.all_leads
            else ""
        )
        if preview.result is not None:
            self._show_result(preview, preview.result)
            self.as_of = moment_of(preview.result.as_of, now=now, zone=zone)

    def _show_result(self, preview: PreviewState, result: WhatIf) -> None:
        names = {
            lead_id: preview.lead_names.get(lead_id, "A lead that is gone")
            for lead_id in result.lead_ids()
        }
        self.summary = (
            f"{words.number(result.changed)} of {words.count(result.leads, 'lead')} "
            f"would have another score, "
            f"{words.number(sum(move.leads for move in result.moves))} another stage"
        )
        highest = max((max(bar.old, bar.new) for bar in result.bars), default=0)
        every = -(-len(result.bars) // LABELS)
        self.bars = [
            _bar(bar, highest=highest, labelled=number % every == 0)
            for number, bar in enumerate(result.bars)
        ]
        self.bands = _bands(result.new_thresholds, result.bars)
        self.old_bands = (
            _bands(result.old_thresholds, result.bars)
            if result.old_thresholds != result.new_thresholds
            else []
        )
        self.stages = [_stage(each) for each in reversed(result.stages)]
        self.moves = [_move(move, names) for move in result.moves]
        self.leads = [_changed(lead, names) for lead in result.most_changed]
        self.rules = [_rule(rule) for rule in result.rules]


async def read_preview(
    actor: Actor, *, now: datetime, anew: bool, begin: bool
) -> PreviewState | None:
    """Return the newest preview of the actor's project.

    Args:
        actor: Who asks.
        now: The time at which it is asked for.
        anew: Whether a new one is wanted, whatever there is.
        begin: Whether to begin one, where it is wanted or there is none of the draft
            as it stands. A member who is no admin looks at what there is.

    Raises:
        ForbiddenError: The actor wants a new one and is no admin.
        ConflictError: There is no draft.
    """
    async with database.transaction(actor.project_id) as session:
        newest = await get_preview(session, actor)
        is_wanted = anew or (
            actor.role is Role.ADMIN
            and (newest is None or newest.is_stale or newest.status in _ENDED)
        )
        if begin and is_wanted:
            return await start_preview(session, actor, now=now)
        return newest


def _bar(bar: Bar, *, highest: int, labelled: bool) -> BarRow:
    start = words.number(bar.start)
    scores = f"{start} or more" if bar.end is None else start
    if bar.end is not None and bar.end - bar.start > 1:
        scores = f"{start}{DASH}{words.number(bar.end - 1)}"
    return BarRow(
        start=start,
        label=start if labelled else "",
        old_height=_height(bar.old, highest),
        new_height=_height(bar.new, highest),
        text=f"{scores} points: {words.number(bar.old)} {ARROW} "
        f"{words.count(bar.new, 'lead')}",
    )


def _height(leads: int, highest: int) -> str:
    return f"{100 * leads / highest:.1f}%" if highest else "0%"


def _bands(thresholds: Thresholds, bars: tuple[Bar, ...]) -> list[BandRow]:
    width = bars[0].end or 1
    end = width * len(bars)
    begins = thresholds.ascending()
    ends = [*(each.score for each in begins[1:]), end]
    bands = []
    for (stage, score), above in zip(begins, ends, strict=True):
        percent = 100 * (min(above, end) - score) / end
        if percent > 0:
            word = stage.capitalize()
            bands.append(
                BandRow(
                    stage=stage,
                    width=f"{percent:.2f}%",
                    word=word if percent >= WORD_PERCENT else "",
                    text=f"{word}: from {words.count(score, 'point')}",
                )
            )
    return bands


def _stage(count: StageCount) -> StageRow:
    return StageRow(
        stage=count.stage,
        old=words.number(count.old),
        new=words.number(count.new),
        change=words.signed(count.new - count.old),
    )


def _move(move: Move, names: dict[UUID, str]) -> MoveRow:
    unnamed = move.leads - len(move.most_changed)
    return MoveRow(
        old_stage=move.old_stage,
        new_stage=move.new_stage,
        count=words.count(move.leads, "lead"),
        leads=[
            LeadRow(
                id=str(lead.id),
                name=names[lead.id],
                href=f"{LEADS_PATH}/{lead.id}",
                old_score=words.number(lead.old_score),
                new_score=words.number(lead.new_score),
            )
            for lead in move.most_changed
        ],
        more=f"and {words.number(unnamed)} more" if unnamed else "",
    )


def _changed(lead: ChangedLead, names: dict[UUID, str]) -> ChangedRow:
    return ChangedRow(
        id=str(lead.id),
        name=names[lead.id],
        href=f"{LEADS_PATH}/{lead.id}",
        old_score=words.number(lead.old_score),
        new_score=words.number(lead.new_score),
        change=words.signed(lead.new_score - lead.old_score),
        old_stage=lead.old_stage,
        new_stage=lead.new_stage,
        rules=[_share(rule) for rule in lead.rules],
    )


def _share(rule: RuleShare) -> ShareRow:
    old_times, old_points = _given(rule.old_times, rule.old_points)
    new_times, new_points = _given(rule.new_times, rule.new_points)
    return ShareRow(
        id=str(rule.rule_id),
        name=rule.name or BY_HAND,
        old_times=old_times,
        old_points=old_points,
        new_times=new_times,
        new_points=new_points,
        change=words.signed(rule.new_points - rule.old_points),
    )


def _given(times: int, points: int) -> tuple[str, str]:
    return (words.times(times), words.signed(points)) if times else ("", words.NOTHING)


def _rule(rule: RulePoints) -> RuleRow:
    return RuleRow(
        id=str(rule.rule_id),
        name=rule.name or BY_HAND,
        old=words.number(rule.old),
        new=words.number(rule.new),
        change=words.signed(rule.new - rule.old),
    )
