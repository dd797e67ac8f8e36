"""Whatever dies meanwhile, every acknowledged event counts exactly once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.product import Account, Product, post_event, running_product

pytestmark = pytest.mark.e2e

POINTS = {"page_view": 5, "signup": 30, "unsubscribe": -20, "demo_request": 50, "x": 0}
LEADS = 50
EVENTS = 1_000
CLIENTS = 16


def make_events(write_key: str) -> list[dict[str, Any]]:
    """Return events whose order matters, as scores stop at zero."""
    start = datetime.now(UTC) - timedelta(hours=1)
    types = list(POINTS)
    return [
        {
            "apiKey": write_key,
            "event": types[(n * 7 + n // LEADS) % len(types)],
            "anonymousId": f"visitor-{n % LEADS}",
            "messageId": f"message-{n}",
            "timestamp": (start + timedelta(seconds=n)).isoformat(),
        }
        for n in range(EVENTS)
    ]


def expected_scores(events: list[dict[str, Any]]) -> dict[str, int]:
    """Fold the events by the guide's rules, independently of the product."""
    scores: dict[str, int] = {}
    for event in sorted(events, key=lambda e: (e["timestamp"], e["messageId"])):
        person = event["anonymousId"]
        score = scores.get(person, 0) + POINTS[event["event"]]
        scores[person] = min(10_000, max(0, score))
    return scores


def send_with_repeats(
    product: Product, events: list[dict[str, Any]], disturb: Callable[[int], None]
) -> None:
    """Send from 16 clients at once, every fifth message twice, disturbing meanwhile."""
    sent = 0
    lock = threading.Lock()
    with httpx.Client(limits=httpx.Limits(max_connections=CLIENTS)) as client:

        def send(event: dict[str, Any]) -> None:
            nonlocal sent
            answer = post_event(client, product, event)
            assert answer.status_code == 202, answer.text
            assert answer.json()["eventId"] == event["messageId"]
            with lock:
                sent += 1
                count = sent
            disturb(count)

        repeated = [e for n, e in enumerate(events) for _ in range(1 + (n % 5 == 0))]
        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(send, repeated))


def assert_every_event_counted_once(
    product: Product, account: Account, events: list[dict[str, Any]]
) -> None:
    product.wait_until_healthy()
    product.wait_until_scored(seconds=60)
    leads = product.leads(account)
    scores = {lead["anonymousId"]: lead["currentScore"] for lead in leads}
    assert scores == expected_scores(events)
    assert product.sql("SELECT count(*) FROM event") == str(len(events))
    assert (
        product.sql(
            "SELECT count(DISTINCT event_id), count(*) FROM score_entry "
            "WHERE reason IN ('scored', 'clamped')"
        )
        == f"{len(events)}|{len(events)}"
    )
    verified = product.verify()
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.mark.parametrize(
    "victim",
    [
        ("leadpulse_app", "worker"),
        ("leadpulse_app", "web"),
        ("valkey-server",),
        ("postgres", "-D"),
    ],
    ids=["worker", "web", "valkey", "postgres"],
)
def test_every_acknowledged_event_counts_once_although_a_process_is_killed(
    victim: tuple[str, ...], own_home: Path
) -> None:
    with running_product(own_home) as product:
        account = product.register()
        events = make_events(account.write_key)

        def kill_three_times(count: int) -> None:
            if count in (250, 550, 850):
                product.kill(*victim)

        send_with_repeats(product, events, kill_three_times)
        assert_every_event_counted_once(product, account, events)

        score = product.sql(
            "UPDATE lead SET score = score + 1 WHERE id = "
            "(SELECT id FROM lead LIMIT 1) RETURNING id"
        ).splitlines()[0]
        verified = product.verify()
        assert verified.returncode == 1
        assert score in verified.stdout + verified.stderr
