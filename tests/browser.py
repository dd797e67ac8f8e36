"""Where Chromium is, and what people do in it."""

import shutil

from playwright.sync_api import Page

from tests.product import Account, Product


def chromium_path() -> str | None:
    """Return the system's Chromium; without one Playwright uses its own."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def chromium_arguments() -> list[str]:
    """Return the switches that keep Chromium to itself in a test."""
    return [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]


def sign_in(page: Page, product: Product, account: Account) -> None:
    """Sign in through the form and arrive on the overview."""
    page.goto(f"{product.url}/login")
    page.get_by_label("Email").fill(account.email)
    page.get_by_label("Password").fill(account.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/overview**")
