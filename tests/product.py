"""Runs the whole product as a person would, and reaches into its processes."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 10.0
Found = TypeVar("Found")


def wait_for(probe: Callable[[], Found | None], *, seconds: float, what: str) -> Found:
    """Return what the probe finds, asking until it finds something.

    Raises:
        AssertionError: Nothing was found in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds} s"
        time.sleep(0.05)


def free_port() -> int:
    """Return a TCP port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment() -> dict[str, str]:
    """Return this process's environment without anything that configures us."""
    ours = ("LEADPULSE_", "DATABASE_URL", "REDIS_URL", "PORT", "HOST", "WEB_WORKERS")
    return {k: v for k, v in os.environ.items() if not k.startswith(ours)}


@dataclass(frozen=True)
class Account:
    """A registered person, with what is needed to act for them."""

    email: str
    password: str
    token: str
    project_id: str
    write_key: str

    @property
    def headers(self) -> dict[str, str]:
        """The header that authenticates API calls."""
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class Product:
    """A running `up`, its address and its folder."""

    home: Path
    port: int = field(default_factory=free_port)
    extra: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address people and pages use."""
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What its processes are started with."""
        return {
            **clean_environment(),
            "LEADPULSE_HOME": str(self.home),
            "LEADPULSE_ENV": "production",
            "LEADPULSE_DEMO_SITE": "1",
            "PORT": str(self.port),
            **self.extra,
        }

    def start(self, *, ready: bool = True) -> None:
        """Start it, and wait until every part of it answers."""
        log = (self.home / "up.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "leadpulse_app", "up"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        log.close()
        if ready:
            self.wait_until_healthy()

    def wait_until_healthy(self) -> None:
        """Wait until health says ok: Postgres, Redis and the worker are there."""
        wait_for(
            lambda: self.health().get("status") == "ok",
            seconds=START_SECONDS,
            what=f"a healthy start (log in {self.home / 'up.log'})",
        )

    def health(self) -> dict[str, Any]:
        """Return what health says, or nothing while the port is closed."""
        try:
            answer = httpx.get(f"{self.url}/api/health", timeout=5)
        except httpx.HTTPError:
            return {}
        return dict(answer.json()["data"])

    def processes(self, *words: str) -> list[psutil.Process]:
        """Return the processes below `up` whose command line has all these words."""
        assert self.process is not None
        found = []
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.process.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    command = " ".join(child.cmdline())
                    if all(word in command for word in words):
                        found.append(child)
        return found

    def kill(self, *words: str) -> None:
        """End the first such process with SIGKILL, and wait until it is gone."""
        victim = wait_for(
            lambda: next(iter(self.processes(*words)), None),
            seconds=15,
            what=f"a process {words}",
        )
        victim.kill()
        victim.wait(10)

    def stop(self) -> None:
        """Stop it as a service manager does; it must end cleanly and leave nothing."""
        if self.process is None:
            return
        below = self.processes()
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS + 1)
        except subprocess.TimeoutExpired:
            status = None
        left = [p for p in below if p.is_running() and p.status() != "zombie"]
        for process in left:
            process.kill()
        if status is None:
            self.process.kill()
            self.process.wait()
        self.process = None
        assert status == 0, f"up ended with {status}; log in {self.home / 'up.log'}"
        assert not left, f"left behind: {left}"

    def register(self, name: str = "Ada") -> Account:
        """Create an account over the API."""
        email = f"{name.lower()}-{os.urandom(4).hex()}@example.com"
        password = "correct horse battery"
        answer = httpx.post(
            f"{self.url}/api/auth/register",
            json={"email": email, "password": password, "name": name},
            timeout=20,
        )
        assert answer.status_code == 201, answer.text
        data = answer.json()["data"]
        return Account(
            email=email,
            password=password,
            token=data["token"],
            project_id=data["project"]["id"],
            write_key=data["project"]["apiKey"],
        )

    def send(self, account: Account, visitor: str, *events: str) -> None:
        """Send events of one visitor, each by its type, the newest last."""
        httpx.post(
            f"{self.url}/api/ingest/batch",
            json={
                "apiKey": account.write_key,
                "events": [
                    {"event": event, "anonymousId": visitor} for event in events
                ],
            },
            timeout=20,
        ).raise_for_status()

    def leads(self, account: Account) -> list[dict[str, Any]]:
        """Return the account's leads, highest score first, 500 at most."""
        answer = httpx.get(
            f"{self.url}/api/leads",
            params={"limit": 500},
            headers=account.headers,
            timeout=20,
        )
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"]["leads"])

    def wait_until_scored(self, *, seconds: float = 30) -> None:
        """Wait until nothing is pending."""
        wait_for(
            lambda: self.health().get("pending") == 0,
            seconds=seconds,
            what="an empty queue",
        )

    def verify(self) -> subprocess.CompletedProcess[str]:
        """Run `verify` against the running product."""
        return subprocess.run(
            [sys.executable, "-m", "leadpulse_app", "verify"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def sql(self, statement: str) -> str:
        """Run a statement as the database's owner, past every policy."""
        data = next(iter(self.processes("postgres", "-D")))
        command = data.cmdline()
        socket_folder = command[command.index("-k") + 1]
        binary = Path(command[0]).with_name("psql")
        return subprocess.run(
            [
                binary,
                "-h",
                socket_folder,
                "-U",
                "postgres",
                "-At",
                "leadpulse",
                "-c",
                statement,
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()


@contextlib.contextmanager
def temporary_home() -> Iterator[Path]:
    """Make a home that the engines' account can enter, for the length of a block."""
    folder = Path(tempfile.mkdtemp(prefix="leadpulse-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def running_product(home: Path, **extra: str) -> Iterator[Product]:
    """Start the product in this folder and stop it at the end."""
    product = Product(home, extra=extra)
    try:
        product.start()
        yield product
    finally:
        product.stop()


def post_event(
    client: httpx.Client, product: Product, body: Mapping[str, Any]
) -> httpx.Response:
    """Send one event as a backend would, until the product has taken it.

    The message id stays the same from try to try, as a client's would.
    """

    def send() -> httpx.Response | None:
        try:
            answer = client.post(
                f"{product.url}/api/ingest/event",
                content=json.dumps(body),
                headers={"Content-Type": "application/json"},
                timeout=20,
            )
        except httpx.HTTPError:
            return None
        if answer.status_code == 503:
            return None
        return answer

    return wait_for(send, seconds=60, what=f"taking {body.get('messageId')}")
