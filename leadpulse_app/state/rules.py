"""The rules, the draft of the next version, the versions so far, and a simulator."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from uuid import UUID

import reflex as rx
from pydantic import TypeAdapter, ValidationError
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.rule_edits import (
    Edit,
    add_rule,
    change_rule,
    remove_rule,
    switch_rule,
)
from leadpulse_app.domain.ruleset import (
    EVENT_TYPE_RULE,
    EventType,
    Rule,
    Rules,
    rule_content,
)
from leadpulse_app.domain.simulation import RuleOutcome, simulate
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
)
from leadpulse_app.state import rule_words, words
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.moments import NEVER, Moment, moment_of, zone_of
from leadpulse_app.state.pages import SettledPage

VERSIONS_SHOWN = 10
"""Versions that are listed at a time."""

MAXIMUM_PASTED = 32_768
"""Characters of an event that is pasted into the simulator: what ingest takes."""

_EVENT_TYPE: TypeAdapter[str] = TypeAdapter(EventType)

NEW_RULE = "new"
"""What stands for a rule that is not there yet, where an id does for others."""


@dataclass(frozen=True)
class RuleRow:
    """A rule as a line of the table, and as its editor begins with it."""

    id: str
    name: str
    description: str
    event_type: str
    points: str
    points_text: str
    active: bool
    change: str
    """How it differs from what is in force: "New", "Edited" or nothing."""


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
class OutcomeRow:
    """What a rule would do with an event."""

    id: str
    name: str
    points: str
    miss: str


@dataclass(frozen=True)
class _Content:
    ruleset: ActiveRuleset
    draft: Draft | None
    history: VersionPage
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

    changes: list[str] = []
    """What the draft changes, a line a rule."""
    changes_text: str = ""
    draft_by: str = ""
    drafted: Moment = NEVER
    outdated: bool = False

    editing: str = ""
    """The rule whose editor is open, or `NEW_RULE`; empty for none."""
    problems: dict[str, str] = {}
    """What is wrong with what was entered, by field."""

    versions: list[VersionRow] = []
    has_older_versions: bool = False

    event_types: list[str] = []
    tried: str = ""
    """The type of event that the simulator tries; empty for none."""
    tried_points: str = ""
    tried_problem: str = ""
    firing: list[OutcomeRow] = []
    resting: list[OutcomeRow] = []

    _rules: Rules = ()
    _draft_seen: datetime | None = None
    _versions_cursor: str | None = None

    def _open(self) -> None:
        super()._open()
        self._close()

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        async with database.transaction(actor.project_id) as session:
            return _Content(
                ruleset=await active_ruleset(session, actor),
                draft=await get_draft(session, actor),
                history=await list_versions(session, actor, limit=VERSIONS_SHOWN),
                actor=actor,
                now=now,
            )

    def _show(self, content: _Content) -> None:
        ruleset, draft, actor = content.ruleset, content.draft, content.actor
        zone = zone_of(actor.time_zone)
        self._rules = draft.rules if draft else ruleset.rules
        changed = _changes_by_rule(draft)
        self.rows = [_row(rule, changed.get(rule.id, "")) for rule in self._rules]
        self.event_types = sorted({rule.event_type for rule in self._rules})
        self.version = str(ruleset.version)
        self.published = moment_of(ruleset.published_at, now=content.now, zone=zone)
        self.published_by = ruleset.published_by_name or "LeadPulse"
        self.may_edit = actor.role is Role.ADMIN
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

    def _show_versions(self, page: VersionPage, now: datetime, zone: tzinfo) -> None:
        self.versions += [
            _version_row(version, now=now, zone=zone) for version in page.versions
        ]
        self._versions_cursor = page.next_cursor
        self.has_older_versions = page.next_cursor is not None

    def _close(self) -> None:
        self.editing = ""
        self.problems = {}

    @rx.event
    def toggle_editor(self, rule_id: str, is_open: bool) -> None:
        """Open the editor of a rule, or close it without keeping what was entered."""
        self._close()
        known = {NEW_RULE, *(row.id for row in self.rows)}
        if is_open is True and isinstance(rule_id, str) and rule_id in known:
            self.editing = rule_id

    @rx.event
    async def save(self, form: dict[str, object]) -> None:
        """Keep what was entered for the rule whose editor is open, in the draft."""
        try:
            content = rule_content(self._entered(form))
            if self.editing == NEW_RULE:
                rule = Rule(id=uuid7(datetime.now(UTC)), **content.model_dump())
                await self._edit(add_rule(rule))
            else:
                await self._edit(change_rule(_rule_id(self.editing), content))
        except InvalidInputError as error:
            self.problems = dict(error.details or {})

    def _entered(self, form: object) -> dict[str, object]:
        given = form if isinstance(form, dict) else {}
        return {
            "name": given.get("name"),
            "description": given.get("description"),
            "event_type": _trimmed(given.get("event_type")),
            "points": _whole_number(given.get("points")),
            "active": all(row.active for row in self.rows if row.id == self.editing),
        }

    @rx.event
    async def switch(self, rule_id: str, active: bool) -> None:
        """Switch a rule of the draft on or off."""
        await self._edit(switch_rule(_rule_id(rule_id), active=active is True))

    @rx.event
    async def remove(self, rule_id: str) -> None:
        """Take a rule out of the draft."""
        await self._edit(remove_rule(_rule_id(rule_id)))

    async def _edit(self, edit: Edit) -> None:
        actor, now = current_actor(), datetime.now(UTC)
        async with database.transaction(actor.project_id) as session:
            await edit_draft(session, actor, edit, now=now)
        await self._settle(actor, now)

    async def _settle(self, actor: Actor, now: datetime) -> None:
        self._close()
        self._show(await self._read(actor, now))
        self._simulate()

    @rx.event
    async def discard(self) -> EventSpec:
        """Go back to the rules in force."""
        actor, now = current_actor(), datetime.now(UTC)
        async with database.transaction(actor.project_id) as session:
            await discard_draft(session, actor)
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
    async def publish(self) -> EventSpec:
        """Put the draft in force as it is shown here."""
        actor, now = current_actor(), datetime.now(UTC)
        try:
            async with database.transaction(actor.project_id) as session:
                version = await publish_draft(
                    session, actor, now=now, seen_at=self._draft_seen
                )
        except ConflictError as error:
            await self._settle(actor, now)
            return rx.toast.error(f"{error.message}.")
        await self._settle(actor, now)
        return rx.toast.success(f"Version {version} is in force for new events.")

    @rx.event
    async def roll_back(self, version: str) -> EventSpec:
        """Put the rules of an older version in force again."""
        actor, now = current_actor(), datetime.now(UTC)
        async with database.transaction(actor.project_id) as session:
            current = await roll_back(session, actor, _version(version), now=now)
        await self._settle(actor, now)
        return rx.toast.success(
            f"Version {current} is in force, with the rules of version {version}."
        )

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

    @rx.event
    def try_type(self, event_type: str) -> None:
        """Show what the rules on the page do with an event of this type."""
        self.tried = event_type if event_type in self.event_types else ""
        self.tried_problem = ""
        self._simulate()

    @rx.event
    def try_event(self, form: dict[str, object]) -> None:
        """Show what the rules on the page do with an event that was pasted."""
        self.tried, self.tried_problem = "", ""
        try:
            self.tried = _pasted_type(
                form.get("event") if isinstance(form, dict) else None
            )
        except InvalidInputError as error:
            self.tried_problem = f"{error.message}."
        self._simulate()

    def _simulate(self) -> None:
        if not self.tried:
            self.firing, self.resting = [], []
            return
        outcomes = simulate(self._rules, {self.tried: 1})
        self.firing = [_outcome_row(each) for each in outcomes if each.fires]
        self.resting = [_outcome_row(each) for each in outcomes if not each.fires]
        self.tried_points = words.signed(sum(each.points for each in outcomes))


def _row(rule: Rule, change: str) -> RuleRow:
    return RuleRow(
        id=str(rule.id),
        name=rule.name,
        description=rule.description,
        event_type=rule.event_type,
        points=str(rule.points),
        points_text=words.signed(rule.points),
        active=rule.active,
        change=change,
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


def _outcome_row(outcome: RuleOutcome) -> OutcomeRow:
    return OutcomeRow(
        id=str(outcome.rule.id),
        name=outcome.rule.name,
        points=words.signed(outcome.rule.points),
        miss=rule_words.miss(outcome),
    )


def _rule_id(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise NotFoundError("There is no such rule") from None


def _version(text: object) -> int:
    number = _whole_number(text)
    if not isinstance(number, int) or not 0 < number < 2**31:
        raise NotFoundError("There is no such version")
    return number


def _trimmed(text: object) -> object:
    return text.strip() if isinstance(text, str) else text


def _whole_number(text: object) -> object:
    """Return the number that a text stands for, or what it is where it is none."""
    try:
        return int(text) if isinstance(text, str) else text
    except ValueError:
        return text


def _pasted_type(text: object) -> str:
    """Return the type of an event that was pasted as JSON.

    Raises:
        InvalidInputError: It is no event.
    """
    if not isinstance(text, str) or len(text) > MAXIMUM_PASTED:
        raise InvalidInputError("The event is too long")
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInputError("This is not JSON") from None
    if not isinstance(event, dict) or "event" not in event:
        raise InvalidInputError('The event has to be an object with an "event"')
    try:
        return _EVENT_TYPE.validate_python(event["event"])
    except ValidationError:
        raise InvalidInputError(EVENT_TYPE_RULE) from None
