"""How much a browser that was never here loads before it can show the list of leads."""

import pytest
from playwright.sync_api import Browser, Request, expect

from tests.browser import sign_in
from tests.product import Account, Product

pytestmark = pytest.mark.e2e

MOST_OCTETS = 450_000
"""Of script and style as they come over the wire, compressed; without fonts."""


def test_the_first_load_of_the_list_of_leads_is_light(
    product: Product, account: Account, browser: Browser
) -> None:
    context = browser.new_context()
    sign_in(context.new_page(), product, account)
    signed_in = context.storage_state()
    context.close()
    context = browser.new_context(storage_state=signed_in)  # nothing in its cache
    page = context.new_page()
    loaded: list[Request] = []
    page.on("requestfinished", lambda request: loaded.append(request))
    page.goto(f"{product.url}/leads")
    expect(page.get_by_role("heading", name="Leads", exact=True)).to_be_visible()
    expect(page.get_by_text("Loading")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    octets = {
        kind: sum(
            request.sizes()["responseBodySize"]
            for request in loaded
            if request.resource_type == kind
        )
        for kind in ("script", "stylesheet")
    }
    context.close()
    assert octets["script"] > 0
    assert octets["stylesheet"] > 0
    assert sum(octets.values()) <= MOST_OCTETS, octets
