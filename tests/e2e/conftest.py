"""A browser, and a person with a project of their own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium_arguments, chromium_path
from tests.product import Account, Product


@pytest.fixture
def account(product: Product) -> Account:
    """A person with a project of their own."""
    return product.register()


@pytest.fixture(scope="module")  # Playwright holds the loop that other tests run on
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=chromium_arguments()
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh browser profile's first tab."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()
