"""While Postgres is away pages say so, show nobody anything, and come back alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.browser import sign_in
from tests.e2e.test_guard import EVENTS, talk
from tests.product import Account, Product, post_event, running_product, wait_for

pytestmark = pytest.mark.e2e

RECOVERY_MILLISECONDS = 30_000


@pytest.fixture
def own_product(own_home: Path) -> Iterator[Product]:
    """A product whose Postgres may be killed."""
    with running_product(own_home) as product:
        yield product


@contextmanager
def postgres_away(product: Product) -> Iterator[None]:
    """Kill Postgres, and let nobody start it anew until the block ends."""
    assert product.process is not None
    supervisor = psutil.Process(product.process.pid)
    supervisor.suspend()
    try:
        product.processes("postgres", "-D")[0].kill()
        wait_for(
            lambda: product.health().get("status") != "ok",
            seconds=30,
            what="noticing that Postgres is away",
        )
        yield
    finally:
        supervisor.resume()
    product.wait_until_healthy()


def send(product: Product, account: Account, visitor: str) -> None:
    event = {"event": "signup", "anonymousId": visitor}
    with httpx.Client() as client:
        post_event(client, product, {**event, "apiKey": account.write_key})
    product.wait_until_scored()


def test_pages_say_that_the_database_is_away_and_load_by_themselves_when_it_is_back(
    own_product: Product, page: Page
) -> None:
    product, account = own_product, own_product.register()
    send(product, account, "early-visitor")
    sign_in(page, product, account)
    board = page.context.new_page()
    board.goto(f"{product.url}/leads")
    expect(board.get_by_role("row")).to_contain_text(["Name", "early-visitor"])
    expect(board.get_by_role("button", name="Live, pause")).to_be_visible()
    stranger = page.context.browser.new_context().new_page()  # type: ignore[union-attr]
    rules = page.context.new_page()

    with postgres_away(product):
        expect(board.get_by_text("Database away")).to_be_visible(timeout=40_000)
        expect(board.get_by_role("main")).to_contain_text("early-visitor")
        page.goto(f"{product.url}/leads")
        expect(page.get_by_role("alert")).to_contain_text("can't reach its database")
        expect(page.get_by_role("main")).not_to_contain_text("early-visitor")
        rules.goto(f"{product.url}/rules")
        expect(rules.get_by_role("alert")).to_contain_text("can't reach its database")
        stranger.goto(f"{product.url}/login")
        expect(stranger.get_by_role("heading", name="Sign in")).to_be_visible()
        heard = talk(stranger, EVENTS, {}) + talk(rules, EVENTS, {})
        assert "early-visitor" not in heard
        assert account.write_key not in heard
        expect(stranger.get_by_text("database")).to_have_count(0)

    send(product, account, "late-visitor")
    for tab in (page, board):
        expect(tab.get_by_role("main")).to_contain_text(
            "late-visitor", timeout=RECOVERY_MILLISECONDS
        )
        expect(tab.get_by_role("button", name="Live, pause")).to_be_visible()
        expect(tab.get_by_role("button", name="Account")).to_have_text("A")
    expect(rules.get_by_role("table")).to_contain_text("demo_request")
    stranger.context.close()
