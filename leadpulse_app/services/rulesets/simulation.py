"""What rules are tried on: what a lead did, or an event that did not happen."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.conditions import Fields
from leadpulse_app.domain.fold import Input, Position, known_inputs
from leadpulse_app.domain.ruleset import Ruleset, RulesetContent
from leadpulse_app.models import Event, Lead, QuarantinedEvent
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import find_root
from leadpulse_app.services.rulesets.versions import ActiveRuleset, read_ruleset

SIMULATED_EVENTS = 10_000
"""How many of a lead's newest events are tried, so that the answer comes at once."""


def tried_ruleset(
    actor: Actor, active: ActiveRuleset, content: RulesetContent
) -> Ruleset:
    """Return a ruleset as the version that it would be if it were published now."""
    return read_ruleset(content, version=active.version + 1, time_zone=actor.time_zone)


def example_inputs(
    ruleset: Ruleset,
    event_type: str,
    properties: Mapping[str, object],
    fields: Fields,
    *,
    now: datetime,
) -> list[Input]:
    """Return what a lead would be given to fold that is known so, and does one thing.

    Args:
        ruleset: What it is folded by.
        event_type: What it does.
        properties: How.
        fields: What it is known as before.
        now: When.
    """
    done = Input(Position(now, "1"), 1, event_type, None, properties, True, ruleset)
    return [*known_inputs(fields, now, ruleset), done]


async def read_lead_inputs(
    session: AsyncSession, actor: Actor, lead_id: UUID, ruleset: Ruleset
) -> list[Input]:
    """Return all that a lead did, to be folded by a ruleset.

    What leads did that were merged into it counts too, and what is held back does not.
    Of more than 10,000 events, the ones that happened last are returned.

    Raises:
        NotFoundError: The project has no such lead.
    """
    root_id = await find_root(session, actor, lead_id)
    members = select(col(Lead.id)).where(
        col(Lead.project_id) == actor.project_id,
        or_(col(Lead.id) == root_id, col(Lead.root_id) == root_id),
    )
    held = select(col(QuarantinedEvent.event_id)).where(
        col(QuarantinedEvent.project_id) == actor.project_id,
        col(QuarantinedEvent.event_id) == col(Event.id),
    )
    found = await session.execute(
        select(
            col(Event.occurred_at),
            col(Event.message_id),
            col(Event.id),
            col(Event.type),
            col(Event.traits),
            col(Event.properties),
            col(Event.user_id).is_not(None).label("has_user_id"),
        )
        .where(
            col(Event.project_id) == actor.project_id,
            col(Event.lead_id).in_(members),
            ~held.exists(),
        )
        .order_by(col(Event.occurred_at).desc(), col(Event.message_id).desc())
        .limit(SIMULATED_EVENTS)
    )
    return [
        Input(
            Position(row.occurred_at, row.message_id),
            row.id,
            row.type,
            row.traits,
            row.properties,
            row.has_user_id,
            ruleset,
        )
        for row in found
    ]
