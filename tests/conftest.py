"""The engines that every test shares: an embedded Postgres and Valkey, migrated.

Tests are kept apart by tenancy, not by cleaning: each makes its own project.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from leadpulse_app import broker, database, schema
from leadpulse_app.runtime.engine import Engine
from leadpulse_app.runtime.ground import Ground, find_ground
from leadpulse_app.runtime.postgres import PostgresEngine
from leadpulse_app.runtime.valkey import ValkeyEngine
from tests.product import Product, running_product, temporary_home

GROUND = pytest.StashKey[Ground]()


def pytest_configure(config: pytest.Config) -> None:
    """Point the settings at this run's engines before anything reads them."""
    home = Path(tempfile.mkdtemp(prefix="leadpulse-"))
    home.chmod(0o711)  # the engines' account has to pass
    ground = config.stash[GROUND] = find_ground(home)
    os.environ |= {
        "LEADPULSE_HOME": str(home),
        "LEADPULSE_SECRET_KEY": secrets.token_hex(32),
        "DATABASE_URL": PostgresEngine(ground).url,
        "REDIS_URL": ValkeyEngine(ground).url,
    }


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the home of this run."""
    shutil.rmtree(config.stash[GROUND].home)


@pytest.fixture(scope="session", autouse=True)
def engines(
    pytestconfig: pytest.Config,
) -> Iterator[tuple[PostgresEngine, ValkeyEngine]]:
    """The running engines of this run, the database on the newest schema."""
    ground = pytestconfig.stash[GROUND]
    postgres, valkey = PostgresEngine(ground), ValkeyEngine(ground)
    with ExitStack() as stack:
        for engine in (postgres, valkey):
            stack.callback(engine.stop)
            engine.start()
        schema.migrate()
        yield postgres, valkey


@pytest.fixture(scope="session", autouse=True)
async def closed_clients(engines: tuple[Engine, ...]) -> AsyncIterator[None]:
    """Close the shared clients on the loop that used them, before the engines stop."""
    yield
    if database.get_engine.cache_info().currsize:
        await database.get_engine().dispose()
    if database.get_pool.cache_info().currsize:
        database.get_pool().close()
    if broker.get_async_redis.cache_info().currsize:
        await broker.get_async_redis().aclose()
    if broker.get_redis.cache_info().currsize:
        broker.get_redis().close()


@pytest.fixture
def own_home() -> Iterator[Path]:
    """A home of the test's own."""
    with temporary_home() as home:
        yield home


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    """The product in production mode, for the tests that leave it as it is."""
    with temporary_home() as home, running_product(home) as running:
        yield running
