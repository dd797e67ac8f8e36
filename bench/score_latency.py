"""How long after its 202 an event's score is committed, at a steady rate."""

import http.client
import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles

import psycopg
from psycopg import sql

from bench.backlog import connect
from leadpulse_app.models.ledger import FIRST
from tests.product import Account, Product

RATE = 200
"""Events a second."""

SECONDS = 30.0
SENDERS = 4
VISITORS = 1_000
POLL_SECONDS = 0.002

_SCORED = sql.SQL("""
    SELECT message_id FROM (
        SELECT message_id, (
            SELECT id FROM event AS e
            WHERE (e.project_id, e.message_id) = (%(project)s, sent.message_id)
        ) AS event_id
        FROM unnest(%(waiting)s::text[]) AS sent (message_id)
    ) AS found
    WHERE (
        SELECT count(*) FROM score_entry AS s
        WHERE (s.project_id, s.event_id) = (%(project)s, found.event_id) AND s.{first}
    ) > 0
""").format(first=sql.SQL(FIRST))  # nested, or it is planned as a join of all events


class _Watch:
    """The events that are acknowledged and not known to be scored yet."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, float] = {}
        self.taken: list[float] = []
        self._lock = threading.Lock()

    def acknowledge(self, message_id: str) -> None:
        with self._lock:
            self.acknowledged[message_id] = time.perf_counter()

    def look(self, connection: psycopg.Connection, project_id: str) -> None:
        with self._lock:
            waiting = list(self.acknowledged)
        scored = connection.execute(
            _SCORED, {"waiting": waiting, "project": project_id}
        )
        now = time.perf_counter()
        with self._lock:
            for (message_id,) in scored:
                self.taken.append(now - self.acknowledged.pop(message_id))


def measure_score_latency(product: Product, account: Account) -> dict[str, float]:
    """Return milliseconds from 202 to the committed score, p50 and p95.

    Another connection looks for the scores every few milliseconds, so that what is
    measured is somewhat more than what it took.

    Raises:
        RuntimeError: An event was not accepted.
    """
    watch = _Watch()
    started = time.perf_counter()
    with connect(product) as connection, ThreadPoolExecutor(SENDERS) as threads:
        connection.execute("SET enable_seqscan = off")
        sending = [
            threads.submit(_send, product, account, watch, started, first)
            for first in range(SENDERS)
        ]
        while watch.acknowledged or not all(sender.done() for sender in sending):
            watch.look(connection, account.project_id)
            time.sleep(POLL_SECONDS)
        for sender in sending:
            sender.result()
    cuts = quantiles(watch.taken, n=100)
    return {
        "score_p50_ms": cuts[49] * 1000,
        "score_p95_ms": cuts[94] * 1000,
        "score_samples": float(len(watch.taken)),
    }


def _send(
    product: Product, account: Account, watch: _Watch, started: float, first: int
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", product.port)
    for n in range(first, int(RATE * SECONDS), SENDERS):
        time.sleep(max(0.0, started + n / RATE - time.perf_counter()))
        message_id = str(uuid.uuid4())
        body = {
            "apiKey": account.write_key,
            "event": "page_view",
            "anonymousId": f"bench-{n * 7_919 % VISITORS}",
            "messageId": message_id,
        }
        connection.request("POST", "/api/ingest/event", json.dumps(body))
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.ACCEPTED:
            raise RuntimeError(f"an event was answered with {answer.status}")
        watch.acknowledge(message_id)
