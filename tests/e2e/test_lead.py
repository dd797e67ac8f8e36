"""In a browser: a score is adjusted, changes at once, and is looked at as of before."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import sign_in
from tests.product import Account, Product, post_event, wait_for

pytestmark = pytest.mark.e2e


def test_an_adjustment_shows_at_once_and_as_of_before_it_never_was(
    product: Product, account: Account, page: Page
) -> None:
    with httpx.Client() as client:
        event = {"event": "signup", "anonymousId": "visitor"}
        post_event(client, product, {**event, "apiKey": account.write_key})
    product.wait_until_scored()
    [lead] = product.leads(account)
    sign_in(page, product, account)
    page.goto(f"{product.url}/leads/{lead['id']}")
    why = page.get_by_role("region", name="Why this score")
    expect(why.get_by_role("row").filter(has_text="Signup")).to_contain_text("+30")

    opener = page.get_by_role("button", name="Adjust")
    opener.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Points").fill("0")
    dialog.get_by_label("Points").press("Enter")
    expect(dialog.get_by_text("and not 0.")).to_be_visible()
    expect(dialog.get_by_text("has to say why.")).to_be_visible()
    expect(dialog.get_by_label("Points")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()

    recorded = _recorded_at(product, account, lead["id"])
    # The field for a moment tells seconds apart, no less.
    second = recorded.replace(microsecond=0) + timedelta(seconds=1)
    wait_for(lambda: datetime.now(UTC) > second, seconds=5, what="another second")
    opener.press("Enter")
    dialog.get_by_label("Points").fill("-12")
    page.keyboard.press("Tab")
    page.keyboard.type("Not the person we met")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    header = page.get_by_role("main")
    expect(header).to_contain_text(re.compile(r"18\s*points"))
    expect(header).to_contain_text("Warm")
    expect(why.get_by_role("row").filter(has_text="Adjusted by hand")).to_contain_text(
        "\N{MINUS SIGN}12"
    )
    ledger = page.get_by_role("table", name="What changed the score")
    entry = ledger.get_by_role("row").filter(has_text="Adjustment")
    expect(entry).to_contain_text("Ada: Not the person we met")

    page.get_by_label("As of").fill(f"{recorded:%Y-%m-%dT%H:%M:%S}")
    page.get_by_label("As of").press("Enter")
    page.wait_for_url(re.compile(r"\?at="))
    expect(header).to_contain_text(re.compile(r"30\s*points"))
    expect(why).not_to_contain_text("Adjusted by hand")
    expect(ledger.get_by_role("row").filter(has_text="signup")).to_have_count(1)
    expect(entry).to_have_count(0)
    page.get_by_role("link", name="Back to now").press("Enter")
    expect(header).to_contain_text(re.compile(r"18\s*points"))
    expect(entry).to_have_count(1)

    page.get_by_label("As of").fill("2000-01-01T00:00:00")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Nothing was scored of this lead")).to_be_visible()
    expect(header).to_contain_text(re.compile(r"18\s*points"))


def _recorded_at(product: Product, account: Account, lead_id: str) -> datetime:
    """Return when the newest line of a ledger was written, in the project's zone."""
    answer = httpx.get(
        f"{product.url}/api/leads/{lead_id}/history", headers=account.headers
    )
    (entry,) = answer.json()["data"]["entries"]
    return datetime.fromisoformat(entry["recordedAt"])
