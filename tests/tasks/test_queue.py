import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from leadpulse_app import broker
from leadpulse_app.broker import get_redis
from leadpulse_app.tasks import enqueue_scoring_hint
from leadpulse_app.tasks.queue import HINT_KEY, get_queue
from tests.product import wait_for
from tests.services.scoring_project import ScoringProject, score_all


@pytest.fixture(autouse=True)
def _empty_queue() -> Iterator[None]:
    get_queue().storage.flush_queue()
    get_redis().delete(HINT_KEY)
    yield
    get_queue().storage.flush_queue()
    get_redis().delete(HINT_KEY)


@pytest.fixture
def project() -> ScoringProject:
    score_all()
    return ScoringProject.create({"visit": 5})


def take_and_run_a_task() -> None:
    get_queue().execute(get_queue().dequeue())


def test_a_burst_gives_one_hint() -> None:
    for _ in range(100):
        enqueue_scoring_hint()
    assert get_queue().storage.queue_size() == 1


def test_a_hint_scores_what_is_pending(project: ScoringProject) -> None:
    lead_id = project.add_lead()
    for minute in range(3):
        project.add_event(lead_id, "visit", minute=minute)
    enqueue_scoring_hint()
    take_and_run_a_task()
    assert project.lead(lead_id)["score"] == 15


def test_a_hint_can_be_given_again_once_the_one_before_is_taken_up() -> None:
    enqueue_scoring_hint()
    take_and_run_a_task()
    enqueue_scoring_hint()
    assert get_queue().storage.queue_size() == 1


def test_a_lost_hint_blocks_others_for_five_seconds_at_most() -> None:
    enqueue_scoring_hint()
    assert 0 < get_redis().ttl(HINT_KEY) <= 5


def test_boards_are_told_which_projects_changed(project: ScoringProject) -> None:
    project.add_event(project.add_lead(), "visit")
    with get_redis().pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe("leadpulse:changes")
        enqueue_scoring_hint()
        take_and_run_a_task()
        message = wait_for(
            lambda: channel.get_message(timeout=1), seconds=10, what="the message"
        )
    assert message["data"] == str(project.id).encode()


def test_a_message_is_json_and_runs_nobodys_code() -> None:
    enqueue_scoring_hint()
    (message,) = get_queue().storage.enqueued_items()
    assert json.loads(message)[1] == "leadpulse_app.tasks.queue.score"
    get_queue().storage.enqueue(b"\x80\x05not json")
    take_and_run_a_task()
    with pytest.raises(ValueError, match="decode"):
        get_queue().dequeue()


def test_without_redis_a_hint_is_dropped_and_told_of_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    nowhere = redis.Redis.from_url(f"unix://{tmp_path}/nobody.sock")
    monkeypatch.setattr(broker, "RETRY_SECONDS", 0)
    caplog.set_level(logging.WARNING, logger=broker.__name__)
    with monkeypatch.context() as away:
        away.setattr(broker, "get_redis", lambda: nowhere)
        for _ in range(3):
            enqueue_scoring_hint()
    enqueue_scoring_hint()
    assert [record.msg.split(",")[0] for record in caplog.records] == [
        "Redis is away",
        "Redis is back",
    ]
    assert get_queue().storage.queue_size() == 1
