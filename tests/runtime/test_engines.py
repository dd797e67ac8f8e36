"""The embedded engines start, are adopted, and stop."""

from leadpulse_app import broker, database


async def test_the_database_answers() -> None:
    assert await database.is_database_ready()


async def test_redis_answers() -> None:
    assert await broker.is_redis_ready()
