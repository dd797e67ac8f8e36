"""A project whose events name people, as ingest takes them in."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from leadpulse_app.database import get_pool
from leadpulse_app.domain.identity import resolving_alias
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.models import Role
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.identity import link_pending, unmerge
from tests.services.scoring_project import NOON, ScoringProject, score_once


@dataclass
class People(ScoringProject):
    """A tenant that events come in for under names."""

    _ages: count = field(default_factory=count)  # type: ignore[type-arg]

    def send(
        self,
        event_type: str = "visit",
        *,
        user: str | None = None,
        anonymous: str | None = None,
        previous: str | None = None,
        email: str | None = None,
        name: str | None = None,
        minute: int = 0,
        message_id: str | None = None,
    ) -> UUID:
        """Store an event for the lead that it is resolved to, which it returns."""
        alias = resolving_alias(user_id=user, anonymous_id=anonymous, email=email)
        traits = {
            key: value for key, value in (("email", email), ("name", name)) if value
        }
        proposed = uuid7(NOON + timedelta(seconds=next(self._ages)))
        moment = NOON + timedelta(minutes=minute)
        with self.connection() as connection:
            won = connection.execute(
                "INSERT INTO lead_alias (project_id, kind, value, lead_id)"
                " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (self.id, alias.kind.value, alias.value, proposed),
            )
            if won.rowcount:
                connection.execute(
                    "INSERT INTO lead (project_id, id, anonymous_id, user_id)"
                    " VALUES (%s, %s, %s, %s)",
                    (self.id, proposed, anonymous, user),
                )
            row = connection.execute(
                """
                WITH added AS (
                    INSERT INTO event (project_id, lead_id, message_id, type,
                        anonymous_id, user_id, previous_id, properties, traits,
                        received_at, occurred_at)
                    SELECT project_id, lead_id, %s, %s, %s, %s, %s, '{}', %s, %s, %s
                    FROM lead_alias
                    WHERE (project_id, kind, value) = (%s, %s, %s)
                    RETURNING project_id, lead_id, id
                ), waiting AS (
                    INSERT INTO pending (project_id, lead_id, event_id)
                    SELECT * FROM added
                )
                SELECT lead_id FROM added
                """,
                (
                    message_id or str(uuid4()),
                    event_type,
                    anonymous,
                    user,
                    previous,
                    Jsonb(traits) if traits else None,
                    moment,
                    moment,
                    self.id,
                    alias.kind.value,
                    alias.value,
                ),
            ).fetchone()
        assert row is not None
        return UUID(str(row[0]))

    def root(self, lead_id: UUID) -> UUID:
        return UUID(str(self.lead(lead_id)["root_id"] or lead_id))

    def score(self, lead_id: UUID) -> int:
        """The score of whoever a lead is by now."""
        return int(self.lead(self.root(lead_id))["score"])

    def merges(self) -> list[dict[str, Any]]:
        """The merges that stand, the oldest first."""
        return self.rows(
            "SELECT * FROM lead_merge WHERE undone_at IS NULL ORDER BY merged_at"
        )

    def links(self) -> int:
        (row,) = self.rows(
            "SELECT count(*) AS n FROM pending_link WHERE project_id = %s", self.id
        )
        return int(row["n"])

    def actor(self) -> Actor:
        return Actor(
            user_id=uuid4(),
            email="ada@example.com",
            user_name="Ada",
            project_id=self.id,
            project_name="P",
            time_zone="UTC",
            role=Role.ADMIN,
            session_id=uuid4(),
        )

    def unmerge(self, merge: dict[str, Any]) -> None:
        with self.connection() as connection:
            unmerge(
                connection,
                self.actor(),
                lead_id=merge["lead_id"],
                merge_id=merge["id"],
            )


def link_once() -> bool:
    """Link one event; return whether there was one."""
    with get_pool().connection() as connection, connection.transaction():
        return link_pending(connection).found_work


def settle() -> None:
    """Score and link until there is nothing to do."""
    while score_once().found_work or link_once():
        pass
