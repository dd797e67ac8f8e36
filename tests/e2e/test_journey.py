"""From an empty account to a qualified lead on an open board."""

import re

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import sign_in
from tests.product import Account, Product, post_event, wait_for

pytestmark = pytest.mark.e2e

LIVE_MILLISECONDS = 5_000
"""Generous for a busy machine; the benchmark measures how long it really takes."""


def test_a_visitor_of_a_real_page_becomes_a_qualified_lead_on_the_open_board(
    product: Product, page: Page
) -> None:
    page.goto(product.url)
    page.goto(f"{product.url}/register")
    page.get_by_label("Name").fill("Grace Hopper")
    page.get_by_label("Email").fill("grace@example.com")
    page.get_by_label("Password").fill("a compiler for everyone")
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/overview**")

    page.goto(f"{product.url}/integrations")
    snippet = page.get_by_text(re.compile(r"data-api-key=")).first
    expect(snippet).to_be_visible()
    write_key = re.search(r"pk_[0-9a-f]{48}", snippet.inner_text())
    assert write_key is not None

    board = page
    board.goto(f"{product.url}/leads")
    expect(board.get_by_role("main")).to_contain_text("No leads yet")

    visitor = page.context.browser.new_context().new_page()  # type: ignore[union-attr]
    for path in ("", "pricing.html", "docs.html"):
        visitor.goto(f"{product.url}/demo-site/{path}?key={write_key.group()}")
    visitor.get_by_role("button", name=re.compile("demo", re.IGNORECASE)).click()

    row = board.get_by_role("row").filter(has_text="anon")
    expect(row).to_contain_text("65", timeout=LIVE_MILLISECONDS)
    expect(row).to_contain_text("Qualified")
    visitor.context.close()

    row.get_by_role("link").first.dblclick()
    board.wait_for_url(re.compile(r"/leads/[0-9a-f-]{36}"))
    board.get_by_text("Every point").click()
    ledger = board.get_by_role("table", name="What changed the score")
    expect(ledger.get_by_role("row").filter(has_text="page_view")).to_have_count(3)
    expect(
        ledger.get_by_role("row").filter(has_text=re.compile(r"\+5\b"))
    ).to_have_count(3)
    demo_request = ledger.get_by_role("row").filter(has_text="demo_request")
    expect(demo_request).to_contain_text("+50")
    gave_points = ledger.get_by_role("row").filter(has_text=re.compile(r"\+[1-9]"))
    expect(gave_points).to_have_count(4)


def test_the_webhook_tester_really_posts_and_shows_status_and_milliseconds(
    product: Product, account: Account, page: Page
) -> None:
    sign_in(page, product, account)
    page.goto(f"{product.url}/integrations")
    with page.expect_response("**/api/ingest/event") as posted:
        page.get_by_role("button", name="Send test event").click()
    assert posted.value.status == 202
    expect(page.get_by_text(re.compile(r"202.*\d+ ms"))).to_be_visible()


def test_another_projects_lead_is_not_found_and_its_events_never_reach_this_feed(
    product: Product, browser: Browser
) -> None:
    mine, theirs = product.register("Mine"), product.register("Theirs")
    my_page = browser.new_context().new_page()
    their_page = browser.new_context().new_page()
    sign_in(my_page, product, mine)
    sign_in(their_page, product, theirs)

    with httpx.Client() as client:
        event = {"event": "signup", "anonymousId": "their-visitor"}
        post_event(client, product, {**event, "apiKey": theirs.write_key})
        expect(their_page.get_by_role("main")).to_contain_text("their-visitor")
        event = {"event": "signup", "anonymousId": "my-visitor"}
        post_event(client, product, {**event, "apiKey": mine.write_key})
    expect(my_page.get_by_role("main")).to_contain_text("my-visitor")
    expect(my_page.get_by_role("main")).not_to_contain_text("their-visitor")

    [their_lead] = product.leads(theirs)
    answer = httpx.get(
        f"{product.url}/api/leads/{their_lead['id']}", headers=mine.headers
    )
    assert answer.status_code == 404
    my_page.goto(f"{product.url}/leads/{their_lead['id']}")
    expect(my_page.get_by_role("main")).to_contain_text("No such lead")
    expect(my_page.get_by_role("main")).not_to_contain_text("their-visitor")
    my_page.context.close()
    their_page.context.close()


def test_a_board_that_lost_its_connection_says_so_and_catches_up_by_itself(
    product: Product, account: Account, page: Page
) -> None:
    sign_in(page, product, account)
    page.goto(f"{product.url}/leads")
    expect(page.get_by_role("main")).to_contain_text("No leads yet")
    page.context.set_offline(True)
    expect(page.get_by_text(re.compile("connection", re.IGNORECASE))).to_be_visible(
        timeout=60_000
    )
    with httpx.Client() as client:
        post_event(
            client,
            product,
            {"apiKey": account.write_key, "event": "signup", "anonymousId": "late"},
        )
    product.wait_until_scored()
    page.context.set_offline(False)
    expect(page.get_by_role("main")).to_contain_text("late", timeout=30_000)


def test_signing_out_ends_the_session_everywhere(
    product: Product, account: Account, page: Page
) -> None:
    sign_in(page, product, account)
    [cookie] = [c for c in page.context.cookies() if c["name"] == "leadpulse_session"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert "leadpulse_session" not in page.evaluate("document.cookie")
    token = {"Authorization": f"Bearer {cookie['value']}"}
    assert httpx.get(f"{product.url}/api/auth/me", headers=token).status_code == 200

    other_tab = page.context.new_page()
    other_tab.goto(f"{product.url}/leads")
    expect(other_tab.get_by_role("main")).to_contain_text("No leads yet")
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.wait_for_url("**/login**")
    assert httpx.get(f"{product.url}/api/auth/me", headers=token).status_code == 401
    other_tab.reload()
    other_tab.wait_for_url("**/login**")


def test_one_frontend_build_serves_any_port(product: Product, page: Page) -> None:
    assert product.port != 8000
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(f"{product.url}/login")
    wait_for(
        lambda: page.wait_for_timeout(50) or sockets, seconds=10, what="a websocket"
    )
    assert {f":{product.port}/" in url for url in sockets} == {True}
