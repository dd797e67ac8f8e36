"""In a browser: a file is uploaded, and what a crawler sent is held and released."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import sign_in
from tests.product import Account, Product

pytestmark = pytest.mark.e2e

GOOGLEBOT = {
    "Origin": "https://shop.example",
    "User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://google.com/bot.html)",
}


def choose_file(page: Page, content: str, name: str = "events.csv") -> None:
    page.get_by_label("Upload events").set_input_files(
        files=[{"name": name, "mimeType": "text/csv", "buffer": content.encode()}]
    )


def test_a_file_with_a_bad_line_goes_in_but_for_that_line(
    product: Product, account: Account, page: Page
) -> None:
    sign_in(page, product, account)
    page.get_by_role("link", name="Events").click()
    expect(page.get_by_text("Waiting for the first event")).to_be_visible()
    content = "event,email,plan\nsignup,ada@example.com,team\nsignup,nobody,solo\n"
    choose_file(page, content)
    outcome = page.get_by_role("main").get_by_role("status")
    expect(outcome).to_contain_text("Added 1 event.")
    expect(outcome).to_contain_text("1 row could not be taken.")
    expect(outcome).to_contain_text("Line 3")
    row = page.get_by_role("row").filter(has_text="ada@example.com")
    expect(row).to_contain_text("+30", timeout=20_000)
    row.get_by_role("button", name="plan: team").click()
    expect(row.locator("pre")).to_contain_text('"plan": "team"')
    choose_file(page, content)
    expect(outcome).to_contain_text("Added 0 events. 1 was there before.")
    page.get_by_role("button", name="Dismiss").click()
    expect(outcome).to_have_text("")
    product.wait_until_scored()
    (lead,) = product.leads(account)
    assert lead["currentScore"] == 30


def test_a_file_that_can_not_be_read_is_refused_in_plain_words(
    product: Product, account: Account, page: Page
) -> None:
    sign_in(page, product, account)
    page.goto(f"{product.url}/events")
    outcome = page.get_by_role("main").get_by_role("status")
    choose_file(page, "name,plan\nada,team\n")
    expect(outcome).to_contain_text("there has to be a column called event")
    choose_file(page, "x" * (10 * 1024 * 1024 + 1))
    expect(outcome).to_contain_text("over 10 MB")


def test_what_a_crawler_sent_scores_once_a_person_releases_it(
    product: Product, account: Account, page: Page
) -> None:
    with httpx.Client(headers=GOOGLEBOT) as client:
        for number in range(3):
            client.post(
                f"{product.url}/api/ingest/event",
                json={
                    "apiKey": account.write_key,
                    "event": "signup",
                    "anonymousId": "visitor",
                    "messageId": f"bot-{number}",
                },
            ).raise_for_status()
    sign_in(page, product, account)
    page.goto(f"{product.url}/events")
    main = page.get_by_role("main")
    expect(main).to_contain_text("3 events from crawlers")
    rows = page.get_by_role("row").filter(has_text="visitor")
    expect(rows.filter(has_text="Bot")).to_have_count(3)
    rows.first.get_by_role("button", name="Release").click()
    expect(rows.first).to_contain_text("+30", timeout=20_000)
    expect(main).to_contain_text("2 events from crawlers")
    page.get_by_role("button", name="Release all").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Release 2 events?")
    dialog.get_by_role("button", name="Release").click()
    expect(rows.filter(has_text="+30")).to_have_count(3, timeout=20_000)
    expect(main).not_to_contain_text("from crawlers")
    product.wait_until_scored()
    (lead,) = product.leads(account)
    assert lead["currentScore"] == 90
    assert product.verify().returncode == 0
