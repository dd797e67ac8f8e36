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
from leadpulse_app.domain.rule_edits import Edit, require_kind
from leadpulse_app.domain.ruleset import (
    GroupCaps,
    Rule,
    RuleContent,
    Rules,
    RulesetContent,
)
from leadpulse_app.domain.ruleset_diff import RulesetDiff, apply_diff, diff_rulesets
from leadpulse_app.domain.stage import Thresholds
from leadpulse_app.models import Project, RulesetDraft, RulesetVersion, User
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.rulesets.turns import take_turn
from leadpulse_app.services.rulesets.versions import (
    active_ruleset,
    read_content,
    store_rules,
    store_settings,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """Rules that are not in force yet."""

    content: RulesetContent
    base_version: int
    """The version that was in force when it was begun."""
    base: RulesetContent
    active_version: int
    """The version that is in force now."""
    updated_at: datetime
    updated_by_name: str

    @property
    def is_outdated(self) -> bool:
        """Whether another version came into force since it was begun."""
        return self.base_version != self.active_version

    @property
    def rules(self) -> Rules:
        """Its rules, in their order."""
        return self.content.rules

    @property
    def changes(self) -> RulesetDiff:
        """How it differs from the version that it was begun on."""
        return diff_rulesets(self.base, self.content)


async def get_draft(session: AsyncSession, actor: Actor) -> Draft | None:
    """Return the draft of the actor's project, if there is one."""
    found = await session.execute(
        select(
            col(RulesetDraft.rules),
            col(RulesetDraft.settings),
            col(RulesetDraft.base_version),
            col(RulesetVersion.rules),
            col(RulesetVersion.settings),
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
    (
        rules,
        settings,
        base_version,
        base_rules,
        base_settings,
        active_version,
        updated_at,
        name,
    ) = row
    return Draft(
        read_content(rules, settings),
        base_version,
        read_content(base_rules, base_settings),
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
        edit: What is to become of the draft.
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
        base_version, base, content = active.version, active.content, active.content
    else:
        base_version, base, content = draft.base_version, draft.base, draft.content
    return await _keep(
        session,
        actor,
        edit(content),
        base_version=base_version,
        base=base,
        now=now,
    )


async def replace_draft(
    session: AsyncSession,
    actor: Actor,
    rules: Iterable[tuple[UUID | None, RuleContent]],
    *,
    thresholds: Thresholds | None = None,
    group_caps: GroupCaps | None = None,
    now: datetime,
) -> Draft | None:
    """Make a draft of these rules, on the version in force, whatever there was before.

    Rules keep their order; those that are not in force come last. The tests stay those
    of the draft there was, or of the version in force.

    Args:
        session: A transaction scoped to the actor's project.
        actor: An admin of the project.
        rules: What each says, with the id of a rule that is in force or in the draft,
            or without one where it is new.
        thresholds: Where the stages begin; unknown where that stays as it is.
        group_caps: What each kind of rules may give; unknown where that stays.
        now: The time of the edit.

    Returns:
        The draft, or None where it would be what is in force.

    Raises:
        ForbiddenError: The actor is no admin.
        InvalidInputError: There are no rules or more than 200, an id is none of
            theirs or there twice, or a rule would become one of another kind.
    """
    await take_turn(session, actor)
    active = await active_ruleset(session, actor)
    draft = await get_draft(session, actor)
    before = draft.content if draft else active.content
    known = {rule.id: rule for rule in (*active.rules, *before.rules)}
    given = []
    for rule_id, said in rules:
        rule = Rule(id=rule_id or uuid7(now), **said.model_dump())
        if rule_id is not None:
            if rule_id not in known:
                message = "An id is that of no rule, or is there twice"
                raise InvalidInputError(message, details={"rules": message})
            require_kind(known.pop(rule_id), rule)
        given.append(rule)
    place = {rule.id: number for number, rule in enumerate(active.rules)}
    ordered = sorted(given, key=lambda rule: place.get(rule.id, len(place)))
    limits = {"thresholds": thresholds, "group_caps": group_caps}
    content = before.model_copy(
        update={name: limit for name, limit in limits.items() if limit is not None}
    )
    return await _keep(
        session,
        actor,
        content.with_rules(tuple(ordered)),
        base_version=active.version,
        base=active.content,
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
        InvalidInputError: Together there would be no rule, or more than 200, or the
            stages would not ascend.
    """
    await take_turn(session, actor)
    draft = await get_draft(session, actor)
    if draft is None:
        raise ConflictError("There is no draft to bring up to date")
    active = await active_ruleset(session, actor)
    return await _keep(
        session,
        actor,
        apply_diff(active.content, draft.changes),
        base_version=active.version,
        base=active.content,
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
    content: RulesetContent,
    *,
    base_version: int,
    base: RulesetContent,
    now: datetime,
) -> Draft | None:
    if not diff_rulesets(base, content):
        await discard_draft(session, actor)
        return None
    values = {
        "rules": store_rules(content.rules),
        "settings": store_settings(content),
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
