"""Previews in a process of their own, which the worker starts and ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from leadpulse_app.database import database_url
from tests.services.people import People, settle
from tests.services.previewing import ask, work_all

RUN_WORKER = ["-c", "from leadpulse_app.tasks.worker import run_worker; run_worker()"]
RUN_PREVIEWS = ["-m", "leadpulse_app.tasks.previews"]


@contextmanager
def running(arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env=os.environ | {"REDIS_URL": "unix:///nonexistent/valkey.sock"},
        stdin=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()


def wait_until(holds: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def people() -> Iterator[People]:
    settle()  # what other tests left behind
    work_all()
    people = People.create({"visit": 5})
    people.send("visit", user="ada")
    settle()
    yield people
    work_all()


def asked(people: People) -> UUID:
    rule = {"id": str(people.rule_ids["visit"]), "name": "visit", "points": 7}
    return ask(people, [rule | {"event_type": "visit"}])


@contextmanager
def held_up() -> Iterator[Callable[[], bool]]:
    """Let nobody read a history; yields what says whether somebody waits for that."""
    with (
        psycopg.connect(database_url()) as holding,
        psycopg.connect(database_url(), autocommit=True) as watching,
    ):
        holding.execute("LOCK TABLE quarantined_event IN ACCESS EXCLUSIVE MODE")

        def is_waiting() -> bool:
            row = watching.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted"
                " AND relation = 'quarantined_event'::regclass"
            ).fetchone()
            return row is not None and row[0] > 0

        yield is_waiting


def row(people: People, preview_id: UUID) -> dict[str, Any]:
    (found,) = people.rows("SELECT * FROM preview WHERE id = %s", preview_id)
    return found


def is_done(people: People, preview_id: UUID) -> bool:
    return row(people, preview_id)["finished_at"] is not None


def waiting(people: People) -> list[dict[str, Any]]:
    return people.rows(
        "SELECT id FROM pending_preview WHERE project_id = %s", people.id
    )


def test_a_worker_works_out_what_is_asked_for(people: People) -> None:
    with running(RUN_WORKER):
        for _ in range(2):
            preview_id = asked(people)
            wait_until(lambda: is_done(people, preview_id))  # noqa: B023
            assert row(people, preview_id)["result"]["changed"] == 1
    assert waiting(people) == []


def test_a_worker_that_is_told_to_end_leaves_it_to_the_next(people: People) -> None:
    preview_id = asked(people)
    with held_up() as is_waiting, running(RUN_WORKER) as worker:
        wait_until(is_waiting)
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(8) == 0
        assert time.monotonic() - began < 5
        wait_until(lambda: not is_waiting(), seconds=5)
    assert row(people, preview_id)["finished_at"] is None
    with running(RUN_WORKER):
        wait_until(lambda: is_done(people, preview_id))
    assert row(people, preview_id)["result"]["changed"] == 1


@pytest.mark.parametrize("arguments", [RUN_WORKER, RUN_PREVIEWS])
def test_one_that_is_killed_leaves_it_to_the_next(
    people: People, arguments: list[str]
) -> None:
    preview_id = asked(people)
    with held_up() as is_waiting, running(arguments) as process:
        wait_until(is_waiting)
        process.kill()
        process.wait()
        # Postgres goes on for nobody for a second, and the claim is free.
        wait_until(lambda: not is_waiting(), seconds=5)
    assert row(people, preview_id)["result"] == {"attempts": 1}
    with running(RUN_PREVIEWS) as process:
        assert process.wait(20) == 0
    assert row(people, preview_id)["result"]["changed"] == 1
    assert waiting(people) == []


def test_a_worker_whose_postgres_goes_away_begins_it_anew(people: People) -> None:
    preview_id = asked(people)
    with running(RUN_WORKER):
        with held_up() as is_waiting:
            wait_until(is_waiting)
            with psycopg.connect(database_url(), autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted"
                    " AND relation = 'quarantined_event'::regclass"
                )
            wait_until(lambda: not is_waiting())
        wait_until(lambda: is_done(people, preview_id))
    assert row(people, preview_id)["result"]["changed"] == 1


def test_it_ends_with_whoever_started_it(people: People) -> None:
    asked(people)
    with held_up() as is_waiting, running(RUN_PREVIEWS) as process:
        wait_until(is_waiting)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(5) == 1
