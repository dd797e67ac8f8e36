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
    edits: int = 0
    form: int = 0
    """Counts the times the inputs were filled anew."""

    _edited: dict[str, int | None] = {}

    @rx.var
    def edits_text(self) -> str:
        """How many rules have other points than are in force."""
        return "1 change" if self.edits == 1 else f"{self.edits} changes"

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
        self.version = str(ruleset.version)
        self.published = moment_of(
            ruleset.published_at, now=content.now, zone=zone_of(actor.time_zone)
        )
        self.published_by = ruleset.published_by_name or "LeadPulse"
        self.may_edit = actor.role is Role.ADMIN
        self._clear_edits()

    def _clear_edits(self) -> None:
        self._edited = {}
        self.edits = 0
        self.form += 1

    @rx.event
    def edit(self, rule_id: str, points: str) -> None:
        """Keep the points typed for a rule until they are published."""
        row = next((row for row in self.rows if row.id == rule_id), None)
        if row is None:
            return
        wanted = _whole_number(points)
        if wanted is not None and str(wanted) == row.points:
            self._edited.pop(row.id, None)
        else:
            self._edited[row.id] = wanted
        self.edits = len(self._edited)

    @rx.event
    def discard(self) -> None:
        """Go back to the points in force."""
        self._clear_edits()

    @rx.event
    async def publish(self) -> EventSpec:
        """Put the edited points in force as a new version."""
        actor, now = current_actor(), datetime.now(UTC)
        try:
            async with database.transaction(actor.project_id) as session:
                version = await publish_points(
                    session, actor, points=self._valid_edits(), now=now
                )
        except InvalidInputError as error:
            return rx.toast.error(error.message)
        self._show(await self._read(actor, now))
        return rx.toast.success(f"Version {version} is in force for new events.")

    def _valid_edits(self) -> dict[UUID, int]:
        points = {}
        for rule_id, wanted in self._edited.items():
            if wanted is None:
                name = next(row.name for row in self.rows if row.id == rule_id)
                raise InvalidInputError(
                    f"The points of “{name}” have to be a whole number between "
                    f"{MINIMUM_POINTS:,} and {MAXIMUM_POINTS:,}."
                )
            points[UUID(rule_id)] = wanted
        return points


def _whole_number(text: object) -> int | None:
    """Return the number, or nothing where it is none within the bounds."""
    try:
        number = int(str(text)[:12])
    except ValueError:
        return None
    return number if MINIMUM_POINTS <= number <= MAXIMUM_POINTS else None
