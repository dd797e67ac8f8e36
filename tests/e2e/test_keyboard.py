"""Signing in, finding and reading a lead, and rules, all by keyboard alone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.product import Account, Product

pytestmark = pytest.mark.e2e

MOST_STOPS = 60
"""No control of a page is further away than this many presses of Tab."""


def tab_to(page: Page, is_there: Callable[[], bool]) -> None:
    """Press Tab until focus is where it is wanted."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if is_there():
            return
    raise AssertionError("focus never came there")


def focused(page: Page) -> str:
    """Return the accessible name of what has focus."""
    return str(
        page.evaluate(
            """() => {
            const { activeElement: it } = document;
            return it.ariaLabel
                ?? it.labels?.[0]?.textContent
                ?? it.textContent;
        }"""
        )
    )


def tab_to_named(page: Page, name: str) -> None:
    tab_to(page, lambda: focused(page).strip() == name)


def test_the_keyboard_alone_signs_in_finds_a_lead_and_changes_a_rule(
    product: Product, account: Account, page: Page
) -> None:
    product.send(account, "ada", "demo_request")
    product.send(account, "bob", "page_view")
    product.wait_until_scored()

    page.goto(f"{product.url}/login")
    page.wait_for_load_state("networkidle")
    tab_to_named(page, "Email")
    page.keyboard.type(account.email)
    tab_to_named(page, "Password")
    page.keyboard.type(account.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/overview**")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.wait_for_load_state("networkidle")

    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**/leads")
    expect(page.locator("[data-row]")).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("ada")
    expect(page.locator("[data-row]")).to_have_count(1)
    tab_to_named(page, "ada")
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("Demo request")
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    page.keyboard.press("o")

    page.wait_for_url(re.compile(r"/leads/[0-9a-f-]{36}"))
    expect(page.get_by_role("main")).to_be_focused()
    expect(page.get_by_role("heading", name="Why this score")).to_be_visible()
    tab_to_named(page, "Adjust")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert focused(page).strip() == "Adjust"

    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/rules")
    expect(page.get_by_role("main")).to_be_focused()
    tab_to_named(page, "Add rule")
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    tab_to_named(page, "Name")
    page.keyboard.type("Typed")
    tab_to_named(page, "Event")
    page.keyboard.type("typed_event")
    tab_to_named(page, "Points")
    page.keyboard.type("17")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("row").filter(has_text="Typed")).to_contain_text("+17")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Keyboard shortcuts")
