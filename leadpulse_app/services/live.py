"""Tells every web process which projects' boards have something new to show.

The message says only that something changed, never what: a board reads the rows
itself, in its own scope. A lost message costs a board nothing but time.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from uuid import UUID

import redis

from leadpulse_app.broker import best_effort, get_async_redis

_CHANGES = "leadpulse:changes"
_ACTORS = "leadpulse:actors"

_PATIENCE_SECONDS = 10.0
"""How long a silent connection is trusted, first without and then with a ping."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What changed; nothing is the news that announcements arrive from now on."""

    projects: frozenset[UUID] = frozenset()
    actors: frozenset[UUID] = frozenset()
    """Sessions, users or projects of which other actors may come than before."""


def publish_changes(project_ids: Iterable[UUID]) -> None:
    """Announce that these projects' leads or events changed.

    Call it after the commit. Without Redis it does nothing: the boards then read
    the database by themselves every 2 seconds.
    """
    _publish(_CHANGES, project_ids)


def publish_actors(ids: Iterable[UUID]) -> None:
    """Announce that a session ended, or that what an actor says is another by now.

    Call it after the commit. Without Redis it does nothing: the boards then check
    their session each time that they read.

    Args:
        ids: Of sessions that ended; of users, where all of theirs did or their name
            or role changed; of projects whose name or time zone changed.
    """
    _publish(_ACTORS, ids)


def _publish(channel: str, ids: Iterable[UUID]) -> None:
    message = ",".join(map(str, ids))
    if message:
        best_effort.attempt(lambda client: client.publish(channel, message))


async def subscribe() -> AsyncIterator[Announcement]:
    """Yield each announcement, after an empty one when subscribed.

    Raises:
        redis.RedisError: Redis is away or went away.
    """
    async with get_async_redis().pubsub() as channel:
        await channel.subscribe(_ACTORS, _CHANGES)
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
            kind, name = message["type"], message["channel"]
            if kind == "subscribe" and name == _CHANGES.encode():  # the last of them
                yield Announcement()
            elif kind == "message":
                ids = frozenset(map(UUID, message["data"].decode().split(",")))
                is_change = name == _CHANGES.encode()
                yield (
                    Announcement(projects=ids)
                    if is_change
                    else Announcement(actors=ids)
                )
