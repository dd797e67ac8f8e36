"""Lets people bring in leads and edit what they are known as.

What they say is an input of the fold like an event, so that the rules for what a lead
is look at it, and so that a rebuild keeps it. A name that they give a lead is its name
from then on, as if a sender had told it; a name that another lead has is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.errors import (
    ConflictError,
    InvalidInputError,
    UnavailableError,
)
from leadpulse_app.domain.identity import Alias, AliasKind
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.properties import Json
from leadpulse_app.models import Lead, LeadAlias
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.lead_selection import hold_roots
from leadpulse_app.services.reserved_inputs import add_fields_input

_CALLED = {
    AliasKind.EMAIL: ("email", "email"),
    AliasKind.ANONYMOUS: ("anonymousId", "anonymous id"),
    AliasKind.USER: ("userId", "user id"),
}


@dataclass(frozen=True, slots=True)
class NewLead:
    """A lead to be; its texts are as `domain.lead_fields` reads them."""

    email: str | None = None
    anonymous_id: str | None = None
    user_id: str | None = None
    name: str | None = None
    company: str | None = None
    traits: Mapping[str, Json] = field(default_factory=dict)
    """What else is known; it is kept with the input, and no rule reads it."""

    def aliases(self) -> Sequence[Alias]:
        """Return the names it is found by, in the order in which they are taken."""
        named = {
            AliasKind.EMAIL: self.email,
            AliasKind.ANONYMOUS: self.anonymous_id,
            AliasKind.USER: self.user_id,
        }
        return sorted(Alias(kind, value) for kind, value in named.items() if value)


async def create_lead(
    session: AsyncSession, actor: Actor, lead: NewLead, *, now: datetime
) -> UUID:
    """Bring in a lead that no sender has told of yet.

    The caller lets it be scored after the commit, and wakes the boards.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who says so.
        lead: What is known of it.
        now: When it is said.

    Raises:
        InvalidInputError: It has neither an email nor an id.
        ConflictError: Another lead has one of its names; the details say which.
    """
    aliases = lead.aliases()
    if not aliases:
        message = "A lead needs an email, an anonymousId or a userId"
        raise InvalidInputError(message, details={"email": message})
    lead_id = uuid7(now)
    # In the order in which ingest takes them too: names, then what is new.
    await _take_names(session, actor, lead_id, aliases)
    session.add(
        Lead(
            project_id=actor.project_id,
            id=lead_id,
            anonymous_id=lead.anonymous_id,
            user_id=lead.user_id,
            created_at=now,
        )
    )
    known = {"email": lead.email, "name": lead.name, "company": lead.company}
    await add_fields_input(
        session,
        actor.project_id,
        lead_id,
        fields={name: text for name, text in known.items() if text},
        properties=lead.traits,
        now=now,
    )
    return lead_id


async def edit_lead(
    session: AsyncSession,
    actor: Actor,
    lead_id: UUID,
    changes: Mapping[str, str | None],
    *,
    now: datetime,
) -> bool:
    """Say what a lead is known as.

    The caller lets it be scored after the commit, and wakes the boards. An email that
    is replaced stays a name of the lead.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who says so.
        lead_id: The lead; one that was merged away stands for its root.
        changes: `email`, `name` and `company`, as far as they change; None empties one.
        now: When it is said.

    Returns:
        Whether any of it is new; what is known already is not said again.

    Raises:
        NotFoundError: The project has no such lead.
        ConflictError: Another lead has the email.
    """
    (root_id,) = await hold_roots(session, actor, [lead_id])
    known = (
        await session.execute(
            select(col(Lead.email), col(Lead.name), col(Lead.company)).where(
                col(Lead.project_id) == actor.project_id, col(Lead.id) == root_id
            )
        )
    ).one()
    new = {name: text for name, text in changes.items() if text != getattr(known, name)}
    if email := new.get("email"):
        await _take_names(session, actor, root_id, [Alias(AliasKind.EMAIL, email)])
    if new:
        await add_fields_input(
            session, actor.project_id, root_id, fields=new, properties={}, now=now
        )
    return bool(new)


async def _take_names(
    session: AsyncSession, actor: Actor, root_id: UUID, aliases: Sequence[Alias]
) -> None:
    taken = await session.execute(
        insert(LeadAlias)
        .values(
            [
                {
                    "project_id": actor.project_id,
                    "kind": kind,
                    "value": value,
                    "lead_id": root_id,
                }
                for kind, value in aliases
            ]
        )
        .on_conflict_do_nothing()
        .returning(col(LeadAlias.kind), col(LeadAlias.value))
    )
    free = {Alias(AliasKind(kind), value) for kind, value in taken}
    for alias in aliases:
        if alias not in free:
            await _require_own(session, actor, root_id, alias)


async def _require_own(
    session: AsyncSession, actor: Actor, root_id: UUID, alias: Alias
) -> None:
    owner_id = await session.scalar(
        select(func.coalesce(col(Lead.root_id), col(Lead.id)))
        .join(LeadAlias, col(LeadAlias.lead_id) == col(Lead.id))
        .where(
            col(Lead.project_id) == actor.project_id,
            col(LeadAlias.project_id) == actor.project_id,
            col(LeadAlias.kind) == alias.kind,
            col(LeadAlias.value) == alias.value,
        )
    )
    if owner_id is None:  # erased since its name was in the way
        raise UnavailableError("The leads are changing too fast", retry_after=1)
    if owner_id != root_id:
        name, words = _CALLED[alias.kind]
        message = f"Another lead has this {words}"
        raise ConflictError(message, details={name: message, "leadId": str(owner_id)})
