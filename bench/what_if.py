"""How long the preview of a draft over a long history takes, and in how much memory."""

import contextlib
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.product import Account, Product, running_product, wait_for

LEADS = 100_000
EVENTS = 1_000_000

MERGED_PERCENT = 5
"""Of the leads: so many were merged into another one."""

_PREVIEW = "/api/rulesets/preview"

_SEED = """
SELECT setseed(0.5);

CREATE TEMPORARY TABLE person AS
SELECT number, uuidv7(number * interval '1 second' - interval '180 days') AS id
FROM generate_series(0, {leads} - 1) AS number;
CREATE UNIQUE INDEX ON person (number);

INSERT INTO lead (project_id, id, anonymous_id)
SELECT '{project}', id, 'visitor ' || number FROM person ORDER BY id;
UPDATE lead SET root_id = root.id
FROM person JOIN person AS root ON root.number = person.number - 1
WHERE (lead.project_id, lead.id) = ('{project}', person.id)
    AND person.number % 100 >= 100 - 2 * {merged} AND person.number % 2 = 1;
INSERT INTO lead_merge (project_id, id, lead_id, other_id)
SELECT project_id, gen_random_uuid(), root_id, id FROM lead
WHERE project_id = '{project}' AND root_id IS NOT NULL;

INSERT INTO event (project_id, lead_id, message_id, type, anonymous_id, properties,
    traits, timestamp, sent_at, received_at, occurred_at)
SELECT '{project}', person.id, gen_random_uuid(), type, 'visitor ' || person.number,
    jsonb_build_object('path', '/products/' || n % 500, 'title', 'Product ' || n % 500,
        'plan', (ARRAY['free', 'team', 'pro'])[1 + n % 3], 'seats', n % 40,
        'referrer', 'https://www.example.com/search?q=' || n % 1000),
    CASE WHEN type IN ('form_submit', 'signup', 'demo_request') THEN
        jsonb_build_object('email', 'person' || person.number / 2 || '@example.com',
            'name', 'Person ' || person.number / 2,
            'company', 'Company ' || person.number / 2 % 1000)
    END, at, at, at, at
FROM (
    SELECT n, floor({leads} * random() ^ 1.3) AS number,
        now() - interval '180 days' * (1 - n / {events}.0) AS at,
        (ARRAY['page_view', 'page_view', 'page_view', 'page_view', 'page_view',
            'page_view', 'page_view', 'page_view', 'page_view', 'page_view',
            'page_view', 'email_open', 'email_open', 'email_open', 'form_submit',
            'pricing_page_visit', 'pricing_page_visit', 'download', 'ping', (ARRAY[
                'signup', 'demo_request', 'webinar_attendance', 'contract_signed'
            ])[1 + floor(4 * random())::integer]])[1 + floor(20 * random())::integer]
            AS type
    FROM generate_series(1, {events}) AS n
) AS happened JOIN person USING (number)
ORDER BY n;

INSERT INTO score_entry (project_id, lead_id, sequence, event_id, rule_id,
    ruleset_version, points, delta, reason, old_score, new_score)
SELECT '{project}', lead_id, sequence, event_id, rule_id, 1, points, points, 'scored',
    total - points, total
FROM (
    SELECT coalesce(lead.root_id, lead.id) AS lead_id, event.id AS event_id,
        row_number() OVER folded AS sequence, rule.id AS rule_id,
        coalesce(rule.points, 0) AS points,
        sum(coalesce(rule.points, 0)) OVER folded AS total
    FROM event
    JOIN lead ON (lead.project_id, lead.id) = (event.project_id, event.lead_id)
    LEFT JOIN (
        SELECT (stored ->> 'id')::uuid AS id, stored ->> 'event_type' AS event_type,
            (stored ->> 'points')::integer AS points
        FROM ruleset, jsonb_array_elements(rules) AS stored
        WHERE (project_id, version) = ('{project}', 1)
    ) AS rule ON rule.event_type = event.type
    WHERE event.project_id = '{project}'
    WINDOW folded AS (
        PARTITION BY coalesce(lead.root_id, lead.id)
        ORDER BY event.occurred_at, event.message_id ROWS UNBOUNDED PRECEDING
    )
) AS scored;

UPDATE lead SET score = newest.new_score, sequence = newest.sequence,
    stage = CASE WHEN newest.new_score >= 60 THEN 'qualified'
        WHEN newest.new_score >= 31 THEN 'hot'
        WHEN newest.new_score >= 11 THEN 'warm' ELSE 'cold' END,
    last_event_at = event.occurred_at, last_message_id = event.message_id,
    email = told.traits ->> 'email', name = told.traits ->> 'name',
    company = told.traits ->> 'company'
FROM (
    SELECT DISTINCT ON (lead_id) lead_id, new_score, sequence, event_id
    FROM score_entry WHERE project_id = '{project}'
    ORDER BY lead_id, sequence DESC
) AS newest
JOIN event ON (event.project_id, event.id) = ('{project}', newest.event_id)
LEFT JOIN (
    SELECT DISTINCT ON (score_entry.lead_id) score_entry.lead_id, traits
    FROM score_entry JOIN event ON (event.project_id, event.id)
        = (score_entry.project_id, score_entry.event_id)
    WHERE score_entry.project_id = '{project}' AND traits IS NOT NULL
    ORDER BY score_entry.lead_id, sequence DESC
) AS told ON told.lead_id = newest.lead_id
WHERE (lead.project_id, lead.id) = ('{project}', newest.lead_id);

ANALYZE;
"""  # scored by the rules of a new project, so that `verify` finds nothing


def measure_what_if(home: Path) -> dict[str, float]:
    """Preview a draft that counts, lets lapse and looks at properties and leads.

    Returns:
        How long it took from being asked for, in seconds, and what the process that
        worked it out had in memory at most, in 10^6 bytes.
    """
    with running_product(home) as product:
        account = product.register()
        product.sql(
            _SEED.format(
                leads=LEADS,
                events=EVENTS,
                merged=MERGED_PERCENT,
                project=account.project_id,
            )
        )
        _send(product, account, "POST", "/api/rulesets/draft", _draft(product, account))
        _send(product, account, "POST", _PREVIEW)
        peak = 0.0

        def finished() -> dict[str, Any] | None:
            nonlocal peak
            for process in product.processes("leadpulse_app.tasks.previews"):
                with contextlib.suppress(psutil.NoSuchProcess):
                    peak = max(peak, process.memory_info().rss / 1e6)
            preview = _send(product, account, "GET", _PREVIEW)
            return preview if preview["finishedAt"] else None

        preview = wait_for(finished, seconds=600, what="a preview")
        assert preview["status"] == "done", preview["error"]
        assert preview["result"]["events"] == EVENTS
        assert preview["result"]["changed"] > LEADS / 2
        began = datetime.fromisoformat(preview["startedAt"])
        ended = datetime.fromisoformat(preview["finishedAt"])
        return {
            "preview_seconds": (ended - began).total_seconds(),
            "preview_megabytes": peak,
        }


def _draft(product: Product, account: Account) -> dict[str, Any]:
    rules = _send(product, account, "GET", "/api/rules")["rules"]
    by_type = {rule["eventType"]: rule for rule in rules}
    by_type["page_view"] |= {
        "points": 3,
        "cap": {"times": 3, "per": "day"},
        "conditions": [
            {"field": "properties.path", "operator": "contains", "value": "/products/"}
        ],
    }
    by_type["email_open"] |= {"expiresAfterDays": 30}
    by_type["download"] |= {"expiresAfterDays": 90}
    by_type["pricing_page_visit"] |= {"cap": {"points": 60, "per": "week"}}
    known = {"field": "lead.company", "operator": "contains", "value": "7"}
    fit = {"name": "Company", "kind": "fit", "points": 15, "conditions": [known]}
    return {"rules": [*rules, fit], "groupCaps": {"behaviour": 400}}


def _send(
    product: Product,
    account: Account,
    method: str,
    path: str,
    body: dict[str, Any] | None = None,
) -> Any:
    answer = httpx.request(
        method, f"{product.url}{path}", json=body, headers=account.headers, timeout=30
    )
    answer.raise_for_status()
    return answer.json()["data"]
