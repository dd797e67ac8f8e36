"""Homes for engines and products that a test starts for itself."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadpulse_app.runtime.ground import Ground, find_ground
from tests.e2e.product import Product


@pytest.fixture
def own_home() -> Iterator[Path]:
    """A home of the test's own, which the engines' account can enter."""
    folder = Path(tempfile.mkdtemp(prefix="leadpulse-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


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
