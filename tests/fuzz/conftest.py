"""A process that serves ingest alone, on this run's engines, for hostile requests."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from tests.product import ROOT, STOP_SECONDS, free_port, wait_for
from tests.tenants import Tenant, make_tenant


@dataclass(frozen=True)
class Server:
    """The process, where it listens and what it writes."""

    port: int
    process: psutil.Process
    """The one that serves."""
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="package")
def server(
    engines: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Ingest, without limits; it may log nothing but that it starts and stops."""
    port = free_port()
    log = tmp_path_factory.mktemp("ingest") / "log"
    with log.open("wb") as output:
        parent = subprocess.Popen(
            [sys.executable, "-m", "leadpulse_app", "ingest"],
            cwd=ROOT,
            env={
                **os.environ,
                "PORT": str(port),
                "LEADPULSE_INGEST_RATE": "0",
                "LEADPULSE_INGEST_RATE_IP": "0",
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        wait_for(lambda: _answers(port), seconds=60, what=f"a start (see {log})")
        (serving,) = psutil.Process(parent.pid).children()
        yield Server(port, serving, log)
    finally:
        parent.terminate()
        assert parent.wait(STOP_SECONDS) == 0
    written = log.read_text()
    assert "ERROR" not in written, written
    assert "Traceback" not in written, written


def _answers(port: int) -> bool:
    try:
        return requests.post(f"http://127.0.0.1:{port}/v1/m", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
async def tenant() -> Tenant:
    return await make_tenant()
