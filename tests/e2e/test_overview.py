"""In a browser: what a project does at a glance, and its leads stage by stage."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import sign_in
from tests.product import Account, Product

pytestmark = pytest.mark.e2e

DEMOS = {"ada": 2, "bob": 1, "cleo": 0}
"""How many demo requests each made: 105, 55 and 5 points."""


@pytest.fixture
def tab(product: Product, account: Account, browser: Browser) -> Iterator[Page]:
    """A tab of somebody with three leads."""
    for person, demos in DEMOS.items():
        product.send(account, person, "page_view", *["demo_request"] * demos)
    product.wait_until_scored()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(page, product, account)
    yield page
    context.close()


def stat(page: Page, name: str) -> Locator:
    return page.get_by_text(name, exact=True).locator("xpath=..")


def test_the_overview_follows_what_happens_and_leads_to_who_it_names(
    product: Product, account: Account, tab: Page
) -> None:
    expect(stat(tab, "New leads")).to_contain_text("3")
    expect(stat(tab, "Qualified").first).to_contain_text("1")
    for chart in ("Stage funnel", "Score distribution", "Events over time"):
        expect(tab.get_by_role("heading", name=chart)).to_be_visible()
    expect(tab.locator(".recharts-bar-rectangle").first).to_be_visible()
    feed = tab.get_by_role("list", name="Newest events first")
    expect(feed).to_contain_text("ada")
    product.send(account, "dora", "signup")
    expect(feed).to_contain_text("dora", timeout=20_000)
    expect(stat(tab, "New leads")).to_contain_text("4")
    tab.get_by_role("button", name=re.compile("Live, pause")).click()
    product.send(account, "emil", "signup")
    product.wait_until_scored()
    other = tab.context.new_page()
    other.goto(f"{product.url}/overview")
    expect(stat(other, "New leads")).to_contain_text("5")
    expect(stat(tab, "New leads")).to_contain_text("4")
    tab.get_by_role("button", name=re.compile("Paused, resume")).click()
    expect(stat(tab, "New leads")).to_contain_text("5")
    tab.get_by_role("navigation", name="Range").get_by_role(
        "link", name="30 days"
    ).click()
    expect(tab).to_have_url(re.compile("range=30d"))
    expect(tab.get_by_text("vs previous 30 days")).to_be_visible()
    tab.get_by_role("link", name="ada").first.click()
    expect(tab).to_have_url(re.compile(r"/leads/[0-9a-f-]{36}"))


def test_a_card_moves_to_the_column_of_its_stage_and_opens_its_lead(
    product: Product, account: Account, tab: Page
) -> None:
    tab.goto(f"{product.url}/pipeline")

    def column(stage: str) -> Locator:
        return tab.get_by_role("region", name=stage, exact=True)

    expect(column("Qualified").get_by_role("listitem")).to_have_text(
        [re.compile("ada")]
    )
    expect(column("Hot").get_by_role("listitem")).to_have_text([re.compile("bob")])
    expect(column("Cold").get_by_role("listitem")).to_have_text([re.compile("cleo")])
    product.send(account, "bob", "demo_request")
    expect(column("Qualified").get_by_role("listitem")).to_have_count(2, timeout=20_000)
    expect(column("Hot")).to_contain_text("Nobody here")
    column("Cold").hover()
    product.send(account, "cleo", "demo_request")
    chip = column("Cold").get_by_role("button", name="1 changed")
    expect(chip).to_be_visible(timeout=20_000)
    expect(column("Cold").get_by_role("listitem")).to_have_count(1)
    chip.click()
    expect(column("Cold").get_by_role("listitem")).to_have_count(0)
    column("Qualified").get_by_role("link", name="bob").click()
    expect(tab).to_have_url(re.compile(r"/leads/[0-9a-f-]{36}"))
    expect(tab.get_by_role("heading", name="bob").first).to_be_visible()
