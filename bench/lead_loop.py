"""How fast the same Postgres scores lead by lead, as the Node original does.

It mirrors section 11 of the original's guide ("The Lead Workflow"), statement by
statement, with each document a row and each MongoDB command one SQL statement:

1. one task for each lead, taken from a queue by several threads, one transaction each;
2. lock the lead by setting `processing` where it is not set;
3. read the newest history row, whose score counts;
4. read all unscored events of the lead, the oldest first, and mark them `processing`;
5. add up the points from a mapping in memory, never below 0, at most 10,000 at the end;
6. insert the history rows, those that exist already passed over;
7. mark the events `processed`;
8. count the lead's events of the last 24 hours;
9. update the lead with score, stage and that count, and take the lock off it.

The tables have the indexes that the original needs for these: unique event ids, events
by lead and state, history by lead and event (unique) and by lead and time. There is no
policy, no foreign key and no ruleset version. Statements are prepared.
"""

import queue
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

THREADS = 4

_TABLES = """
    CREATE TABLE loop_lead (
        id uuid PRIMARY KEY, project_id uuid NOT NULL, anonymous_id text NOT NULL,
        current_score integer NOT NULL DEFAULT 0, lead_stage text NOT NULL DEFAULT
        'cold', events_last_24h integer NOT NULL DEFAULT 0, last_event_at timestamptz,
        processing boolean NOT NULL DEFAULT false
    );
    CREATE TABLE loop_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid NOT NULL
        UNIQUE, project_id uuid NOT NULL, lead_id uuid NOT NULL, event_type text NOT
        NULL, properties jsonb NOT NULL, "timestamp" timestamptz NOT NULL, processed
        boolean NOT NULL DEFAULT false, queued boolean NOT NULL DEFAULT true, processing
        boolean NOT NULL DEFAULT false
    );
    CREATE INDEX ON loop_event (lead_id, processed, "timestamp");
    CREATE TABLE loop_history (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id uuid NOT NULL,
        event_id uuid NOT NULL, old_score integer NOT NULL, new_score integer NOT NULL,
        delta integer NOT NULL, "timestamp" timestamptz NOT NULL,
        UNIQUE (lead_id, event_id)
    );
    CREATE INDEX ON loop_history (lead_id, "timestamp" DESC, id DESC);
"""

_FILL = """
    INSERT INTO loop_lead (id, project_id, anonymous_id)
    SELECT id, project_id, anonymous_id FROM lead WHERE project_id = %(project)s;
    INSERT INTO loop_event (event_id, project_id, lead_id, event_type, properties,
        "timestamp")
    SELECT message_id::uuid, project_id, lead_id, type, properties, occurred_at
    FROM event WHERE project_id = %(project)s ORDER BY id DESC LIMIT %(events)s;
    ANALYZE loop_lead, loop_event;
"""


def measure_lead_loop(
    database_url: str, project_id: str, *, events: int, seconds: float
) -> float:
    """Return how many events a second are scored.

    Args:
        database_url: The product's database, as its superuser.
        project_id: The project whose leads and newest events are scored, anew and in
            tables of their own.
        events: How many of these events there are.
        seconds: How long to score at most.
    """
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_TABLES)
        try:
            psycopg.ClientCursor(connection).execute(
                _FILL, {"project": project_id, "events": events}
            )
            points, tasks = _read_work(connection, project_id)
            connection.execute("CHECKPOINT")
            deadline = time.perf_counter() + seconds
            started = time.perf_counter()
            threads = [
                _Worker(database_url, tasks, points, deadline) for _ in range(THREADS)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            scored = sum(thread.scored for thread in threads)
            return scored / (time.perf_counter() - started)
        finally:
            connection.execute("DROP TABLE loop_lead, loop_event, loop_history")


def _read_work(
    connection: psycopg.Connection, project_id: str
) -> tuple[dict[str, int], queue.SimpleQueue[uuid.UUID]]:
    points: dict[str, int] = dict(
        connection.execute(
            "SELECT rule ->> 'event_type', (rule ->> 'points')::integer"
            " FROM ruleset, jsonb_array_elements(rules) AS rule"
            " WHERE (project_id, version) = (%s, 1)",
            (project_id,),
        ).fetchall()
    )
    tasks: queue.SimpleQueue[uuid.UUID] = queue.SimpleQueue()
    for (lead_id,) in connection.execute(
        "SELECT lead_id FROM loop_event GROUP BY lead_id ORDER BY min(id)"
    ):
        tasks.put(lead_id)
    return points, tasks


class _Worker(threading.Thread):
    def __init__(
        self,
        database_url: str,
        tasks: queue.SimpleQueue[uuid.UUID],
        points: dict[str, int],
        deadline: float,
    ) -> None:
        super().__init__()
        self.scored = 0
        self._database_url = database_url
        self._tasks = tasks
        self._points = points
        self._deadline = deadline

    def run(self) -> None:
        with psycopg.connect(self._database_url) as connection:
            connection.prepare_threshold = 0
            while time.perf_counter() < self._deadline:
                try:
                    lead_id = self._tasks.get_nowait()
                except queue.Empty:
                    return
                with connection.transaction():
                    self.scored += _score_lead(connection, lead_id, self._points)


def _score_lead(
    connection: psycopg.Connection, lead_id: uuid.UUID, points: dict[str, int]
) -> int:
    locked = connection.execute(
        "UPDATE loop_lead SET processing = true WHERE id = %s AND NOT processing"
        " RETURNING *",
        (lead_id,),
    ).fetchone()
    if locked is None:
        return 0
    last = connection.execute(
        "SELECT new_score FROM loop_history WHERE lead_id = %s"
        ' ORDER BY "timestamp" DESC, id DESC LIMIT 1',
        (lead_id,),
    ).fetchone()
    score = last[0] if last else 0
    events = connection.execute(
        "SELECT * FROM loop_event WHERE lead_id = %s AND NOT processed AND queued"
        ' AND NOT processing ORDER BY "timestamp"',
        (lead_id,),
    ).fetchall()
    ids = [event[0] for event in events]
    connection.execute(
        "UPDATE loop_event SET processing = true WHERE id = ANY (%s)", (ids,)
    )
    now = datetime.now(UTC)
    history: list[tuple[Any, ...]] = []
    for event in events:
        delta = points.get(event[4], 0)
        new_score = max(0, score + delta)
        history.append((lead_id, event[1], score, new_score, delta, now))
        score = new_score
    score = min(10_000, score)
    connection.execute(
        "INSERT INTO loop_history (lead_id, event_id, old_score, new_score, delta,"
        ' "timestamp") SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::integer[],'
        " %s::integer[], %s::integer[], %s::timestamptz[]) ON CONFLICT DO NOTHING",
        list(map(list, zip(*history, strict=True))),
    )
    connection.execute(
        "UPDATE loop_event SET processed = true, queued = false, processing = false"
        " WHERE id = ANY (%s)",
        (ids,),
    )
    counted = connection.execute(
        "SELECT count(*) FROM loop_event WHERE lead_id = %s AND processed"
        ' AND "timestamp" >= %s',
        (lead_id, now - timedelta(hours=24)),
    ).fetchone()
    connection.execute(
        "UPDATE loop_lead SET current_score = %s, lead_stage = %s,"
        " events_last_24h = %s, last_event_at = %s, processing = false WHERE id = %s",
        (score, _stage(score), counted[0] if counted else 0, now, lead_id),
    )
    return len(events)


def _stage(score: int) -> str:
    if score >= 60:
        return "qualified"
    if score >= 31:
        return "hot"
    return "warm" if score >= 11 else "cold"
