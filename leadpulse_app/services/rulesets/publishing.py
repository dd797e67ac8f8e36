"""Puts rules in force: a new version each time, by one person at a time.

Scoring reads the version of a project after it claimed events, so what is published
here holds for the next event in every process.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.errors import ConflictError
from leadpulse_app.domain.rule_edits import Edit, require_kinds
from leadpulse_app.domain.ruleset import RulesetContent
from leadpulse_app.domain.ruleset_diff import diff_rulesets
from leadpulse_app.models import Project
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.rescoring import start_rescore
from leadpulse_app.services.rulesets.drafts import discard_draft, get_draft
from leadpulse_app.services.rulesets.simulation import tried_ruleset
from leadpulse_app.services.rulesets.testing import require_rule_tests
from leadpulse_app.services.rulesets.turns import take_turn
from leadpulse_app.services.rulesets.versions import (
    active_ruleset,
    add_ruleset_version,
    get_version,
)


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a version comes into force."""

    rescores: bool = False
    """Whether it is applied to all that was scored before it, too."""
    overrides_tests: bool = False
    """Whether it comes into force though its own tests fail."""


FROM_NOW_ON = Terms()
"""For events that are scored from now on, and only if its tests pass."""


async def publish_edit(
    session: AsyncSession,
    actor: Actor,
    edit: Edit,
    *,
    now: datetime,
    terms: Terms = FROM_NOW_ON,
) -> int:
    """Put the rules in force with an edit, from the commit on.

    Those who publish at once take turns, each on top of the one before. A draft stays
    as it is.

    Args:
        session: A transaction scoped to the actor's project.
        actor: An admin of the project.
        edit: What is to become of the rules in force.
        now: The time of publication.
        terms: On what terms.

    Returns:
        The version in force: a new one, or the current one if nothing differs, nor the
        time zone of the project.

    Raises:
        ForbiddenError: The actor is no admin.
        RuleTestsFailedError: Its tests fail, and the terms don't override that.
        LeadPulseError: The edit can't be made.
    """
    await take_turn(session, actor)
    active = await active_ruleset(session, actor)
    return await _publish(session, actor, edit(active.content), now=now, terms=terms)


async def publish_draft(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    seen_at: datetime | None = None,
    terms: Terms = FROM_NOW_ON,
) -> int:
    """Put the draft in force, from the commit on; then there is none any more.

    Args:
        session: A transaction scoped to the actor's project.
        actor: An admin of the project.
        now: The time of publication.
        seen_at: When the draft was changed last as the actor saw it; unknown where
            they take it as it is.
        terms: On what terms.

    Returns:
        The new version.

    Raises:
        ForbiddenError: The actor is no admin.
        ConflictError: There is no draft, another version came into force since it was
            begun, or somebody changed it after the actor saw it.
        RuleTestsFailedError: Its tests fail, and the terms don't override that.
    """
    await take_turn(session, actor)
    draft = await get_draft(session, actor)
    if draft is None:
        raise ConflictError("There is no draft to publish")
    if draft.is_outdated:
        raise ConflictError(
            f"Version {draft.active_version} came into force since the draft was "
            "begun; bring it up to date first"
        )
    if seen_at is not None and seen_at != draft.updated_at:
        raise ConflictError("Somebody changed the draft meanwhile; look at it again")
    await discard_draft(session, actor)
    return await _publish(session, actor, draft.content, now=now, terms=terms)


async def roll_back(
    session: AsyncSession,
    actor: Actor,
    version: int,
    *,
    now: datetime,
    terms: Terms = FROM_NOW_ON,
) -> int:
    """Put the rules of an older version in force again, as a new version.

    Returns:
        The version in force: a new one, or the current one if nothing differs, nor the
        time zone of the project.

    Raises:
        ForbiddenError: The actor is no admin.
        NotFoundError: There is no such version.
        InvalidInputError: A rule would become one of another kind.
        RuleTestsFailedError: Its tests fail, and the terms don't override that.
    """
    await take_turn(session, actor)
    older = await get_version(session, actor, version)
    return await _publish(
        session,
        actor,
        older.content,
        now=now,
        terms=terms,
        restored_version=version,
    )


async def _publish(
    session: AsyncSession,
    actor: Actor,
    content: RulesetContent,
    *,
    now: datetime,
    terms: Terms,
    restored_version: int | None = None,
) -> int:
    active = await active_ruleset(session, actor)
    is_same_zone = active.time_zone == actor.time_zone
    if is_same_zone and not diff_rulesets(active.content, content):
        return active.version
    require_kinds(active.rules, content.rules)
    if not terms.overrides_tests:
        tried = tried_ruleset(actor, active, content)
        await require_rule_tests(session, actor, tried, now=now)
    version = active.version + 1
    await add_ruleset_version(
        session,
        actor.project_id,
        version=version,
        content=content,
        time_zone=actor.time_zone,
        published_by=actor.user_id,
        now=now,
        restored_version=restored_version,
    )
    await session.execute(
        update(Project)
        .where(col(Project.id) == actor.project_id)
        .values(ruleset_version=version)
    )
    if terms.rescores:
        await start_rescore(session, actor, version)
    return version
