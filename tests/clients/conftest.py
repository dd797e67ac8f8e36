"""A product for the clients, the packages from npm, a browser, and the wire."""

from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium_arguments, chromium_path
from tests.clients.driver import Client, browser_client
from tests.clients.limit import EVENTS_A_MINUTE
from tests.clients.packages import Connect, Package
from tests.clients.site import served_site
from tests.clients.wire import Wire, wire_to
from tests.product import Account, Product, running_product, temporary_home


@pytest.fixture
def account(product: Product) -> Account:
    """Somebody with a project of their own."""
    return product.register()


@pytest.fixture
def wire(product: Product) -> Iterator[Wire]:
    """The way to the product that lets in what comes."""
    with wire_to(product.port) as wire:
        yield wire


@pytest.fixture(scope="module")
def own_product() -> Iterator[Product]:
    """A product that lets in few events and may be restarted."""
    rate = f"{EVENTS_A_MINUTE}/minute"
    with (
        temporary_home() as home,
        running_product(home, LEADPULSE_INGEST_RATE=rate) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=chromium_arguments()
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of a site whose pages use the packages."""
    with served_site() as url:
        yield url


@pytest.fixture
def connect(request: pytest.FixtureRequest) -> Connect:
    """Starts a package's client, given the product's address and a write key."""

    def start(package: Package, host: str, key: str) -> AbstractContextManager[Client]:
        if package.start is not None:
            return package.start(package.script, host, key)
        browser = request.getfixturevalue("browser")
        site = request.getfixturevalue("site")
        return browser_client(package.script, host, key, browser=browser, site=site)

    return start
