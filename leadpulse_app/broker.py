"""Redis or Valkey: carries what may be lost, so every call here may fail fast.

Queue hints, live messages and session state go through it. Nothing waits for it
for longer than a second, and nothing is true only there.
"""

import logging
import time
from collections.abc import Callable
from functools import lru_cache

import redis
import redis.asyncio

from leadpulse_app.settings import get_settings

TIMEOUT_SECONDS = 1.0

RETRY_SECONDS = 1.0
"""How long Redis is left alone after it did not answer."""

_logger = logging.getLogger(__name__)


def redis_url() -> str:
    """Return the address of Redis.

    Raises:
        RuntimeError: None is configured and no embedded one was started.
    """
    url = get_settings().redis_url
    if url is None:
        raise RuntimeError("REDIS_URL is not set and no embedded Valkey runs")
    return url


@lru_cache(maxsize=1)
def get_redis() -> redis.Redis:
    """Return this process's client for synchronous code."""
    return redis.Redis.from_url(
        redis_url(),
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
    )


@lru_cache(maxsize=1)
def get_async_redis() -> redis.asyncio.Redis:
    """Return this process's client for asynchronous code."""
    return redis.asyncio.Redis.from_url(
        redis_url(),
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
    )


class BestEffort:
    """Makes calls that may be lost, and leaves Redis alone for a moment after one was.

    An outage is told once, not for every call.
    """

    def __init__(self) -> None:
        """Start with Redis taken to be there."""
        self._is_away = False
        self._retry_at = 0.0

    def attempt(self, call: Callable[[redis.Redis], object]) -> None:
        """Make a call, unless one was lost within the last second.

        Args:
            call: What to do with the client; a `redis.RedisError` loses it.
        """
        if self._is_away and time.monotonic() < self._retry_at:
            return
        try:
            call(get_redis())
        except redis.RedisError as error:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            if not self._is_away:
                _logger.warning("Redis is away, and what goes by it is late: %s", error)
            self._is_away = True
        else:
            if self._is_away:
                _logger.warning("Redis is back")
            self._is_away = False


best_effort = BestEffort()
"""This process's."""


async def is_redis_ready() -> bool:
    """Return whether Redis answers a read."""
    try:
        await get_async_redis().get("leadpulse:ready")
    except redis.RedisError:
        return False
    return True


async def read_redis_version() -> str | None:
    """Return what stands behind the address of Redis, by name and version.

    None while it is away, or where it does not tell.
    """
    try:
        told = await get_async_redis().info("server")
    except redis.RedisError:
        return None
    if "valkey_version" in told:
        return f"Valkey {told['valkey_version']}"
    return f"Redis {told['redis_version']}" if "redis_version" in told else None
