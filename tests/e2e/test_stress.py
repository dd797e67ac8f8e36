"""Two workers that keep dying, changing rules and changing people: nothing is lost."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.product import ROOT, Account, Product, running_product, wait_for

pytestmark = pytest.mark.e2e

EVENTS = 20_000
BATCH = 100
PEOPLE = 400
SENDERS = 3
KILLS = 4
TYPES = ("page_view", "email_open", "pricing_page_visit", "form_submit", "unsubscribe")
TOO_BUSY = {httpx.codes.CONFLICT, httpx.codes.SERVICE_UNAVAILABLE}

KNOWN = {"field": "lead.email", "operator": "exists"}
PRO = {"field": "properties.plan", "operator": "equals", "value": "pro"}
RULES: list[dict[str, Any]] = [
    {"name": "Page", "eventType": "page_view", "points": 3},
    {
        "name": "Page, three times a day",
        "eventType": "page_view",
        "points": 5,
        "cap": {"times": 3, "per": "day"},
    },
    {
        "name": "Prices, for two days",
        "eventType": "pricing_page_visit",
        "points": 20,
        "expiresAfterDays": 2,
        "conditions": [PRO],
    },
    {
        "name": "Opened, up to 25 a week",
        "eventType": "email_open",
        "points": 10,
        "cap": {"points": 25, "per": "week"},
        "expiresAfterDays": 1,
    },
    {"name": "Left", "eventType": "unsubscribe", "points": -30},
    {
        "name": "Anything",
        "eventType": "*",
        "points": 1,
        "cap": {"times": 9, "per": "ever"},
    },
    {"name": "Known", "kind": "fit", "points": 15, "conditions": [KNOWN]},
]


@dataclass
class Workers:
    """The product's own worker, and another one that is started anew when it dies."""

    product: Product
    other: subprocess.Popen[bytes] | None = None
    killed: int = 0

    def start_other(self) -> None:
        own = wait_for(
            lambda: next(iter(self.product.processes("leadpulse_app", "worker")), None),
            seconds=15,
            what="a worker",
        )
        with (self.product.home / "other.log").open("ab") as log:
            self.other = subprocess.Popen(
                [sys.executable, "-m", "leadpulse_app", "worker"],
                cwd=ROOT,
                env=own.environ(),
                stdout=log,
                stderr=log,
            )

    def kill_one(self, chance: random.Random) -> None:
        """Kill one of the two after they had a while to work."""
        time.sleep(chance.uniform(1, 2))
        if chance.random() < 0.5:
            self.product.kill("leadpulse_app", "worker", "--parent")
        else:
            self.stop_other()
            self.start_other()
        self.killed += 1

    def stop_other(self) -> None:
        if self.other is not None:
            self.other.kill()
            self.other.wait(10)


@dataclass
class People:
    """Somebody in the project who changes rules and leads all the time."""

    product: Product
    account: Account
    client: httpx.Client
    done: dict[str, int] = field(default_factory=dict)

    def call(self, path: str, body: dict[str, Any]) -> Any:
        """Post to the API; what is busy is left for later."""
        answer = self.client.post(
            f"{self.product.url}/api/{path}", json=body, headers=self.account.headers
        )
        if answer.status_code in TOO_BUSY:
            return None
        assert answer.is_success, f"{path}: {answer.text}"
        what = path.rsplit("/", 1)[-1]
        self.done[what] = self.done.get(what, 0) + 1
        return answer.json()["data"]

    def has_done_all(self) -> bool:
        return len(self.done) == 5

    def publish(self, chance: random.Random) -> None:
        rules = [rule for rule in RULES if chance.random() < 0.7] or RULES
        caps = {"behaviour": chance.choice((None, 150)), "fit": None}
        if self.call("rulesets/draft", {"rules": rules, "groupCaps": caps}):
            self.call("rulesets/publish", {"rescore": chance.random() < 0.5})

    def roll_back(self, chance: random.Random) -> None:
        newest = int(self.product.sql("SELECT max(version) FROM ruleset"))
        version = chance.randint(1, newest)
        self.call(f"rulesets/{version}/rollback", {"rescore": chance.random() < 0.5})

    def unmerge(self, chance: random.Random) -> None:
        for line in self.product.sql(
            "SELECT lead_id, id FROM lead_merge WHERE undone_at IS NULL"
            f" ORDER BY md5(id::text || {chance.random()}) LIMIT 5"
        ).splitlines():
            lead_id, merge_id = line.split("|")
            self.call(f"leads/{lead_id}/unmerge", {"mergeId": merge_id})

    def adjust(self, chance: random.Random) -> None:
        lead_id = self.product.sql("SELECT id FROM lead ORDER BY random() LIMIT 1")
        if lead_id:
            points = chance.choice((-40, 10, 200))
            body = {"points": points, "note": "They called"}
            self.call(f"leads/{lead_id}/adjust", body)


def make_events(chance: random.Random) -> list[dict[str, Any]]:
    """Return events of four days in a random order; some tell who is who."""
    now = datetime.now(UTC)
    events = []
    for n in range(EVENTS):
        person = chance.randrange(PEOPLE)
        at = now - timedelta(hours=96 * chance.random() ** 2)
        event: dict[str, Any] = {
            "type": "track",
            "event": chance.choice(TYPES),
            "anonymousId": f"device-{person}",
            "messageId": f"message-{n}",
            "timestamp": at.isoformat(),
            "properties": {"plan": chance.choice(("free", "pro"))},
        }
        match chance.randrange(40):
            case 0:
                event |= {"type": "identify", "userId": f"user-{person // 2}"}
                event["traits"] = {"email": f"person-{person // 2}@example.com"}
            case 1:
                event |= {"type": "alias", "userId": f"user-{person // 2}"}
                event["previousId"] = f"device-{person ^ 1}"
            case 2 | 3 | 4:
                event["userId"] = f"user-{person // 2}"
        events.append(event)
    return events


def send(product: Product, account: Account, events: list[dict[str, Any]]) -> None:
    """Send the events in batches from several clients, every tenth batch twice."""
    batches = [events[n : n + BATCH] for n in range(0, len(events), BATCH)]
    with (
        httpx.Client(timeout=30) as client,
        ThreadPoolExecutor(SENDERS) as clients,
    ):

        def post(batch: list[dict[str, Any]]) -> None:
            answer = client.post(
                f"{product.url}/v1/batch",
                json={"batch": batch},
                headers={"X-Write-Key": account.write_key},
            )
            assert answer.status_code == 200, answer.text

        repeated = [b for n, b in enumerate(batches) for _ in range(1 + (n % 10 == 0))]
        list(clients.map(post, repeated))


@contextmanager
def meanwhile(*disturb: Callable[[random.Random], None], seed: int) -> Iterator[None]:
    """Do each of these again and again in a thread of its own, at random intervals."""
    stopping = threading.Event()

    def repeat(act: Callable[[random.Random], None], chance: random.Random) -> None:
        while not stopping.wait(chance.uniform(0.2, 1.2)):
            act(chance)

    with ThreadPoolExecutor(len(disturb)) as threads:
        running = [
            threads.submit(repeat, act, random.Random(seed + n))
            for n, act in enumerate(disturb)
        ]
        try:
            yield
        finally:
            stopping.set()
        for each in running:
            each.result()


def assert_all_done(product: Product) -> None:
    """Wait until all is scored, linked, lapsed and rescored."""
    wait_for(
        lambda: (
            product.sql(
                "SELECT NOT EXISTS (SELECT FROM pending)"
                " AND NOT EXISTS (SELECT FROM pending_link)"
                " AND NOT EXISTS (SELECT FROM pending_rescore)"
                " AND NOT EXISTS (SELECT FROM next_expiry WHERE due_at < now())"
            )
            == "t"
        ),
        seconds=60,
        what="the end of all work",
    )
    assert product.sql("SELECT count(*) FROM failed_job") == "0"
    assert product.sql("SELECT count(*) FROM set_aside") == "0"
    assert product.sql("SELECT sum(failures) FROM rescore WHERE failures > 0") == ""


def test_workers_that_die_while_rules_and_people_change_count_each_event_once(
    own_home: Path,
) -> None:
    seed = int(os.environ.get("STRESS_SEED") or random.SystemRandom().randrange(2**32))
    sys.stdout.write(f"STRESS_SEED={seed}\n")  # shown where it fails
    chance = random.Random(seed)
    unlimited = {"LEADPULSE_INGEST_RATE": "0", "LEADPULSE_INGEST_RATE_IP": "0"}
    two_threads = {"WORKER_THREADS": "2"}
    with (
        running_product(own_home, **unlimited, **two_threads) as product,
        httpx.Client(timeout=30) as client,
    ):
        account = product.register()
        people = People(product, account, client)
        workers = Workers(product)
        workers.start_other()
        try:
            with meanwhile(
                workers.kill_one,
                people.publish,
                people.roll_back,
                people.unmerge,
                people.adjust,
                seed=seed,
            ):
                send(product, account, make_events(chance))
                wait_for(
                    lambda: people.has_done_all() and workers.killed >= KILLS,
                    seconds=60,
                    what="each kind of change",
                )
            assert_all_done(product)
        finally:
            workers.stop_other()
        assert product.sql(
            "SELECT count(*) FROM event WHERE message_id LIKE 'message-%'"
        ) == str(EVENTS)
        scored_once = product.sql(
            "SELECT (SELECT count(*) FROM event) = count(DISTINCT event_id)"
            " AND count(*) = count(DISTINCT (event_id, rule_id)) FROM score_entry"
            " WHERE reason IN ('scored', 'capped', 'clamped', 'manual', 'fit_gained',"
            " 'fit_lost')"
        )
        assert scored_once == "t"
        verified = product.verify()
        assert verified.returncode == 0, verified.stdout + verified.stderr
        for log in ("up.log", "other.log"):
            said = (own_home / log).read_text()
            assert "Traceback" not in said, said
