"""The tests of a ruleset as they are listed: what each expects, and what comes out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.domain.rule_test_runs import RuleTestResult
from leadpulse_app.domain.rule_tests import RuleTest
from leadpulse_app.domain.ruleset import Ruleset
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import get_lead
from leadpulse_app.services.rulesets import run_rule_tests
from leadpulse_app.state import words
from leadpulse_app.state.leads import LEADS_PATH

MOST_TYPES = 3
"""Types of events that are named of one test."""

GONE = "A lead that is gone"


@dataclass(frozen=True)
class TestRow:
    """A test of the rules, and what came out of it."""

    __test__ = False  # its name makes pytest look for tests in it

    id: str
    name: str
    about: str
    """The lead's name, or the events in few words."""
    href: str
    """Where the lead is shown; empty for events, and for a lead that is gone."""
    expected_stage: str
    """Empty where a score is expected."""
    expected_score: str
    stage: str
    """What came out, with the score; both are empty where the lead is gone."""
    score: str
    passed: bool
    told: str
    """What was expected and what came out, as a sentence."""


async def read_tests(
    session: AsyncSession, actor: Actor, ruleset: Ruleset, *, now: datetime
) -> list[TestRow]:
    """Run the tests of a ruleset, in their order.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        ruleset: The ruleset, with its tests.
        now: The moment up to which points lapse.
    """
    results = await run_rule_tests(session, actor, ruleset, now=now)
    names = await _read_names(
        session, actor, {result.test.lead_id for result in results}, now
    )
    return [_row(result, names) for result in results]


async def _read_names(
    session: AsyncSession, actor: Actor, lead_ids: Iterable[UUID | None], now: datetime
) -> Mapping[UUID, str]:
    names = {}
    for lead_id in lead_ids:
        if lead_id is None:
            continue
        try:
            lead = await get_lead(session, actor, lead_id, now=now)
        except NotFoundError:
            continue
        names[lead_id] = words.lead_name(lead)
    return names


def _row(result: RuleTestResult, names: Mapping[UUID, str]) -> TestRow:
    test = result.test
    name = names.get(test.lead_id) if test.lead_id else None
    return TestRow(
        id=str(test.id),
        name=test.name,
        about=(name or GONE) if test.lead_id else _events(test),
        href=f"{LEADS_PATH}/{test.lead_id}" if name else "",
        expected_stage=test.expected_stage or "",
        expected_score=words.count(test.expected_score, "point")
        if test.expected_score is not None
        else "",
        stage=result.stage or "",
        score=words.number(result.score) if result.score is not None else "",
        passed=result.passed,
        told=_told(result),
    )


def _events(test: RuleTest) -> str:
    """Return what a test is about: the events, and what their person is known as."""
    often = Counter(event.type for event in test.events)
    named = [
        f"{words.times(number)} {event_type}" if number > 1 else event_type
        for event_type, number in often.items()
    ]
    more = len(named) - MOST_TYPES
    told = ", ".join(named[:MOST_TYPES]) + (f" and {more} more" if more > 0 else "")
    known = filter(None, (test.full_name, test.email, test.company))
    return " · ".join((told, *known))


def _told(result: RuleTestResult) -> str:
    test = result.test
    expected = (
        words.stage(test.expected_stage)
        if test.expected_stage is not None
        else words.count(test.expected_score or 0, "point")
    )
    if result.score is None or result.stage is None:
        return f"the lead is gone, {expected} expected"
    return (
        f"came out {words.stage(result.stage)} at {words.number(result.score)}, "
        f"{expected} expected"
    )
