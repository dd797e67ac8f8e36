"""A project with rules, leads and events of a test's own, for what scores them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from leadpulse_app.database import connection_scope, database_url, get_pool
from leadpulse_app.services.scoring import ScoringResult, score_pending
from leadpulse_app.services.verification import Difference, verify_project

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class ScoringProject:
    """A tenant whose rules give points by event type."""

    id: UUID = field(default_factory=uuid4)
    rule_ids: dict[str, UUID] = field(default_factory=dict)
    version: int = 0

    @classmethod
    def create(cls, points: Mapping[str, int]) -> Self:
        project = cls()
        with project.connection() as connection:
            connection.execute(
                "INSERT INTO project (id, name, ruleset_version) VALUES (%s, 'P', 1)",
                (project.id,),
            )
            connection.execute(
                "INSERT INTO api_key (project_id, id, key, name)"
                " VALUES (%s, %s, %s, 'Site')",
                (project.id, uuid4(), f"pk_{uuid4().hex}"),
            )
        project.publish(points)
        return project

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        """A connection as the product has it, in a transaction on this project."""
        with (
            get_pool().connection() as connection,
            connection_scope(connection, [self.id]),
        ):
            yield connection

    @contextmanager
    def owner(self) -> Iterator[psycopg.Connection]:
        """A connection that may change what the product never does."""
        with (
            psycopg.connect(database_url()) as connection,
            connection_scope(connection, [self.id]),
        ):
            yield connection

    def publish(self, points: Mapping[str, int]) -> None:
        """Put rules in force, one for each type of event."""
        rules = [
            {
                "id": str(self.rule_ids.setdefault(event_type, uuid4())),
                "name": event_type,
                "event_type": event_type,
                "points": worth,
            }
            for event_type, worth in points.items()
        ]
        self.publish_stored(rules)

    def publish_stored(
        self, rules: list[dict[str, Any]], settings: dict[str, Any] | None = None
    ) -> None:
        """Put in force what is stored as rules, be it good or bad."""
        self.version += 1
        with self.connection() as connection:
            connection.execute(
                "INSERT INTO ruleset (project_id, version, rules, settings)"
                " VALUES (%s, %s, %s, %s)",
                (self.id, self.version, Jsonb(rules), Jsonb(settings or {})),
            )
            connection.execute(
                "UPDATE project SET ruleset_version = %s WHERE id = %s",
                (self.version, self.id),
            )

    def add_lead(self) -> UUID:
        lead_id = uuid4()
        with self.connection() as connection:
            connection.execute(
                "INSERT INTO lead (project_id, id) VALUES (%s, %s)", (self.id, lead_id)
            )
        return lead_id

    def add_event(
        self,
        lead_id: UUID,
        event_type: str,
        *,
        minute: int = 0,
        message_id: str | None = None,
        traits: Mapping[str, Any] | None = None,
    ) -> None:
        """Take in an event as ingest does; the same message id counts once."""
        occurred_at = NOON + timedelta(minutes=minute)
        with self.connection() as connection:
            connection.execute(
                """
                WITH added AS (
                    INSERT INTO event (project_id, lead_id, message_id, type,
                        properties, traits, received_at, occurred_at)
                    VALUES (%s, %s, %s, %s, '{}', %s, now(), %s)
                    ON CONFLICT (project_id, message_id) DO NOTHING
                    RETURNING project_id, lead_id, id
                )
                INSERT INTO pending (project_id, lead_id, event_id) SELECT * FROM added
                """,
                (
                    self.id,
                    lead_id,
                    message_id or str(uuid4()),
                    event_type,
                    Jsonb(dict(traits)) if traits else None,
                    occurred_at,
                ),
            )

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        """Read rows of this project."""
        with (
            self.connection() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            return cursor.execute(query, parameters).fetchall()  # type: ignore[call-overload]

    def lead(self, lead_id: UUID) -> dict[str, Any]:
        (row,) = self.rows("SELECT * FROM lead WHERE id = %s", lead_id)
        return row

    def ledger(self, lead_id: UUID) -> list[dict[str, Any]]:
        return self.rows(
            "SELECT s.*, e.message_id, e.type FROM score_entry AS s"
            " JOIN event AS e ON (e.project_id, e.id) = (s.project_id, s.event_id)"
            " WHERE s.lead_id = %s ORDER BY s.sequence",
            lead_id,
        )

    def pending(self) -> int:
        (row,) = self.rows(
            "SELECT count(*) AS n FROM pending WHERE project_id = %s", self.id
        )
        return int(row["n"])

    def forget_pending(self) -> None:
        """Leave nothing behind that other tests would score."""
        with get_pool().connection() as connection:
            connection.execute("DELETE FROM pending WHERE project_id = %s", (self.id,))

    def differences(self) -> list[Difference]:
        """What `verify` finds in this project."""
        with get_pool().connection() as connection:
            return [
                Difference(self.id, lead_id, message)
                for lead_id, messages in verify_project(connection, self.id)
                for message in messages
            ]


def score_once(**limits: int) -> ScoringResult:
    """Score in one transaction."""
    with get_pool().connection() as connection, connection.transaction():
        return score_pending(connection, **limits)


def score_all(**limits: int) -> None:
    """Score until there is nothing to do."""
    while score_once(**limits).found_work:
        pass
