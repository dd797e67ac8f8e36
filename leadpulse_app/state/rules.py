"""The rules in force, and the points an admin is changing."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app import database
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.ruleset import MAXIMUM_POINTS, MINIMUM_POINTS
from leadpulse_app.models import Role
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.rules import (
    ActiveRuleset,
    active_ruleset,
    publish_points,
)
from leadpulse_app.state import words
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.moments import NEVER, Moment, moment_of, zone_of
from leadpulse_app.state.pages import SettledPage

BOUNDS = (
    "Enter a whole number "
    f"from {words.number(MINIMUM_POINTS)} to {words.number(MAXIMUM_POINTS)}."
)


@dataclass(frozen=True)
class RuleRow:
    """A rule as a line of the table."""

    id: str
    name: str
    description: str
    event_type: str
    points: str
    points_text: str


@dataclass(frozen=True)
class _Content:
    ruleset: ActiveRuleset
    actor: Actor
    now: datetime


class RulesState(SettledPage, rx.State):
    """What the page of the rules shows."""

    rows: list[RuleRow] = []
    version: str = ""
    published: Moment = NEVER
    published_by: str = ""
    may_edit: bool = False
    drafts: dict[str, str] = {}
    """What was typed and is not in force, by rule; it holds for this version."""
    problems: dict[str, str] = {}
    """What is wrong with a draft, by rule."""
    form: int = 0
    """Counts the times the inputs were filled anew."""

    @rx.var
    def edits_text(self) -> str:
        """How many rules have other points than are in force."""
        edits = len(self.drafts)
        return "1 change" if edits == 1 else f"{edits} changes"

    async def _read(self, actor: Actor, now: datetime) -> _Content:
        async with database.transaction(actor.project_id) as session:
            return _Content(await active_ruleset(session, actor), actor, now)

    def _show(self, content: _Content) -> None:
        ruleset, actor = content.ruleset, content.actor
        self.rows = [
            RuleRow(
                id=str(rule.id),
                name=rule.name,
                description=rule.description,
                event_type=rule.event_type,
                points=str(rule.points),
                points_text=words.signed(rule.points),
            )
            for rule in ruleset.rules
            if rule.active
        ]
        if self.version != str(ruleset.version):
            self.version = str(ruleset.version)
            self._drop_drafts()
        self.published = moment_of(
            ruleset.published_at, now=content.now, zone=zone_of(actor.time_zone)
        )
        self.published_by = ruleset.published_by_name or "LeadPulse"
        self.may_edit = actor.role is Role.ADMIN

    def _drop_drafts(self) -> None:
        self.drafts = {}
        self.problems = {}
        self.form += 1

    @rx.event
    def edit(self, rule_id: str, points: str) -> None:
        """Keep the points typed for a rule until they are published."""
        row = next((row for row in self.rows if row.id == rule_id), None)
        if row is None:
            return
        typed = str(points)[:12]
        wanted = _whole_number(typed)
        self.drafts.pop(row.id, None)
        self.problems.pop(row.id, None)
        if wanted is None:
            self.problems[row.id] = BOUNDS
        if str(wanted) != row.points:
            self.drafts[row.id] = typed

    @rx.event
    def discard(self) -> None:
        """Go back to the points in force."""
        self._drop_drafts()

    @rx.event
    async def publish(self) -> EventSpec | None:
        """Put the edited points in force as a new version."""
        if self.problems:
            return None
        actor, now = current_actor(), datetime.now(UTC)
        points = {UUID(rule_id): int(typed) for rule_id, typed in self.drafts.items()}
        try:
            async with database.transaction(actor.project_id) as session:
                version = await publish_points(session, actor, points=points, now=now)
        except InvalidInputError as error:
            return rx.toast.error(error.message)
        self._show(await self._read(actor, now))
        return rx.toast.success(f"Version {version} is in force for new events.")


def _whole_number(text: str) -> int | None:
    """Return the number, or nothing where it is none within the bounds."""
    try:
        number = int(text)
    except ValueError:
        return None
    return number if MINIMUM_POINTS <= number <= MAXIMUM_POINTS else None
