"""A project of a test's own, and rows in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from leadpulse_app.database import run_scoped, transaction
from leadpulse_app.domain.stage import DEFAULT_THRESHOLDS
from leadpulse_app.models import Event, Lead, Pending, Reason, ScoreEntry
from leadpulse_app.services.accounts import register
from leadpulse_app.services.actors import Actor, resolve_actor
from leadpulse_app.services.lead_tokens import write_tokens
from leadpulse_app.services.sessions import open_session

NOBODYS_ID = "5d1f3c52-7a0e-4b6b-9f0f-0c7a4b1d2e3f"
"""An id that nothing has."""


@dataclass(frozen=True)
class Tenant:
    """A signed-in person with a project of their own."""

    actor: Actor
    token: str
    write_key: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def add_lead(self, *, score: int = 0, **fields: Any) -> UUID:
        lead_id = uuid4()
        async with transaction(self.actor.project_id) as session:
            session.add(
                Lead(
                    project_id=self.actor.project_id,
                    id=lead_id,
                    score=score,
                    stage=DEFAULT_THRESHOLDS.stage_of(score),
                    **fields,
                )
            )
        key = self.actor.project_id, lead_id
        await run_scoped(
            self.actor.project_id, lambda connection: write_tokens(connection, [key])
        )
        return lead_id

    async def add_event(
        self,
        lead_id: UUID,
        *,
        type: str = "page_view",  # noqa: A002
        occurred_at: datetime | None = None,
        properties: Mapping[str, Any] | None = None,
        session_id: str | None = None,
    ) -> Event:
        now = datetime.now(UTC)
        event = Event(
            project_id=self.actor.project_id,
            lead_id=lead_id,
            message_id=str(uuid4()),
            type=type,
            session_id=session_id,
            properties=dict(properties or {}),
            received_at=now,
            occurred_at=occurred_at or now,
        )
        async with transaction(self.actor.project_id) as session:
            session.add(event)
        return event

    async def add_pending(self, event: Event) -> None:
        async with transaction() as session:
            session.add(
                Pending(
                    project_id=event.project_id,
                    lead_id=event.lead_id,
                    event_id=event.id,
                )
            )

    async def add_entry(
        self,
        event: Event,
        *,
        sequence: int,
        delta: int,
        rule_id: UUID | None,
        ruleset_version: int = 1,
        old_score: int = 0,
    ) -> None:
        async with transaction(self.actor.project_id) as session:
            session.add(
                ScoreEntry(
                    project_id=self.actor.project_id,
                    lead_id=event.lead_id,
                    sequence=sequence,
                    event_id=event.id,
                    rule_id=rule_id,
                    ruleset_version=ruleset_version,
                    points=delta,
                    delta=delta,
                    reason=Reason.SCORED,
                    old_score=old_score,
                    new_score=old_score + delta,
                )
            )


async def make_tenant(*, name: str = "Ada") -> Tenant:
    """Register a person whose password nobody knows."""
    now = datetime.now(UTC)
    async with transaction() as session:
        account = await register(
            session,
            email=f"{uuid4().hex}@example.com",
            password_hash="none",
            name=name,
            now=now,
        )
        token = await open_session(session, account.user_id, now=now)
        actor = await resolve_actor(session, token)
    return Tenant(actor, token, account.write_key.key)
