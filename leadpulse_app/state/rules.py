"""The rules, the draft of the next version, the versions so far, and a simulator."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.domain.errors import (
    ConflictError,
    InvalidInputError,
    RuleTestsFailedError,
)
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.rule_edits import (
    Edit,
    add_rule,
    change_limits,
    change_rule,
    remove_rule,
    switch_rule,
)
from leadpulse_app.domain.ruleset import (
    ANY_EVENT,
    Rule,
    RuleKind,
    Rules,
)
from leadpulse_app.models import Role
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.rulesets import (
    ActiveRuleset,
    Draft,
    PublishedVersion,
    VersionPage,
    active_ruleset,
    discard_draft,
    edit_draft,
    get_draft,
    list_versions,
    publish_draft,
    rebase_draft,
    roll_back,
    tried_ruleset,
)
from leadpulse_app.services.rulesets.usage import RuleUsage, rule_usage
from leadpulse_app.state import rule_words, words
from leadpulse_app.state.given import require_uuid
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.limits_form import LimitsForm, form_of_limits, read_limits
from leadpulse_app.state.moments import NEVER, Moment, moment_of, zone_of
from leadpulse_app.state.pages import SettledPage
from leadpulse_app.state.rescoring import RescoreState
from leadpulse_app.state.rule_form import RuleForm, form_of, read_form
from leadpulse_app.state.rule_publish import DRAFT, PublishState, version_number
from leadpulse_app.state.rule_simulator import SimulatorState
from leadpulse_app.state.rule_test_rows import TestRow, read_tests

FAILED_TESTS_SHOWN = 5
"""Tests that fail and are told of above the rules."""

VERSIONS_SHOWN = 10
"""Versions that are listed at a time."""

NEW_RULE = "new"
"""What stands for a rule that is not there yet, where an id does for others."""


@dataclass(frozen=True)
class RuleRow:
    """A rule as a line of the table."""

    id: str
    name: str
    description: str
    fit: bool
    """Whether it is for what a lead is, and not for events."""
    event: str
    """The type of event that it is for; empty for every event, and for a lead."""
    terms: str
    """What it asks, and what bounds its points."""
    points: str
    active: bool
    change: str
    """How it differs from what is in force: "New", "Edited" or nothing."""
    share: str
    """How much of all points it gave and took lately."""
    last_fired: Moment


@dataclass(frozen=True)
class VersionRow:
    """A published version as it is listed."""

    version: str
    title: str
    published: Moment
    published_by: str
    summary: str
    changes: list[str]
    active: bool


@dataclass(frozen=True)
class _Content:
    ruleset: ActiveRuleset
    draft: Draft | None
    history: VersionPage
    usage: Mapping[UUID, RuleUsage]
    tests: list[TestRow]
    actor: Actor
    now: datetime


class RulesState(SettledPage, rx.State):
    """What the page of the rules shows."""

    rows: list[RuleRow] = []
    """The rules of the draft, or those in force where there is none."""
    version: str = ""
    published: Moment = NEVER
    published_by: str = ""
    may_edit: bool = False

    has_draft: bool = False
    changes: list[str] = []
    """What the draft changes, a line a rule, limit or test."""
    changes_text: str = ""
    draft_by: str = ""
    drafted: Moment = NEVER
    outdated: bool = False
    tests: list[TestRow] = []
    """The tests of the draft, or of the rules in force where there is none."""

    editing: str = ""
    """The rule whose editor is open, or `NEW_RULE`; empty for none."""
    editor: RuleForm = RuleForm()
    """What that editor begins with, and its conditions."""
    has_room: bool = True
    """Whether that rule may have one more condition."""
    problems: dict[str, str] = {}
    """What is wrong with what was entered, by field."""

    limits: LimitsForm = LimitsForm()
    limits_shown: int = 0
    """Counts the times the form of the limits was filled anew."""
    limit_problems: dict[str, str] = {}
    """What is wrong with what was entered in it, by field."""

    versions: list[VersionRow] = []
    has_older_versions: bool = False

    event_types: list[str] = []
    _rules: Rules = ()
    _draft_seen: datetime | None = None
    _versions_cursor: str | None = None

    def _open(self) -> None:
        super()._open()
        self._close()
        self.limit_problems = {}

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        async with database.transaction(actor.project_id) as session:
            active = await active_ruleset(session, actor)
            draft = await get_draft(session, actor)
            tried = tried_ruleset(actor, active, (draft or active).content)
            return _Content(
                ruleset=active,
                draft=draft,
                history=await list_versions(session, actor, limit=VERSIONS_SHOWN),
                usage=await rule_usage(session, actor, now=now),
                tests=await read_tests(session, actor, tried, now=now),
                actor=actor,
                now=now,
            )

    def _show(self, content: _Content) -> None:
        ruleset, draft, actor = content.ruleset, content.draft, content.actor
        zone = zone_of(actor.time_zone)
        shown = draft.content if draft else ruleset.content
        self._rules = shown.rules
        self.rows = _rows(content, self._rules, zone)
        self.tests = content.tests
        self.event_types = sorted(
            {rule.event_type for rule in self._rules if rule.event_type} - {ANY_EVENT}
        )
        self.version = str(ruleset.version)
        self.published = moment_of(ruleset.published_at, now=content.now, zone=zone)
        self.published_by = ruleset.published_by_name or "LeadPulse"
        self.may_edit = actor.role is Role.ADMIN
        self._show_limits(form_of_limits(shown.thresholds, shown.group_caps))
        self.has_draft = draft is not None
        self.changes = rule_words.changes(draft.changes) if draft else []
        self.changes_text = words.count(len(self.changes), "change")
        self.outdated = draft is not None and draft.is_outdated
        self.draft_by = draft.updated_by_name if draft else ""
        self.drafted = (
            moment_of(draft.updated_at, now=content.now, zone=zone) if draft else NEVER
        )
        self._draft_seen = draft.updated_at if draft else None
        self.versions = []
        self._show_versions(content.history, content.now, zone)

    def _show_limits(self, limits: LimitsForm) -> None:
        if limits != self.limits:
            self.limits = limits
            self.limits_shown += 1
            self.limit_problems = {}

    def _show_versions(self, page: VersionPage, now: datetime, zone: tzinfo) -> None:
        self.versions += [
            _version_row(version, now=now, zone=zone) for version in page.versions
        ]
        self._versions_cursor = page.next_cursor
        self.has_older_versions = page.next_cursor is not None

    def _close(self) -> None:
        self.editing = ""
        self.problems = {}
        self._edit_form(RuleForm())

    @rx.event
    def toggle_editor(self, rule_id: str, is_open: bool) -> None:
        """Open the editor of a rule, or close it without keeping what was entered."""
        self._close()
        if is_open is not True or not isinstance(rule_id, str):
            return
        rule = self._rule(rule_id)
        if rule is not None or rule_id == NEW_RULE:
            self.editing = rule_id
            self._edit_form(form_of(rule) if rule else RuleForm())

    def _rule(self, rule_id: str) -> Rule | None:
        return next((rule for rule in self._rules if str(rule.id) == rule_id), None)

    def _edit_form(self, form: RuleForm) -> None:
        self.editor, self.has_room = form, form.has_room

    @rx.event
    def choose_kind(self, kind: str) -> None:
        """Let a new rule be for events or for what a lead is."""
        kinds = {each.value: each for each in RuleKind}
        chosen = kinds.get(kind) if isinstance(kind, str) else None
        if self.editing == NEW_RULE and chosen is not None:
            self._edit_form(self.editor.with_kind(chosen))

    @rx.event
    def add_condition(self) -> None:
        """Put one more condition into the editor that is open."""
        if self.editing and not self.editor.nested:
            self._edit_form(self.editor.with_row())

    @rx.event
    def remove_condition(self, key: str) -> None:
        """Take a condition out of the editor that is open."""
        self._edit_form(self.editor.without_row(key))

    @rx.event
    def replace_conditions(self) -> None:
        """Begin new conditions in place of groups, in the editor that is open."""
        self._edit_form(self.editor.without_groups())

    @rx.event
    async def save(self, form: dict[str, object]) -> None:
        """Keep what was entered for the rule whose editor is open, in the draft."""
        entered = form if isinstance(form, dict) else {}
        try:
            content = read_form(self.editor, entered, self._rule(self.editing))
            if self.editing == NEW_RULE:
                rule = Rule(id=uuid7(datetime.now(UTC)), **content.model_dump())
                await self._edit(add_rule(rule))
            else:
                await self._edit(
                    change_rule(require_uuid(self.editing, "rule"), content)
                )
        except InvalidInputError as error:
            self.problems = dict(error.details or {})

    @rx.event
    async def save_limits(self, form: dict[str, object]) -> None:
        """Keep where stages begin, and the limits, in the draft."""
        self.limit_problems = {}
        try:
            thresholds, group_caps = read_limits(form if isinstance(form, dict) else {})
        except InvalidInputError as error:
            self.limit_problems = dict(error.details or {})
            return
        # As they stand in the form already, it keeps its focus.
        self.limits = form_of_limits(thresholds, group_caps)
        await self._edit(change_limits(thresholds, group_caps))

    @rx.event
    async def switch(self, rule_id: str, active: bool) -> None:
        """Switch a rule of the draft on or off."""
        await self._edit(
            switch_rule(require_uuid(rule_id, "rule"), active=active is True)
        )

    @rx.event
    async def remove(self, rule_id: str) -> None:
        """Take a rule out of the draft."""
        await self._edit(remove_rule(require_uuid(rule_id, "rule")))

    async def _edit(self, edit: Edit) -> None:
        actor, now = current_actor(), datetime.now(UTC)
        async with database.transaction(actor.project_id) as session:
            await edit_draft(session, actor, edit, now=now)
        await self._settle(actor, now)

    async def _settle(self, actor: Actor, now: datetime) -> None:
        self._close()
        (await self.get_state(PublishState))._forget()
        self._show(await self._read(actor, now))
        await (await self.get_state(SimulatorState))._show_again()

    @rx.event
    async def discard(self) -> EventSpec:
        """Go back to the rules in force."""
        actor, now = current_actor(), datetime.now(UTC)
        async with database.transaction(actor.project_id) as session:
            await discard_draft(session, actor)
        self.limits = LimitsForm()
        await self._settle(actor, now)
        return rx.toast.success("The draft is discarded.")

    @rx.event
    async def rebase(self) -> EventSpec:
        """Make the draft's changes to the version that is in force by now."""
        actor, now = current_actor(), datetime.now(UTC)
        async with database.transaction(actor.project_id) as session:
            await rebase_draft(session, actor, now=now)
        await self._settle(actor, now)
        return rx.toast.success(f"The draft is based on version {self.version} now.")

    @rx.event
    async def publish(self) -> list[EventSpec]:
        """Put the draft in force as it is shown here, on the terms that were chosen."""
        actor, now = current_actor(), datetime.now(UTC)
        asking = await self.get_state(PublishState)
        terms = asking._terms(DRAFT)
        try:
            async with database.transaction(actor.project_id) as session:
                version = await publish_draft(
                    session, actor, now=now, seen_at=self._draft_seen, terms=terms
                )
        except RuleTestsFailedError as error:
            await asking._ask(DRAFT)
            return [rx.toast.error(f"{error.message}.")]
        except ConflictError as error:
            await self._settle(actor, now)
            return [rx.toast.error(f"{error.message}.")]
        await self._settle(actor, now)
        told = f"Version {version} is in force"
        if not terms.rescores:
            told += " for new events"
        return _told(told, rescores=terms.rescores)

    @rx.event
    async def roll_back(self, version: str) -> list[EventSpec]:
        """Put the rules of an older version in force, on the terms that were chosen."""
        actor, now = current_actor(), datetime.now(UTC)
        number = version_number(version)
        asking = await self.get_state(PublishState)
        terms = asking._terms(str(number))
        try:
            async with database.transaction(actor.project_id) as session:
                current = await roll_back(session, actor, number, now=now, terms=terms)
        except RuleTestsFailedError as error:
            await asking._ask(str(number))
            return [rx.toast.error(f"{error.message}.")]
        is_same = str(current) == self.version
        await self._settle(actor, now)
        if is_same:
            return [rx.toast.info(f"Version {current} stays: it has the same rules.")]
        told = f"Version {current} is in force, with the rules of version {number}"
        return _told(told, rescores=terms.rescores)

    @rx.event
    async def show_older_versions(self) -> None:
        """List further versions below those that are listed."""
        if self._versions_cursor is None:
            return
        actor, now = current_actor(), datetime.now(UTC)
        async with database.transaction(actor.project_id) as session:
            page = await list_versions(
                session, actor, limit=VERSIONS_SHOWN, cursor=self._versions_cursor
            )
        self._show_versions(page, now, zone_of(actor.time_zone))


def _failed(results: Mapping[str, str]) -> list[str]:
    told = [f"“{name}”: {result}" for name, result in results.items()]
    more = len(told) - FAILED_TESTS_SHOWN
    return [*told[:FAILED_TESTS_SHOWN], f"{more} more"] if more > 0 else told


def _rows(content: _Content, rules: Rules, zone: tzinfo) -> list[RuleRow]:
    changed, usage = _changes_by_rule(content.draft), content.usage
    all_points = sum(each.points for each in usage.values())
    rows = []
    for rule in rules:
        used = usage.get(rule.id)
        rows.append(
            _row(
                rule,
                change=changed.get(rule.id, ""),
                share=f"{words.percent(used.points, all_points)}%"
                if used
                else words.NOTHING,
                last_fired=moment_of(used.last_fired_at, now=content.now, zone=zone)
                if used
                else NEVER,
            )
        )
    return rows


def _row(rule: Rule, *, change: str, share: str, last_fired: Moment) -> RuleRow:
    terms = filter(None, (rule_words.asked(rule), rule_words.limits(rule)))
    return RuleRow(
        id=str(rule.id),
        name=rule.name,
        description=rule.description,
        fit=rule.kind is RuleKind.FIT,
        event="" if rule.event_type in (None, ANY_EVENT) else str(rule.event_type),
        terms=" · ".join(terms),
        points=words.signed(rule.points),
        active=rule.active,
        change=change,
        share=share,
        last_fired=last_fired,
    )


def _changes_by_rule(draft: Draft | None) -> dict[UUID, str]:
    if draft is None:
        return {}
    diff = draft.changes
    return {
        **{added.rule.id: "New" for added in diff.added},
        **{change.after.id: "Edited" for change in diff.changed},
    }


def _version_row(
    version: PublishedVersion, *, now: datetime, zone: tzinfo
) -> VersionRow:
    changes = rule_words.changes(version.changes)
    restored = version.restored_version
    return VersionRow(
        version=str(version.version),
        title=f"Version {version.version}",
        published=moment_of(version.published_at, now=now, zone=zone),
        published_by=version.published_by_name or "LeadPulse",
        summary=f"rolled back to version {restored}"
        if restored
        else words.count(len(changes), "change"),
        changes=changes,
        active=version.active,
    )


def _told(what: str, *, rescores: bool) -> list[EventSpec]:
    if not rescores:
        return [rx.toast.success(f"{what}.")]
    told = f"{what}. Every lead is scored again by it."
    return [rx.toast.success(told), RescoreState.follow]
