"""`up` runs the product as processes: started, restarted, stopped in order."""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx
import psutil
import pytest

from leadpulse_app.runtime.engine import is_running
from leadpulse_app.runtime.ground import find_ground
from leadpulse_app.runtime.postgres import PostgresEngine
from leadpulse_app.runtime.valkey import ValkeyEngine
from tests.product import ROOT, STOP_SECONDS, Product, free_port, post_event, wait_for
from tests.runtime.handshake import open_websocket
from tests.runtime.outside import OutsidePostgres, OutsideValkey

pytestmark = pytest.mark.e2e


def run(product: Product, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "leadpulse_app", command],
        cwd=ROOT,
        env=product.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def running(own_product: Product) -> Product:
    own_product.start()
    return own_product


def test_what_is_killed_is_started_anew_and_a_stop_leaves_nothing(
    running: Product,
) -> None:
    for words in (("leadpulse_app web",), ("leadpulse_app worker",), ("valkey",)):
        running.kill(*words)
        wait_for(
            lambda words=words: running.processes(*words),
            seconds=20,
            what=f"a new process {words}",
        )
    running.kill("bin/postgres", "-D")
    running.wait_until_healthy()
    running.stop()  # asserts the exit status, the time and that nothing is left


def test_a_stop_amid_traffic_and_open_pages_keeps_what_was_accepted(
    running: Product,
) -> None:
    account = running.register()
    accepted: list[int] = []
    closed = threading.Event()

    def send() -> None:
        count = 0
        with httpx.Client(timeout=10) as client:
            while not closed.is_set():
                body = {"apiKey": account.write_key, "event": "page_view"}
                try:
                    answer = client.post(
                        f"{running.url}/api/ingest/event",
                        json={**body, "anonymousId": "visitor"},
                    )
                except httpx.HTTPError:
                    break
                count += answer.status_code == 202
        accepted.append(count)

    senders = [threading.Thread(target=send) for _ in range(8)]
    with open_websocket(running):
        for sender in senders:
            sender.start()
        wait_for(lambda: len(running.leads(account)), seconds=20, what="the first lead")
        running.stop()
    closed.set()
    for sender in senders:
        sender.join()
    running.start()
    stored = int(running.sql("SELECT count(*) FROM event"))
    assert 0 < sum(accepted) <= stored


@contextlib.contextmanager
def hanging(processes: Sequence[psutil.Process]) -> Iterator[None]:
    """Let processes be silent but there, until the block ends."""
    try:
        for process in processes:
            process.suspend()
        yield
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


@contextlib.contextmanager
def waiting_sender(product: Product, event: Mapping[str, str]) -> Iterator[None]:
    """Have an event taken in meanwhile that nobody has answered yet."""
    body = json.dumps(event).encode()
    head = (
        "POST /api/ingest/event HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", product.port), timeout=10) as sender:
        sender.sendall(head.encode())
        assert sender.recv(1_000).startswith(b"HTTP/1.1 100 "), "nobody reads the body"
        sender.sendall(body)
        yield


@pytest.mark.parametrize("is_whole", [False, True], ids=["postmaster", "all of it"])
def test_a_stop_while_postgres_hangs_is_in_time_and_loses_nothing(
    running: Product, is_whole: bool
) -> None:
    account = running.register()
    event = {"apiKey": account.write_key, "event": "page_view", "anonymousId": "a"}
    with httpx.Client() as client:
        assert post_event(client, running, event).status_code == 202
    server = running.processes("bin/postgres", "-D")
    forked = [found for found in running.processes() if found.name() == "postgres"]
    with hanging(forked if is_whole else server), waiting_sender(running, event):
        asked = time.monotonic()
        running.stop()  # asserts that nothing is left
        assert time.monotonic() - asked < STOP_SECONDS
    running.start()
    assert int(running.sql("SELECT count(*) FROM event")) >= 1


def test_the_secret_is_made_once_and_for_its_owner_alone(running: Product) -> None:
    secret = running.home / "secret_key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    first = secret.read_text()
    running.stop()
    running.start()
    assert secret.read_text() == first


def test_ctrl_c_in_a_terminal_stops_it_in_order(own_product: Product) -> None:
    """The terminal sends SIGINT to every process of the foreground group."""
    with (own_product.home / "up.log").open("ab") as log:
        process = own_product.process = subprocess.Popen(
            [sys.executable, "-m", "leadpulse_app", "up"],
            cwd=ROOT,
            env=own_product.environment,
            stdout=log,
            stderr=log,
            process_group=0,
        )
    own_product.wait_until_healthy()
    below = own_product.processes()
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(10) == 0
    own_product.process = None
    assert [child for child in below if child.is_running()] == []
    assert "Traceback" not in (own_product.home / "up.log").read_text()


def test_a_second_start_on_the_same_home_is_refused(product: Product) -> None:
    second = Product(product.home)
    refused = run(second, "up")
    assert refused.returncode == 1
    assert "already runs" in refused.stderr


def test_a_taken_port_is_named(own_product: Product) -> None:
    with socket.create_server(("127.0.0.1", own_product.port)):
        refused = run(own_product, "up")
    assert refused.returncode == 1
    assert f"port {own_product.port}" in refused.stderr


def test_after_the_supervisor_is_killed_its_processes_end_and_engines_are_adopted(
    running: Product,
) -> None:
    assert running.process is not None
    ours = running.processes("leadpulse_app")
    engines = [
        child.pid
        for name in ("bin/postgres", "valkey-server")
        for child in running.processes(name)[:1]
    ]
    running.process.kill()
    running.process.wait()
    _, alive = psutil.wait_procs(ours, timeout=10)
    assert not alive
    assert all(is_running(pid) for pid in engines)
    running.start()
    running.stop()
    assert not any(is_running(pid) for pid in engines)


@pytest.fixture
def outside(own_home: Path) -> Iterator[tuple[OutsidePostgres, OutsideValkey]]:
    """An external Postgres and Redis, which listen on TCP; not started yet."""
    folder = own_home / "outside"
    ground = find_ground(folder)
    postgres, valkey = OutsidePostgres(ground), OutsideValkey(ground)
    with contextlib.ExitStack() as stack:
        stack.callback(postgres.stop)
        stack.callback(valkey.stop)
        yield postgres, valkey


def test_it_listens_before_an_external_database_answers_and_then_uses_it(
    own_product: Product, outside: tuple[OutsidePostgres, OutsideValkey]
) -> None:
    postgres, valkey = outside
    own_product.extra = {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url}
    own_product.start(ready=False)
    wait_for(own_product.health, seconds=60, what="an answer")
    assert own_product.health()["status"] == "degraded"
    away = httpx.post(
        f"{own_product.url}/api/auth/login",
        json={"email": "ada@example.com", "password": "correct horse"},
        timeout=20,
    )
    assert away.status_code == 503
    assert int(away.headers["Retry-After"]) > 0
    postgres.start()
    valkey.start()
    own_product.wait_until_healthy()
    assert own_product.processes("bin/postgres") == []
    assert own_product.processes("valkey-server") == []
    own_product.register()
    own_product.stop()
    assert postgres.is_alive()
    assert valkey.is_alive()


def test_verify_starts_the_engines_for_itself_when_nothing_runs(
    own_product: Product,
) -> None:
    migrated = run(own_product, "migrate")
    assert migrated.returncode == 0, migrated.stderr
    verified = run(own_product, "verify")
    assert verified.returncode == 0, verified.stderr
    ground = find_ground(own_product.home)
    assert PostgresEngine(ground).answering_pid() is None
    assert ValkeyEngine(ground).answering_pid() is None


def test_doctor_finds_nothing_wrong_with_a_running_product(
    product: Product,
) -> None:
    examined = run(product, "doctor")
    assert examined.returncode == 0, examined.stdout + examined.stderr


def test_nothing_but_the_one_port_can_be_reached(product: Product) -> None:
    listening = {
        (found.laddr.ip, found.laddr.port)
        for process in product.processes()
        for found in process.net_connections("inet")
        if found.status == psutil.CONN_LISTEN or found.type == socket.SOCK_DGRAM
    }
    assert listening == {("127.0.0.1", product.port)}


def test_ingest_alone_takes_events_for_the_running_product(
    product: Product,
) -> None:
    account = product.register()
    alone = Product(product.home)
    process = subprocess.Popen(
        [sys.executable, "-m", "leadpulse_app", "ingest"],
        cwd=ROOT,
        env=alone.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client() as client:
            answer = post_event(
                client,
                alone,
                {
                    "apiKey": account.write_key,
                    "event": "signup",
                    "anonymousId": "visitor",
                },
            )
        assert answer.status_code == 202
        wait_for(
            lambda: [lead["currentScore"] for lead in product.leads(account)] == [30],
            seconds=20,
            what="the score",
        )
    finally:
        process.terminate()
        status = process.wait(10)
    assert status == 0


def test_ingest_alone_stops_in_time_while_postgres_hangs(running: Product) -> None:
    account = running.register()
    event = {"apiKey": account.write_key, "event": "signup", "anonymousId": "a"}
    alone = Product(running.home)
    process = subprocess.Popen(
        [sys.executable, "-m", "leadpulse_app", "ingest"],
        cwd=ROOT,
        env=alone.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client() as client:
            assert post_event(client, alone, event).status_code == 202
        postgres = [
            found for found in running.processes() if found.name() == "postgres"
        ]
        with hanging(postgres), waiting_sender(alone, event):
            process.terminate()
            assert process.wait(STOP_SECONDS) == 0
    finally:
        process.kill()
        process.wait()


def test_doctor_says_how_to_mend_what_is_wrong(own_product: Product) -> None:
    own_product.extra = {
        "DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/nothing",
        "LEADPULSE_ENV": "development",
        "LEADPULSE_SECRET_KEY": "short",
    }
    examined = run(own_product, "doctor")
    assert examined.returncode == 1
    assert "DATABASE_URL" in examined.stdout
    assert "LEADPULSE_SECRET_KEY" in examined.stdout
