"""On what terms rules come into force: since when, and in spite of which tests."""

from datetime import UTC, datetime
from enum import StrEnum

import reflex as rx

from leadpulse_app import database
from leadpulse_app.domain.errors import ConflictError, NotFoundError
from leadpulse_app.domain.ruleset import RulesetContent
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.rulesets import (
    FROM_NOW_ON,
    Terms,
    active_ruleset,
    get_draft,
    get_version,
    tried_ruleset,
)
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.rule_form import whole_number
from leadpulse_app.state.rule_test_rows import TestRow, read_tests

DRAFT = "draft"
"""What stands for the draft, where a number does for a version."""


class Reach(StrEnum):
    """What a version holds for."""

    NEW = "new"
    """Events that are scored from then on."""
    PAST = "past"
    """All that was scored before, too."""


class PublishState(rx.State):
    """What is asked before rules come into force."""

    asked: str = ""
    """What is to come into force: `DRAFT` or a version; empty while nothing is."""
    reach: str = Reach.NEW.value
    failing: list[TestRow] = []
    """Its tests that fail."""
    overrides: bool = False
    """Whether it is to come into force in spite of them."""

    @rx.event
    async def toggle(self, subject: str, is_open: bool) -> None:
        """Ask before the draft, or an older version, comes into force; or don't."""
        self._forget()
        if is_open is True:
            await self._ask(subject)

    @rx.event
    def choose_reach(self, reach: str) -> None:
        """Let it hold for new events, or for all that was scored before too."""
        if isinstance(reach, str) and reach in {each.value for each in Reach}:
            self.reach = reach

    @rx.event
    def choose_override(self, overrides: bool) -> None:
        """Let it come into force in spite of the tests that are shown to fail."""
        self.overrides = overrides is True and bool(self.failing)

    def _forget(self) -> None:
        self.asked, self.reach = "", Reach.NEW.value
        self.failing, self.overrides = [], False

    async def _ask(self, subject: object) -> None:
        """Show which of its tests fail. What was chosen besides is kept."""
        version = None if subject == DRAFT else version_number(subject)
        self.failing = await _read_failing(current_actor(), version)
        self.asked = DRAFT if version is None else str(version)
        self.overrides = False

    def _terms(self, subject: str) -> Terms:
        """Return what was chosen for this; what nobody was asked about is as ever."""
        if self.asked != subject:
            return FROM_NOW_ON
        return Terms(rescores=self.reach == Reach.PAST, overrides_tests=self.overrides)


def version_number(text: object) -> int:
    """Return the number of a version, as any client can send it.

    Raises:
        NotFoundError: It is none.
    """
    number = whole_number(text)
    if type(number) is not int or not 0 < number < 2**31:
        raise NotFoundError("There is no such version")
    return number


async def _read_failing(actor: Actor, version: int | None) -> list[TestRow]:
    """Return the tests that fail of a version, or of the draft."""
    now = datetime.now(UTC)
    async with database.transaction(actor.project_id) as session:
        content: RulesetContent
        if version is not None:
            content = (await get_version(session, actor, version)).content
        else:
            draft = await get_draft(session, actor)
            if draft is None:
                raise ConflictError("There is no draft to publish")
            content = draft.content
        active = await active_ruleset(session, actor)
        ruleset = tried_ruleset(actor, active, content)
        tests = await read_tests(session, actor, ruleset, now=now)
    return [test for test in tests if not test.passed]
