"""A web process of the product that can be measured: no rate limits, and a no-op."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import psutil

from bench.server import NOOP_PATH
from tests.product import ROOT, Account, Product, free_port, wait_for

WITH_NOOP = ("bench.server",)
INGEST_ALONE = ("leadpulse_app", "ingest")

UNLIMITED = {"LEADPULSE_INGEST_RATE": "0", "LEADPULSE_INGEST_RATE_IP": "0"}
"""The settings with which senders may send as fast as they like."""

CONNECTIONS = 32


@dataclass(frozen=True)
class MeasuredServer:
    """A server with an account that events are sent to."""

    port: int
    account: Account
    parent: psutil.Process

    def load(
        self,
        path: str,
        *,
        seconds: float,
        body: str = "single",
        events: int = 1,
        connections: int = CONNECTIONS,
        rate: float | None = None,
    ) -> dict[str, float]:
        """Load a route from a process of its own; what `bench.load` prints.

        Raises:
            subprocess.CalledProcessError: A request or an event was not accepted.
        """
        command = [sys.executable, "-m", "bench.load", str(self.port), path]
        options: dict[str, Any] = {
            "--body": body,
            "--events": events,
            "--connections": connections,
            "--seconds": seconds,
        }
        if rate is not None:
            options["--rate"] = rate
        done = subprocess.run(
            [*command, self.account.write_key, *_words(options)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return dict(json.loads(done.stdout))

    def processor_seconds(self) -> float:
        """Return the processor time that the process that serves has taken."""
        return sum(sum(p.cpu_times()[:2]) for p in self.parent.children())

    def resident_megabytes(self) -> float:
        """Return the memory of the process that serves, in 10^6 bytes."""
        serving = max(
            (process.memory_info().rss for process in self.parent.children()),
            default=self.parent.memory_info().rss,
        )
        return float(serving / 1e6)


@contextlib.contextmanager
def measured_server(
    product: Product, account: Account, module: Sequence[str] = WITH_NOOP
) -> Iterator[MeasuredServer]:
    """Run another server beside the product's own, on the same engines."""
    port = free_port()
    web = psutil.Process(product.processes("leadpulse_app", "web")[0].pid)
    environment = {
        **web.environ(),
        "PORT": str(port),
        **UNLIMITED,
    }
    with (product.home / "measured.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(lambda: _answers(port), seconds=60, what="a server to measure")
        yield MeasuredServer(port, account, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(15)


@contextlib.contextmanager
def resting_worker(product: Product) -> Iterator[None]:
    """Let the worker do nothing; what it missed, it does afterwards."""
    worker = product.processes("leadpulse_app", "worker")[0]
    worker.suspend()
    try:
        yield
    finally:
        worker.resume()


def _answers(port: int) -> bool:
    try:
        httpx.post(f"http://127.0.0.1:{port}{NOOP_PATH}")
    except httpx.HTTPError:
        return False
    return True


def _words(options: dict[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        yield from (name, str(value))
