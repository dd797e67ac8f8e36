"""How many single events a second become durable, beside a route that does nothing.

Both are posted to the product's own web server, over the same number of kept
connections, by the same client, in turns.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

import httpx
import psutil

from bench.server import NOOP_PATH
from tests.product import ROOT, Product, free_port, running_product, wait_for

EVENT_PATH = "/api/ingest/event"
CONNECTIONS = 32
SECONDS = 5.0
ROUNDS = 3
"""The machine's mood changes; the median of alternating rounds changes less."""


def measure_ingest(home: Path) -> dict[str, float]:
    """Measure durable single events beside scoring, and then against the no-op.

    The worker rests during the comparison, as it would on a machine of its own: what
    is compared is what an event costs the web process and Postgres. Beside scoring,
    all share the same cores.

    Returns:
        Requests a second, their ratio, and the events' p50 and p99 in milliseconds;
        then the events' figures beside scoring.

    Raises:
        RuntimeError: An event was not accepted, or an accepted one is not stored.
    """
    noop, events = [], []
    with running_product(home) as product, _measured_web(product) as port:
        account = product.register()
        _load(port, EVENT_PATH, account.write_key, seconds=1.0)  # warm
        before = _stored(product)
        scored = [_load(port, EVENT_PATH, account.write_key) for _ in range(ROUNDS)]
        with _resting_worker(product):
            for _ in range(ROUNDS):
                noop.append(_load(port, NOOP_PATH, account.write_key))
                events.append(_load(port, EVENT_PATH, account.write_key))
        answered = int(_total(events, "answered") + _total(scored, "answered"))
        if _stored(product) - before < answered:
            raise RuntimeError("an event that was answered is not stored")
    return {
        "noop_per_second": _median(noop, "per_second"),
        "events_per_second": _median(events, "per_second"),
        "events_to_noop": _median(events, "per_second") / _median(noop, "per_second"),
        "event_p50_ms": _median(events, "p50_ms"),
        "event_p99_ms": _median(events, "p99_ms"),
        "events_per_second_beside_scoring": _median(scored, "per_second"),
        "event_p99_ms_beside_scoring": _median(scored, "p99_ms"),
    }


@contextlib.contextmanager
def _resting_worker(product: Product) -> Iterator[None]:
    """Let the worker do nothing; what it missed, it does afterwards."""
    worker = product.processes("leadpulse_app", "worker")[0]
    worker.suspend()
    try:
        yield
    finally:
        worker.resume()


@contextlib.contextmanager
def _measured_web(product: Product) -> Iterator[int]:
    """Run a web process of the product that has the no-op; yield its port."""
    port = free_port()
    web = psutil.Process(product.processes("leadpulse_app", "web")[0].pid)
    with (product.home / "measured.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.server"],
            cwd=ROOT,
            env={**web.environ(), "PORT": str(port)},  # the same engines
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(lambda: _answers(port), seconds=60, what="a web process with a no-op")
        yield port
    finally:
        process.terminate()
        process.wait(15)


def _answers(port: int) -> bool:
    try:
        return httpx.post(f"http://127.0.0.1:{port}{NOOP_PATH}").status_code == 202
    except httpx.HTTPError:
        return False


def _load(
    port: int, path: str, write_key: str, *, seconds: float = SECONDS
) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.load", str(port), path, write_key]
    options = ["--connections", str(CONNECTIONS), "--seconds", str(seconds)]
    done = subprocess.run(
        [*command, *options], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def _median(rounds: Sequence[Mapping[str, float]], figure: str) -> float:
    return median(figures[figure] for figures in rounds)


def _total(rounds: Sequence[Mapping[str, float]], figure: str) -> float:
    return sum(figures[figure] for figures in rounds)


def _stored(product: Product) -> int:
    return int(product.sql("SELECT count(*) FROM event"))
