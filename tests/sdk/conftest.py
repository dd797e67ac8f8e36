"""Chromium, and a site of each test's own."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.browser import chromium_arguments, chromium_path
from tests.sdk.site import Site, served_site
from tests.tenants import Tenant, make_tenant


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), args=chromium_arguments()
        )
        yield browser
        await browser.close()


@pytest.fixture
async def visitor(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A visitor's browser; an error that reaches any of its pages fails the test."""
    context = await browser.new_context()
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context
    await context.close()
    assert errors == []


@pytest.fixture
async def page(visitor: BrowserContext) -> Page:
    """The visitor's first tab."""
    return await visitor.new_page()


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


@pytest.fixture
async def site(tenant: Tenant) -> AsyncIterator[Site]:
    """A site that sends its events to the tenant's project."""
    async with served_site(write_key=tenant.write_key) as site:
        yield site
