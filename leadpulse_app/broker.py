"""Redis or Valkey: carries what may be lost, so every call here may fail fast.

Queue hints, live messages and session state go through it. Nothing waits for it
for longer than a second, and nothing is true only there.
"""

from functools import lru_cache

import redis
import redis.asyncio

from leadpulse_app.settings import get_settings

TIMEOUT_SECONDS = 1.0


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


async def is_redis_ready() -> bool:
    """Return whether Redis answers a read."""
    try:
        await get_async_redis().get("leadpulse:ready")
    except redis.RedisError:
        return False
    return True
