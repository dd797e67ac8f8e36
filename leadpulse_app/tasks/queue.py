"""The queue of hints: they wake a worker sooner than its next sweep would.

A hint says only that something is pending. Postgres says what, so that losing
hints, or all of Redis, costs a few seconds and nothing else.
"""

import json
import logging
from functools import lru_cache
from uuid import UUID

import redis
from huey import RedisHuey
from huey.api import TaskWrapper
from huey.registry import Message
from huey.serializer import Serializer

from leadpulse_app.broker import TIMEOUT_SECONDS, best_effort, get_redis, redis_url
from leadpulse_app.services.live import publish_changes
from leadpulse_app.tasks.scorer import scorer

HINT_KEY = "leadpulse:scoring-hint"
"""Set while a hint waits in the queue."""

HINT_SECONDS = 5
"""After so long a hint counts as lost and may be given again."""

SLICE_SECONDS = 5.0
"""How long one task scores before it lets other tasks have its thread."""

_logger = logging.getLogger(__name__)


class JsonSerializer(Serializer):  # type: ignore[misc]  # huey has no types
    """Writes messages as JSON: whoever can write to Redis can't run code here."""

    def _serialize(self, data: object) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> object:
        return Message(*json.loads(data))


def get_queue() -> RedisHuey:
    """Return this process's queue, with every task registered."""
    return _score_task().huey


@lru_cache(maxsize=1)
def _score_task() -> TaskWrapper:
    queue = RedisHuey(
        "leadpulse",
        results=False,
        serializer=JsonSerializer(),
        connection_pool=redis.ConnectionPool.from_url(
            redis_url(),
            socket_connect_timeout=TIMEOUT_SECONDS,
            # A consumer's read waits for a second on the side of Redis.
            socket_timeout=TIMEOUT_SECONDS + 2,
        ),
    )
    return queue.task(name="score")(score)


def score() -> None:
    """Score what is pending; the task that a hint stands for."""
    try:
        # Before the first look, so that an event that comes after it gives a hint.
        get_redis().delete(HINT_KEY)
    except redis.RedisError:
        _logger.debug("the hint's flag stays until it expires")
    if not scorer.run(for_seconds=SLICE_SECONDS):
        enqueue_scoring_hint()


def enqueue_scoring_hint() -> None:
    """Wake a worker, unless a hint to do so is waiting already.

    It may block for a second while Redis is away, and never raises then: the
    worker's sweep finds what is pending by itself.
    """
    best_effort.attempt(_give_hint)


def announce_pending(project_id: UUID) -> None:
    """Wake a worker, and the boards of the project in which something is pending now.

    To be called after the commit; it may block as `enqueue_scoring_hint` does.
    """
    enqueue_scoring_hint()
    publish_changes([project_id])


def _give_hint(client: redis.Redis) -> None:
    if client.set(HINT_KEY, 1, nx=True, ex=HINT_SECONDS):
        get_queue().enqueue(_score_task().s())
