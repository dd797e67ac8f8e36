"""The draft of a project: edits that all its people share until one publishes them.

There is a draft only while it differs from the version that it was begun on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.errors import ConflictError, InvalidInputError
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.rule_edits import Edit
from leadpulse_app.domain.ruleset import Rule, RuleContent, Rules, bounded
from leadpulse_app.domain.ruleset_diff import RulesDiff, apply_diff, diff_rules
from leadpulse_app.models import Project, RulesetDraft, RulesetVersion, User
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.rulesets.turns import take_turn
from leadpulse_app.services.rulesets.versions import (
    active_ruleset,
    read_rules,
    store_rules,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """Rules that are not in force yet."""

    rules: Rules
    base_version: int
    """The version that was in force when it was begun."""
    base_rules: Rules
    active_version: int
    """The version that is in force now."""
    updated_at: datetime
    updated_by_name: str

    @property
    def is_outdated(self) -> bool:
        """Whether another version came into force since it was begun."""
        return self.base_version != self.active_version

    @property
    def changes(self) -> RulesDiff:
        """How it differs from the version that it was begun on."""
        return diff_rules(self.base_rules, self.rules)


async def get_draft(session: AsyncSession, actor: Actor) -> Draft | None:
    """Return the draft of the actor's project, if there is one."""
    found = await session.execute(
        select(
            col(RulesetDraft.rules),
            col(RulesetDraft.base_version),
            col(RulesetVersion.rules),
            col(Project.ruleset_version),
            col(RulesetDraft.updated_at),
            col(User.name),
        )
        .join(Project, col(Project.id) == RulesetDraft.project_id)
        .join(
            RulesetVersion,
            (col(RulesetVersion.project_id) == RulesetDraft.project_id)
            & (col(RulesetVersion.version) == RulesetDraft.base_version),
        )
        .join(User, col(User.id) == RulesetDraft.updated_by)
        .where(col(RulesetDraft.project_id) == actor.project_id)
    )
    row = found.one_or_none()
    if row is None:
        return None
    rules, base_version, base_rules, active_version, updated_at, name = row
    return Draft(
        read_rules(rules),
        base_version,
        read_rules(base_rules),
        active_version,
        updated_at,
        name,
    )


async def edit_draft(
    session: AsyncSession, actor: Actor, edit: Edit, *, now: datetime
) -> Draft | None:
    """Edit the draft; where there is none, begin one on the version in force.

    Args:
        session: A transaction scoped to the actor's project.
        actor: An admin of the project.
        edit: What is to become of the draft's rules.
        now: The time of the edit.

    Returns:
        The draft, or None where nothing differs any more.

    Raises:
        ForbiddenError: The actor is no admin.
        LeadPulseError: The edit can't be made.
    """
    await take_turn(session, actor)
    draft = await get_draft(session, actor)
    if draft is None:
        active = await active_ruleset(session, actor)
        base_version, base_rules, rules = active.version, active.rules, active.rules
    else:
        base_version, base_rules = draft.base_version, draft.base_rules
        rules = draft.rules
    return await _keep(
        session,
        actor,
        edit(rules),
        base_version=base_version,
        base_rules=base_rules,
        now=now,
    )


async def replace_draft(
    session: AsyncSession,
    actor: Actor,
    rules: Iterable[tuple[UUID | None, RuleContent]],
    *,
    now: datetime,
) -> Draft | None:
    """Make a draft of these rules, on the version in force, whatever there was before.

    Rules keep their order; those that are not in force come last.

    Args:
        session: A transaction scoped to the actor's project.
        actor: An admin of the project.
        rules: What each says, with the id of a rule that is in force or in the draft,
            or without one where it is new.
        now: The time of the edit.

    Returns:
        The draft, or None where it would be what is in force.

    Raises:
        ForbiddenError: The actor is no admin.
        InvalidInputError: There are no rules or more than 200, or an id is none of
            theirs, or there twice.
    """
    await take_turn(session, actor)
    active = await active_ruleset(session, actor)
    draft = await get_draft(session, actor)
    known = {rule.id for rule in (*active.rules, *(draft.rules if draft else ()))}
    given = []
    for rule_id, content in rules:
        if rule_id is not None and rule_id not in known:
            message = "An id is that of no rule, or is there twice"
            raise InvalidInputError(message, details={"rules": message})
        known -= {rule_id}
        given.append(Rule(id=rule_id or uuid7(now), **content.model_dump()))
    place = {rule.id: number for number, rule in enumerate(active.rules)}
    return await _keep(
        session,
        actor,
        bounded(tuple(sorted(given, key=lambda rule: place.get(rule.id, len(place))))),
        base_version=active.version,
        base_rules=active.rules,
        now=now,
    )


async def rebase_draft(
    session: AsyncSession, actor: Actor, *, now: datetime
) -> Draft | None:
    """Make the draft's changes to the version that is in force by now.

    Of a rule that both changed, the fields that the draft changed are the draft's.

    Returns:
        The draft, or None where its changes are in force already.

    Raises:
        ForbiddenError: The actor is no admin.
        ConflictError: There is no draft.
        InvalidInputError: Together there would be no rule, or more than 200.
    """
    await take_turn(session, actor)
    draft = await get_draft(session, actor)
    if draft is None:
        raise ConflictError("There is no draft to bring up to date")
    active = await active_ruleset(session, actor)
    return await _keep(
        session,
        actor,
        apply_diff(active.rules, draft.changes),
        base_version=active.version,
        base_rules=active.rules,
        now=now,
    )


async def discard_draft(session: AsyncSession, actor: Actor) -> None:
    """Drop the draft, if there is one.

    Raises:
        ForbiddenError: The actor is no admin.
    """
    await take_turn(session, actor)
    await session.execute(
        delete(RulesetDraft).where(col(RulesetDraft.project_id) == actor.project_id)
    )


async def _keep(
    session: AsyncSession,
    actor: Actor,
    rules: Rules,
    *,
    base_version: int,
    base_rules: Rules,
    now: datetime,
) -> Draft | None:
    if rules == base_rules:
        await discard_draft(session, actor)
        return None
    values = {
        "rules": store_rules(rules),
        "base_version": base_version,
        "updated_by": actor.user_id,
        "updated_at": now,
    }
    await session.execute(
        insert(RulesetDraft)
        .values(project_id=actor.project_id, **values)
        .on_conflict_do_update(
            index_elements=[col(RulesetDraft.project_id)], set_=values
        )
    )
    return await get_draft(session, actor)
