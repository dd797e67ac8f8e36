"""Whether scoring slows down as leads and events pile up; `make bench-large`.

The same backlogs are scored beside 10,000 leads with 50,000 events and beside 1,000,000
leads with 5,000,000 events, each in a Postgres of its own.
"""

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import psycopg

from bench.backlog import add_leads, connect, measure_backlog
from bench.measured import UNLIMITED
from bench.run import Row, print_table, write_results
from leadpulse_app.runtime.frontend import build_frontend
from tests.product import running_product, temporary_home

RESULTS = Path(__file__).with_name("results-large.json")

FEW_LEADS = 10_000
MANY_LEADS = 1_000_000
EVENTS_PER_LEAD = 5

LEADS_OF_BACKLOG = 10_000
ROUNDS = 3

FREE_GIGABYTES = 15
"""What the larger of the two may need while it is made."""

_EVENTS = """
    INSERT INTO event (project_id, lead_id, message_id, type, anonymous_id, session_id,
        properties, received_at, occurred_at)
    SELECT project_id, id, gen_random_uuid(), (ARRAY['page_view', 'email_open',
            'pricing_page_visit', 'download', 'ping'])[1 + (number + %(day)s * 3) %% 5],
        anonymous_id, 'session of ' || anonymous_id, jsonb_build_object(
            'path', '/products/' || number %% 500,
            'url', 'https://shop.example/products/' || number %% 500,
            'title', 'Product ' || number %% 500,
            'referrer', 'https://shop.example/'), at, at
    FROM (
        SELECT *, now() - interval '30 days' + %(day)s * interval '1 day'
            + number * interval '10 milliseconds' AS at
        FROM (
            SELECT *, substr(anonymous_id, 9)::integer AS number FROM lead
            WHERE project_id = %(project)s
        ) AS numbered
    ) AS visitor
    ORDER BY at
"""

_LEDGER = """
    INSERT INTO score_entry (project_id, lead_id, sequence, event_id, rule_id,
        ruleset_version, points, delta, reason, old_score, new_score)
    SELECT %(project)s, lead_id, row_number() OVER folded, event.id, rule.id, 1, points,
        points, 'scored', sum(points) OVER folded - points, sum(points) OVER folded
    FROM event
    JOIN (
        SELECT (stored ->> 'id')::uuid AS id, stored ->> 'event_type' AS type,
            (stored ->> 'points')::integer AS points
        FROM ruleset, jsonb_array_elements(rules) AS stored
        WHERE (project_id, version) = (%(project)s, 1)
        UNION ALL
        SELECT NULL, 'ping', 0
    ) AS rule USING (type)
    WHERE project_id = %(project)s
    WINDOW folded AS (
        PARTITION BY lead_id ORDER BY occurred_at, message_id
        ROWS UNBOUNDED PRECEDING
    )
"""

_SCORES = """
    UPDATE lead SET score = newest.new_score, sequence = newest.sequence,
        stage = CASE WHEN newest.new_score >= 60 THEN 'qualified'
            WHEN newest.new_score >= 31 THEN 'hot'
            WHEN newest.new_score >= 11 THEN 'warm' ELSE 'cold' END,
        last_event_at = event.occurred_at, last_message_id = event.message_id
    FROM score_entry AS newest
    JOIN event ON (event.project_id, event.id) = (newest.project_id, newest.event_id)
    WHERE (lead.project_id, lead.id) = (newest.project_id, newest.lead_id)
        AND (newest.project_id, newest.sequence) = (%(project)s, %(events)s)
"""


def fill(connection: psycopg.Connection, project_id: str, leads: int) -> None:
    """Store leads with five scored events each, as scoring would have left them."""
    given = {"project": project_id, "events": EVENTS_PER_LEAD}
    add_leads(connection, project_id, leads)
    for day in range(EVENTS_PER_LEAD):
        connection.execute(_EVENTS, {**given, "day": day})
    connection.execute("ANALYZE")
    connection.execute(_LEDGER, given)
    connection.execute("ANALYZE score_entry")
    connection.execute(_SCORES, given)
    connection.execute("VACUUM ANALYZE")


def measure_beside(home: Path, leads: int) -> dict[str, float]:
    """Measure scoring beside so many leads.

    Returns:
        Events a second of backlogs with ten events a lead and with one, the gigabytes
        that the database has, and the seconds that it took to fill.

    Raises:
        RuntimeError: Of few leads, one is not worth what its events are.
    """
    with running_product(home, **UNLIMITED) as product:
        account = product.register()
        with connect(product) as connection:
            started = time.perf_counter()
            fill(connection, account.project_id, leads)
            filled = time.perf_counter() - started
            size = connection.execute(
                "SELECT pg_database_size(current_database()) / 1e9"
            ).fetchone()
        figures = {
            name: median(
                measure_backlog(
                    product,
                    account,
                    events=LEADS_OF_BACKLOG * events_per_lead,
                    leads=LEADS_OF_BACKLOG,
                )
                for _ in range(ROUNDS)
            )
            for name, events_per_lead in (("dense", 10), ("sparse", 1))
        }
        if leads == FEW_LEADS:  # of many, it would take longer than all else
            verified = product.verify()
            if verified.returncode != 0:
                raise RuntimeError(verified.stdout + verified.stderr)
    return {
        **figures,
        "gigabytes": float(size[0]) if size else 0.0,
        "seconds_to_fill": filled,
    }


def large_rows(few: Mapping[str, float], many: Mapping[str, float]) -> list[Row]:
    """Return what is said of the two."""
    rows = []
    for name, what in (("dense", "10 events a lead"), ("sparse", "1 event a lead")):
        rows += [
            Row(f"Scoring, {what}, beside {FEW_LEADS:,} leads", few[name], "/s"),
            Row(f"Scoring, {what}, beside {MANY_LEADS:,} leads", many[name], "/s"),
            Row(
                f"Scoring, {what}, beside few leads to many",
                few[name] / many[name],
                "ratio",
                "<= 1.5",
            ),
        ]
    return [
        *rows,
        Row(f"Database with {MANY_LEADS:,} leads", many["gigabytes"], "GB"),
        Row(f"Filling it with {MANY_LEADS:,} leads", many["seconds_to_fill"], "s"),
    ]


def main() -> None:
    """Measure one after the other on an otherwise idle machine."""
    build_frontend()
    load_before = os.getloadavg()[0]
    measured = []
    for leads in (FEW_LEADS, MANY_LEADS):
        with temporary_home() as home:
            free = shutil.disk_usage(home).free / 1e9
            if free < FREE_GIGABYTES:
                raise SystemExit(f"{home} needs {FREE_GIGABYTES} GB, {free:.0f} free")
            measured.append(measure_beside(home, leads))
    rows = large_rows(*measured)
    print_table(rows)
    write_results(RESULTS, rows, load_before)


if __name__ == "__main__":
    main()
