"""Runs a ruleset's own tests, on leads as they are and on made-up events."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.errors import NotFoundError, RuleTestsFailedError
from leadpulse_app.domain.fold import Input
from leadpulse_app.domain.rule_test_runs import RuleTestResult, run_test
from leadpulse_app.domain.ruleset import Ruleset
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.rulesets.simulation import read_lead_inputs


async def run_rule_tests(
    session: AsyncSession, actor: Actor, ruleset: Ruleset, *, now: datetime
) -> tuple[RuleTestResult, ...]:
    """Run the tests of a ruleset, in their order.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
        ruleset: The ruleset, with its tests.
        now: The moment up to which points lapse.
    """
    inputs = {
        lead_id: await _read_inputs(session, actor, lead_id, ruleset)
        for lead_id in {test.lead_id for test in ruleset.tests if test.lead_id}
    }

    def run() -> tuple[RuleTestResult, ...]:
        return tuple(
            run_test(
                test, ruleset, inputs[test.lead_id] if test.lead_id else None, now=now
            )
            for test in ruleset.tests
        )

    # In a thread: long histories take seconds, and nobody else is to wait for them.
    return await asyncio.to_thread(run)


async def require_rule_tests(
    session: AsyncSession, actor: Actor, ruleset: Ruleset, *, now: datetime
) -> None:
    """Refuse a ruleset whose tests fail.

    Raises:
        RuleTestsFailedError: One of them fails; the details say what came out.
    """
    results = await run_rule_tests(session, actor, ruleset, now=now)
    failed = [result for result in results if not result.passed]
    if failed:
        raise RuleTestsFailedError(
            "A test of the rules fails"
            if len(failed) == 1
            else f"{len(failed)} tests of the rules fail",
            details={result.test.name: _told(result) for result in failed},
        )


async def _read_inputs(
    session: AsyncSession, actor: Actor, lead_id: UUID, ruleset: Ruleset
) -> Sequence[Input] | None:
    try:
        return await read_lead_inputs(session, actor, lead_id, ruleset)
    except NotFoundError:
        return None


def _told(result: RuleTestResult) -> str:
    test = result.test
    expected = test.expected_stage or test.expected_score
    if result.score is None:
        return f"The lead is gone; {expected} was expected"
    return f"It came out {result.stage} at {result.score}; {expected} was expected"
