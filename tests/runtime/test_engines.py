"""The embedded engines start once, are found again, and stop."""

import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from leadpulse_app.runtime.engine import Engine, EngineError, is_running
from leadpulse_app.runtime.errors import SetupError
from leadpulse_app.runtime.ground import Ground, find_ground
from leadpulse_app.runtime.postgres import PostgresEngine
from leadpulse_app.runtime.valkey import ValkeyEngine
from tests.product import wait_for

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="concerns root alone")


@pytest.fixture(params=[PostgresEngine, ValkeyEngine])
def engine(ground: Ground, request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine: Engine = request.param(ground)
    yield engine
    engine.stop()


@pytest.fixture
def postgres(ground: Ground) -> Iterator[PostgresEngine]:
    engine = PostgresEngine(ground)
    yield engine
    engine.stop()


def test_an_engine_that_was_stopped_is_gone(engine: Engine) -> None:
    engine.start()
    pid = engine.pid
    assert pid is not None
    assert engine.is_alive()
    engine.stop()
    assert not is_running(pid)
    assert engine.answering_pid() is None


def test_a_server_left_behind_is_adopted_and_can_be_stopped(engine: Engine) -> None:
    engine.start()
    successor = type(engine)(engine.ground)
    successor.start()
    assert successor.pid == engine.pid
    successor.stop()
    assert not engine.is_alive()


def test_a_killed_engine_is_started_anew(engine: Engine) -> None:
    engine.start()
    first = engine.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: not engine.is_alive(), seconds=10, what="the end of the engine")
    engine.start()
    assert engine.pid != first
    assert engine.answering_pid() == engine.pid


def test_what_was_committed_outlives_a_kill(postgres: PostgresEngine) -> None:
    postgres.start()
    with psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGKILL)
    wait_for(lambda: not postgres.is_alive(), seconds=10, what="the end of Postgres")
    postgres.start()
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


def test_postgres_writes_through_and_gives_no_superuser(
    postgres: PostgresEngine,
) -> None:
    postgres.start()
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit'),"
            " current_setting('listen_addresses'), current_user, rolsuper"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == ("on", "on", "", "leadpulse", False)


def test_nobody_else_can_reach_the_sockets(engine: Engine) -> None:
    engine.start()
    mode = stat.S_IMODE(engine.ground.sockets.stat().st_mode)
    assert mode == 0o700


def test_the_sockets_of_a_long_path_stand_in_a_short_one(own_home: Path) -> None:
    ground = find_ground(own_home / ("a" * 60) / ("b" * 60))
    engine = PostgresEngine(ground)
    try:
        engine.start()
        assert not ground.sockets.is_relative_to(own_home)
        assert stat.S_IMODE(ground.sockets.stat().st_mode) == 0o700
        psycopg.connect(engine.url).close()
    finally:
        engine.stop()
        shutil.rmtree(ground.sockets)


def test_a_socket_folder_that_is_no_folder_is_refused(ground: Ground) -> None:
    ground.sockets.symlink_to(ground.home)
    with pytest.raises(SetupError, match="somebody else"):
        ValkeyEngine(ground).start()


def test_a_server_that_does_not_start_names_its_log(postgres: PostgresEngine) -> None:
    postgres.prepare()
    (postgres.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(EngineError, match=r"postgres\.log"):
        postgres.start()


def test_an_interrupted_first_start_leaves_nothing_half_made(
    postgres: PostgresEngine,
) -> None:
    draft = postgres.data.with_name("postgres.draft")
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    postgres.start()
    assert postgres.answering_pid() == postgres.pid


@as_root
def test_no_folder_is_opened_up_for_the_engines_account() -> None:
    closed = Path(tempfile.mkdtemp(prefix="leadpulse-"))
    ground = find_ground(closed / "home")
    engine = PostgresEngine(ground)
    try:
        engine.start()
        assert not ground.folder.is_relative_to(closed)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        engine.stop()
        shutil.rmtree(closed)
        shutil.rmtree(ground.folder)


@as_root
def test_engines_of_root_run_as_somebody_else(engine: Engine) -> None:
    engine.start()
    assert Path(f"/proc/{engine.pid}").stat().st_uid == engine.ground.account.uid


@as_root
def test_binaries_out_of_reach_are_copied_to_where_engines_can_run_them(
    ground: Ground,
) -> None:
    closed = Path(tempfile.mkdtemp(prefix="leadpulse-"))
    binaries = closed / "binaries"
    binaries.mkdir(mode=0o700)
    binary = binaries / "say"
    binary.write_text("#!/bin/sh\necho reached\n")
    binary.chmod(0o700)
    copy = ground.reachable_copy(binaries)
    try:
        assert ground.account.run(copy / "say").stdout == "reached\n"
        assert ground.reachable_copy(binaries) == copy
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        shutil.rmtree(closed)
        shutil.rmtree(copy)
