"""In a browser: the stream of events is followed, narrowed and opened, a file is
uploaded, and what a crawler sent is held and released."""

import re
import time

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
    row.get_by_role("link", name="signup").click()
    expect(page.get_by_role("dialog")).to_contain_text('"plan": "team"')
    page.get_by_role("button", name="Close").click()
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


def send(product: Product, account: Account, *events: tuple[str, str]) -> None:
    """Send events, each by its type and its visitor, the newest last."""
    sent = time.time_ns()
    httpx.post(
        f"{product.url}/api/ingest/batch",
        json={
            "events": [
                {
                    "event": event,
                    "anonymousId": visitor,
                    "messageId": f"{sent}-{number}",
                    "properties": {"path": "/pricing"},
                }
                for number, (event, visitor) in enumerate(events)
            ]
        },
        headers={"X-Write-Key": account.write_key},
    ).raise_for_status()


def test_an_event_is_opened_whole_by_the_keyboard_and_by_its_address(
    product: Product, account: Account, page: Page
) -> None:
    send(product, account, ("signup", "ada"), ("page_view", "bob"))
    sign_in(page, product, account)
    page.goto(f"{product.url}/events")
    expect(page.locator("[data-row]")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("heading", name="page_view")).to_be_visible()
    page.keyboard.press("j")
    expect(drawer.get_by_role("heading", name="signup")).to_be_visible()
    expect(drawer.locator("pre")).to_contain_text('"path": "/pricing"')
    expect(page).to_have_url(re.compile("event="))
    page.reload()
    expect(drawer.locator("pre")).to_contain_text('"anonymousId": "ada"')
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    drawer.get_by_role("button", name="Copy event").click()
    expect(page.get_by_text("Copied the event.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert '"event": "signup"' in copied
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(page).not_to_have_url(re.compile("event="))


def test_the_stream_is_narrowed_to_a_type_and_a_person_and_back(
    product: Product, account: Account, page: Page
) -> None:
    send(product, account, ("signup", "ada"), ("page_view", "ada"), ("signup", "bob"))
    sign_in(page, product, account)
    page.goto(f"{product.url}/events")
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(3)
    page.get_by_label("Event type", exact=True).select_option("signup")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Person").click()
    page.get_by_label("Find a person").fill("ada")
    page.get_by_role("list", name="People found").get_by_role(
        "link", name="ada"
    ).click()
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("type=signup&lead="))
    page.reload()
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="By session").click()
    sessions = page.get_by_role("list", name="Sessions, newest first")
    expect(sessions).to_contain_text("2 events")
    page.get_by_role("link", name="Stream").click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Remove the filter Person").click()
    expect(rows).to_have_count(3)


def test_rows_hold_still_under_the_pointer_and_a_chip_lets_new_ones_in(
    product: Product, account: Account, page: Page
) -> None:
    send(product, account, ("signup", "ada"))
    sign_in(page, product, account)
    page.goto(f"{product.url}/events")
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(1)
    rows.first.hover()
    send(product, account, ("page_view", "bob"), ("page_view", "eve"))
    chip = page.get_by_role("button", name="2 new events")
    expect(chip).to_be_visible()
    expect(rows).to_have_count(1)
    chip.click()
    expect(rows).to_have_count(3)


def test_a_paused_stream_counts_what_arrives_and_shows_it_when_asked(
    product: Product, account: Account, page: Page
) -> None:
    send(product, account, ("signup", "ada"))
    sign_in(page, product, account)
    page.goto(f"{product.url}/events")
    rows = page.locator("[data-row]")
    expect(rows.filter(has_text="+30")).to_have_count(1, timeout=20_000)
    page.get_by_role("button", name="Live").click()
    expect(page.get_by_role("button", name="Paused")).to_be_visible()
    send(product, account, ("page_view", "bob"))
    main = page.get_by_role("main")
    expect(main).to_contain_text("1 new event since you paused")
    expect(rows).to_have_count(1)
    main.get_by_role("button", name="Show", exact=True).click()
    expect(rows).to_have_count(2)
    expect(main).not_to_contain_text("since you paused")
