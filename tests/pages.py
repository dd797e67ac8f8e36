"""The pages that a browser is taken to, and the screens that they are looked at on."""

from playwright.sync_api import Page, expect

from tests.product import Product

SCREENS = {"1440": (1440, 900), "390": (390, 844)}
"""A desk and a phone, by their width."""

FOR_EVERYBODY = {
    "landing": "/",
    "login": "/login",
    "register": "/register",
    "not-found": "/nowhere",
}

FOR_MEMBERS = {
    "overview": "/overview",
    "leads": "/leads",
    "lead": "/leads/…",
    "pipeline": "/pipeline",
    "events": "/events",
    "rules": "/rules",
    "integrations": "/integrations",
    "system": "/system",
    "settings": "/settings",
}
"""An address that ends with … is that of the first lead."""


def open_page(page: Page, product: Product, address: str) -> None:
    """Open a page and wait until it shows what it is about."""
    if address.endswith("…"):
        open_page(page, product, "/leads")
        first = page.locator("[data-row] a[href]").first
        address = first.get_attribute("href") or ""
    page.goto(product.url + address)
    expect(page.get_by_role("main")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("Loading")).to_have_count(0)
