"""Tells every web process which projects' boards have something new to show.

The message says only that something changed, never what: a board reads the rows
itself, in its own scope. A lost message costs a board nothing but time.
"""

from collections.abc import AsyncIterator, Iterable
from uuid import UUID

import redis

from leadpulse_app.broker import best_effort, get_async_redis

_CHANNEL = "leadpulse:changes"

_PATIENCE_SECONDS = 10.0
"""How long a silent connection is trusted, first without and then with a ping."""


def publish_changes(project_ids: Iterable[UUID]) -> None:
    """Announce that these projects' leads or events changed.

    Call it after the commit. Without Redis it does nothing: the boards then read
    the database by themselves every 2 seconds.
    """
    message = ",".join(str(project_id) for project_id in project_ids)
    if message:
        best_effort.attempt(lambda client: client.publish(_CHANNEL, message))


async def subscribe() -> AsyncIterator[frozenset[UUID]]:
    """Yield the projects of each announcement, after one empty set when subscribed.

    Raises:
        redis.RedisError: Redis is away or went away.
    """
    async with get_async_redis().pubsub() as channel:
        await channel.subscribe(_CHANNEL)
        is_pinged = False
        while True:
            message = await channel.get_message(timeout=_PATIENCE_SECONDS)
            if message is None:
                if is_pinged:
                    raise redis.TimeoutError("the subscription does not answer")
                await channel.ping()
                is_pinged = True
                continue
            is_pinged = False
            if message["type"] == "subscribe":
                yield frozenset()
            elif message["type"] == "message":
                yield frozenset(map(UUID, message["data"].decode().split(",")))
