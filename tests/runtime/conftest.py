"""Engines and products that a test starts for itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from leadpulse_app.runtime.ground import Ground, find_ground
from tests.product import Product


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
