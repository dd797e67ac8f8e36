"""Asks for previews and works them out, as people and a worker do."""

import os
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from leadpulse_app.database import connection_info
from leadpulse_app.services.previewing import work_preview
from tests.services.scoring_project import ScoringProject


class Watched(psycopg.Connection):
    """A connection that tells when it begins to read rows as a stream."""

    on_stream: Callable[[], None] | None = None

    def cursor(self, name: str = "", **options: Any) -> Any:  # type: ignore[override]
        """Open a cursor; the first with a name is told of, once."""
        told, self.on_stream = self.on_stream, self.on_stream if not name else None
        if name and told is not None:
            told()
        return super().cursor(name, **options)


def work_once(on_stream: Callable[[], None] | None = None) -> bool:
    """Work out one preview; return whether there was one.

    Args:
        on_stream: Called when the snapshot is taken and no lead is read yet.
    """
    with (
        psycopg.connect(connection_info(), autocommit=True) as claims,
        Watched.connect(connection_info(), autocommit=True) as history,
        psycopg.connect(connection_info(), autocommit=True) as progress,
    ):
        history.on_stream = on_stream
        return work_preview(claims, history, progress)


def work_all() -> None:
    """Work out what other tests left behind."""
    while work_once():
        pass


def draft(
    project: ScoringProject,
    rules: list[dict[str, Any]],
    settings: dict[str, Any] | None = None,
) -> None:
    """Keep what is stored as the rules of a draft, be it good or bad."""
    with project.connection() as connection:
        connection.execute(
            """
            INSERT INTO ruleset_draft (project_id, rules, settings, base_version,
                updated_by) VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT (project_id) DO UPDATE SET rules = excluded.rules,
                settings = excluded.settings, base_version = excluded.base_version
            """,
            (
                project.id,
                Jsonb(rules),
                Jsonb(settings or {}),
                project.version,
                uuid4(),
            ),
        )


def ask(
    project: ScoringProject,
    rules: list[dict[str, Any]],
    settings: dict[str, Any] | None = None,
) -> UUID:
    """Ask for a preview of these rules, without a draft."""
    preview_id = UUID(bytes=bytes(6) + os.urandom(10))  # before those of others
    with project.connection() as connection:
        connection.execute(
            "INSERT INTO preview (project_id, id, rules, settings, base_version,"
            " started_by) VALUES (%s, %s, %s, %s, %s, %s)",
            (
                project.id,
                preview_id,
                Jsonb(rules),
                Jsonb(settings or {}),
                project.version,
                uuid4(),
            ),
        )
        connection.execute(
            "INSERT INTO pending_preview (project_id, id) VALUES (%s, %s)",
            (project.id, preview_id),
        )
    return preview_id
