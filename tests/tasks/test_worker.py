import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from leadpulse_app.broker import redis_url
from leadpulse_app.database import get_pool, transaction
from leadpulse_app.runtime.ground import find_ground
from leadpulse_app.runtime.valkey import ValkeyEngine
from leadpulse_app.services.worker_presence import is_worker_running
from leadpulse_app.tasks import enqueue_scoring_hint
from leadpulse_app.tasks.queue import get_queue
from tests.services.scoring_project import (
    NOON,
    ScoringProject,
    score_all,
    score_once,
)

RUN = "from leadpulse_app.tasks.worker import run_worker; run_worker()"
NO_REDIS = "unix:///nonexistent/valkey.sock"


@contextmanager
def worker(redis_address: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", RUN], env=os.environ | {"REDIS_URL": redis_address}
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(holds: Callable[[], bool], *, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_announced() -> bool:
    with get_pool().connection() as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        ).fetchone()
    return row is not None and row[0] > 0


@pytest.fixture
def project() -> ScoringProject:
    score_all()
    return ScoringProject.create({"visit": 5})


def test_events_are_scored_with_redis_away(project: ScoringProject) -> None:
    lead_id = project.add_lead()
    with worker(NO_REDIS):
        for minute in (1, 2):
            project.add_event(lead_id, "visit", minute=minute)
            wait_until(lambda: project.pending() == 0)
    assert project.lead(lead_id)["score"] == 10


def test_events_whose_hint_was_given_are_scored(project: ScoringProject) -> None:
    lead_id = project.add_lead()
    with worker(redis_url()):
        project.add_event(lead_id, "visit")
        enqueue_scoring_hint()
        wait_until(lambda: project.pending() == 0)
    assert project.lead(lead_id)["score"] == 5


def test_a_lead_set_aside_is_tried_again_when_its_time_comes(
    project: ScoringProject,
) -> None:
    lead_id = project.add_lead()
    project.publish_stored([{"event_type": "visit"}])
    project.add_event(lead_id, "visit")
    assert score_once().failures == 1
    project.publish({"visit": 5})
    with worker(NO_REDIS):
        wait_until(lambda: project.pending() == 0)
    assert project.lead(lead_id)["score"] == 5


def test_points_lapse_and_versions_reach_the_past_by_themselves(
    project: ScoringProject,
) -> None:
    rule = {"id": str(uuid4()), "name": "visit", "event_type": "visit", "points": 50}
    project.publish_stored([rule | {"expires_after_days": 1}])
    lead_id, past_id = project.add_lead(), project.add_lead()
    project.add_event(past_id, "visit", minute=-7 * 24 * 60)
    with worker(NO_REDIS):
        wait_until(lambda: project.pending() == 0)
        soon = datetime.now(UTC) - timedelta(days=1) + timedelta(seconds=6)
        project.add_event(lead_id, "visit", minute=(soon - NOON) / timedelta(minutes=1))
        wait_until(lambda: project.lead(lead_id)["stage"] == "hot")
        wait_until(lambda: project.lead(lead_id)["stage"] == "cold")
        assert project.lead(past_id)["score"] == 0
        project.publish_stored([rule])
        with project.connection() as connection:
            connection.execute(
                "INSERT INTO rescore (project_id, version, started_by, all_leads)"
                " VALUES (%s, %s, gen_random_uuid(), 2)",
                (project.id, project.version),
            )
            connection.execute(
                "INSERT INTO pending_rescore (project_id, version) VALUES (%s, %s)",
                (project.id, project.version),
            )
        wait_until(lambda: project.lead(past_id)["score"] == 50)
        wait_until(lambda: project.lead(lead_id)["score"] == 50)
    assert project.differences() == []


@pytest.mark.parametrize("address", [NO_REDIS, None], ids=["no redis", "redis"])
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_shows_while_it_runs_and_ends_when_told(
    signum: signal.Signals, address: str | None
) -> None:
    async def is_running() -> bool:
        async with transaction() as session:
            return await is_worker_running(session)

    async def wait_until_running(expected: bool) -> None:
        deadline = time.monotonic() + 15
        while await is_running() is not expected:
            assert time.monotonic() < deadline

    await wait_until_running(False)  # Postgres has yet to see the last one go
    with worker(address or redis_url()) as process:
        await wait_until_running(True)
        process.send_signal(signum)
        assert process.wait(timeout=8) == 0
    await wait_until_running(False)


@pytest.fixture
def valkey() -> Iterator[ValkeyEngine]:
    home = Path(tempfile.mkdtemp(prefix="leadpulse-"))
    home.chmod(0o711)  # the engine's account has to pass
    engine = ValkeyEngine(find_ground(home))
    yield engine
    engine.stop()
    shutil.rmtree(home)


def test_hints_are_taken_soon_after_redis_comes_up_or_back(
    valkey: ValkeyEngine,
) -> None:
    client = redis.Redis.from_url(valkey.url)
    with worker(valkey.url) as process:
        wait_until(is_announced)
        for _ in range(2):
            valkey.start()
            client.lpush(get_queue().storage.queue_key, b"a hint")
            wait_until(
                lambda: client.llen(get_queue().storage.queue_key) == 0, seconds=5
            )
            assert process.poll() is None
            valkey.stop()
            client.close()


def test_a_killed_worker_no_longer_counts_as_running() -> None:
    with worker(NO_REDIS) as process:
        wait_until(is_announced)
        process.kill()
        wait_until(lambda: not is_announced())
