"""Every page fits every screen: nothing is cut off and nothing scrolls sideways."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import sign_in
from tests.product import Product, post_event

pytestmark = pytest.mark.e2e

WIDTHS = (390, 900, 1150, 1440)
LONG_NAME = "Maximiliana Wolfeschlegelsteinhausenbergerdorff " * 2
PROFILE = {
    "name": LONG_NAME.strip(),
    "email": "maximiliana@wolfeschlegelsteinhausenbergerdorff.example",
    "company": "Wolfeschlegelsteinhausenbergerdorff Analytical Engines",
}


@pytest.fixture(scope="module")
def signed_in(product: Product, browser: Browser) -> Iterator[Page]:
    """A tab of somebody whose only lead has a name longer than any column."""
    account = product.register()
    with httpx.Client() as client:
        for event in ("identify", "page_view", "demo_request", "unknown" * 9):
            post_event(
                client,
                product,
                {
                    "apiKey": account.write_key,
                    "event": event,
                    "anonymousId": "visitor",
                    "properties": {"path": "/pricing" * 20, **PROFILE},
                },
            )
    product.wait_until_scored()
    page = browser.new_context().new_page()
    sign_in(page, product, account)
    yield page
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "address",
    [
        "/overview",
        "/leads",
        "/leads/…",
        "/pipeline",
        "/events",
        "/rules",
        "/integrations",
        "/system",
        "/settings",
    ],
)
def test_a_page_fits_a_screen(
    product: Product, signed_in: Page, address: str, width: int
) -> None:
    page = signed_in
    page.set_viewport_size({"width": width, "height": 900})
    if address.endswith("…"):
        page.goto(f"{product.url}/leads")
        page.locator("tbody").get_by_role("link").dblclick()
        page.wait_for_url("**/leads/*")
    else:
        page.goto(product.url + address)
    expect(page.locator("main").get_by_text("Loading")).to_have_count(0)
    assert_fits(page, width)


@pytest.mark.parametrize("width", WIDTHS)
def test_what_one_person_did_fits_a_screen(
    product: Product, signed_in: Page, width: int
) -> None:
    page = signed_in
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{product.url}/leads")
    lead_id = page.locator("tbody [data-row]").get_attribute("data-row")
    page.goto(f"{product.url}/events?lead={lead_id}")
    expect(page.get_by_role("button", name="Remove the filter Person")).to_be_visible()
    assert_fits(page, width)
    page.get_by_role("link", name="By session").click()
    expect(page.get_by_role("list", name="Sessions, newest first")).to_be_visible()
    assert_fits(page, width)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("address", ["/", "/login", "/register", "/nowhere"])
def test_a_page_for_everybody_fits_a_screen(
    product: Product, page: Page, address: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(product.url + address)
    page.get_by_role("main").wait_for()
    assert_fits(page, width)


@pytest.mark.parametrize("width", WIDTHS)
def test_score_and_stage_of_a_lead_show_on_every_screen(
    product: Product, signed_in: Page, width: int
) -> None:
    page = signed_in
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{product.url}/leads")
    row = page.get_by_role("row").filter(has_text="Maximiliana")
    for text in ("55", "Hot"):
        shown = row.get_by_text(text, exact=True).bounding_box()
        assert shown is not None
        assert shown["x"] + shown["width"] < width
    box = row.bounding_box()
    assert box is not None
    assert box["height"] <= 41


def assert_fits(page: Page, width: int) -> None:
    """Check that the page doesn't scroll sideways and no table leaves its card."""
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for table in page.get_by_role("table").all():
        room, needed = table.evaluate(
            "(table) => [table.parentElement.clientWidth, table.offsetWidth]"
        )
        assert needed <= room
