"""Homes for engines and products that a test starts for itself."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from leadpulse_app.runtime.ground import Ground, find_ground
from tests.e2e.product import Product, running_product


@contextmanager
def temporary_home() -> Iterator[Path]:
    """Make a home that the engines' account can enter, for the length of a block."""
    folder = Path(tempfile.mkdtemp(prefix="leadpulse-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def own_home() -> Iterator[Path]:
    """A home of the test's own."""
    with temporary_home() as home:
        yield home


@pytest.fixture
def ground(own_home: Path) -> Ground:
    """The place of that home's engines."""
    return find_ground(own_home)


@pytest.fixture
def own_product(own_home: Path) -> Iterator[Product]:
    """A product of the test's own, not started yet; stopped when it still runs."""
    product = Product(own_home)
    yield product
    product.stop()


@pytest.fixture(scope="session")
def shared_product() -> Iterator[Product]:
    """A running product for the tests that leave it as it is."""
    with temporary_home() as home, running_product(home) as product:
        yield product
