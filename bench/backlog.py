"""Events that wait to be scored, and how fast a worker scores them.

They are stored by SQL while the worker rests, as ingest would have stored them.
"""

import time
from typing import Any

import httpx
import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from bench.measured import resting_worker
from tests.product import Account, Product

RULES_WITH_MEMORY: list[dict[str, Any]] = [
    {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "name": name,
        **rule,
    }
    for number, (name, rule) in enumerate(
        {
            "Page": {
                "event_type": "page_view",
                "points": 5,
                "cap": {"times": 3, "per": "day"},
            },
            "Product page": {
                "event_type": "page_view",
                "points": 2,
                "conditions": [
                    {
                        "field": "properties.path",
                        "operator": "starts_with",
                        "value": "/products/1",
                    }
                ],
            },
            "Prices": {
                "event_type": "pricing_page_visit",
                "points": 15,
                "cap": {"points": 30, "per": "week"},
                "expires_after_days": 30,
            },
            "Opened": {
                "event_type": "email_open",
                "points": 10,
                "expires_after_days": 90,
            },
            "Form": {"event_type": "form_submit", "points": 20},
            "Download": {
                "event_type": "download",
                "points": 15,
                "cap": {"times": 2, "per": "ever"},
            },
            "Demo": {"event_type": "demo_request", "points": 50},
            "Anything": {
                "event_type": "*",
                "points": 1,
                "cap": {"times": 5, "per": "day"},
            },
            "Known": {
                "kind": "fit",
                "points": 10,
                "conditions": [{"field": "lead.email", "operator": "exists"}],
            },
            "Big company": {
                "kind": "fit",
                "points": 25,
                "conditions": [
                    {
                        "field": "lead.company",
                        "operator": "contains",
                        "value": "Company 1",
                    }
                ],
            },
        }.items()
    )
]
"""Rules with every kind of limit, condition and expiry."""

SETTINGS_WITH_MEMORY = {
    "group_caps": {"behaviour": 500, "fit": 100},
    "time_zone": "Europe/Berlin",
}

_LEADS = """
    WITH added AS (
        INSERT INTO lead (project_id, id, anonymous_id)
        SELECT %(project)s, uuidv7(), 'visitor ' || n
        FROM generate_series(0, %(leads)s - 1) AS n
        RETURNING project_id, anonymous_id, id
    )
    INSERT INTO lead_alias (project_id, kind, value, lead_id)
    SELECT project_id, 'anonymous', anonymous_id, id FROM added
"""

_EVENTS = """
    WITH someone AS MATERIALIZED (
        SELECT row_number() OVER () - 1 AS number, id, anonymous_id
        FROM (
            SELECT id, anonymous_id FROM lead WHERE project_id = %(project)s
            ORDER BY md5(anonymous_id || %(seed)s) LIMIT %(leads)s
        ) AS drawn
    ), added AS (
        INSERT INTO event (project_id, lead_id, message_id, type, anonymous_id,
            session_id, properties, traits, received_at, occurred_at)
        SELECT %(project)s, someone.id, gen_random_uuid(), type, anonymous_id,
            'session of ' || anonymous_id,
            jsonb_build_object('path', '/products/' || n %% 500,
                'url', 'https://shop.example/products/' || n %% 500,
                'title', 'Product ' || n %% 500,
                'referrer', 'https://shop.example/'),
            CASE WHEN %(traits)s AND type = 'form_submit' THEN jsonb_build_object(
                'email', anonymous_id || '@example.com',
                'company', 'Company ' || number %% 1000)
            END,
            now(), now() + n * interval '1 microsecond'
        FROM (
            SELECT n, (ARRAY['page_view', 'page_view', 'page_view', 'page_view',
                'email_open', 'email_open', 'pricing_page_visit', 'download',
                'form_submit', 'ping'])[1 + (n * 7 + n / 10) %% 10] AS type
            FROM generate_series(1, %(events)s) AS n
        ) AS happened
        JOIN someone ON someone.number = n %% %(leads)s
        ORDER BY n
        RETURNING project_id, lead_id, id
    )
    INSERT INTO pending (project_id, lead_id, event_id) SELECT * FROM added
"""

_SCORED = """
    SELECT count(DISTINCT event_id) FILTER (WHERE recorded_at > began) AS events,
        extract(epoch FROM max(recorded_at) - min(began))::float AS seconds
    FROM (
        SELECT event_id, recorded_at, min(recorded_at) OVER () AS began
        FROM score_entry WHERE project_id = %s AND event_id > %s
    ) AS entry
"""


def superuser_url(product: Product) -> str:
    """Return the address of the product's Postgres as its superuser."""
    web = product.processes("leadpulse_app", "web")[0]
    return make_conninfo(
        web.environ()["DATABASE_URL"], user="postgres", dbname="leadpulse"
    )


def connect(product: Product) -> psycopg.Connection:
    """Connect to the product's Postgres past every policy."""
    return psycopg.connect(superuser_url(product), autocommit=True)


def add_leads(connection: psycopg.Connection, project_id: str, leads: int) -> None:
    """Add visitors whom nothing is known of."""
    connection.execute(_LEADS, {"project": project_id, "leads": leads})


def publish_rules_with_memory(connection: psycopg.Connection, project_id: str) -> None:
    """Put rules in force that count, hold, lapse and look at properties."""
    connection.execute(
        "INSERT INTO ruleset (project_id, version, rules, settings)"
        " VALUES (%s, 2, %s, %s)",
        (project_id, Jsonb(RULES_WITH_MEMORY), Jsonb(SETTINGS_WITH_MEMORY)),
    )
    connection.execute(
        "UPDATE project SET ruleset_version = 2 WHERE id = %s", (project_id,)
    )


def measure_backlog(
    product: Product, account: Account, *, events: int, leads: int, traits: bool = False
) -> float:
    """Return how many events a second the product's worker scores of a backlog.

    Time runs from the first ledger entries that are written to the last, and the
    events of the first are left out.

    Args:
        product: Running, with leads in the account's project.
        account: Whose events they are.
        events: How many wait.
        leads: How many leads they are of, drawn at random.
        traits: Whether those that fill in a form say who they are.
    """
    with connect(product) as connection:
        with resting_worker(product):
            before = _newest_event(connection)
            connection.execute(
                _EVENTS,
                {
                    "project": account.project_id,
                    "events": events,
                    "leads": leads,
                    "traits": traits,
                    "seed": str(before),
                },
            )
            connection.execute("CHECKPOINT")
            # The hint of this one wakes a second thread beside the sweep's.
            httpx.post(
                f"{product.url}/api/ingest/event",
                json={
                    "apiKey": account.write_key,
                    "event": "ping",
                    "anonymousId": "last",
                },
            ).raise_for_status()
        while _is_pending(connection):
            time.sleep(0.1)
        scored = connection.execute(_SCORED, (account.project_id, before)).fetchone()
    if scored is None:
        raise RuntimeError("nothing was scored")
    return float(scored[0] / scored[1])


def _newest_event(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()
    return int(row[0]) if row else 0


def _is_pending(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT EXISTS (SELECT FROM pending)").fetchone()
    return bool(row and row[0])
