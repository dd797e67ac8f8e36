"""In a browser: a score is adjusted, changes at once, and is looked at as of before."""

import json
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
    page.get_by_text("Every point").click()
    ledger = page.get_by_role("table", name="What changed the score")
    entry = ledger.get_by_role("row").filter(has_text="Adjustment")
    expect(entry).to_contain_text("Ada: Not the person we met")

    page.get_by_label("As of").fill(f"{recorded:%Y-%m-%dT%H:%M:%S}")
    page.get_by_label("As of").press("Enter")
    page.wait_for_url(re.compile(r"\?at="))
    expect(header).to_contain_text(re.compile(r"30\s*points"))
    expect(why).not_to_contain_text("Adjusted by hand")
    if not ledger.is_visible():
        page.get_by_text("Every point").click()
    expect(ledger.get_by_role("row").filter(has_text="signup")).to_have_count(1)
    expect(entry).to_have_count(0)
    page.get_by_role("link", name="Back to now").press("Enter")
    expect(header).to_contain_text(re.compile(r"18\s*points"))
    expect(entry).to_have_count(1)

    page.get_by_label("As of").fill("2000-01-01T00:00:00")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Nothing was scored of this lead")).to_be_visible()
    expect(header).to_contain_text(re.compile(r"18\s*points"))


def test_a_salesperson_reads_what_happened_and_writes_what_is_agreed(
    product: Product, account: Account, page: Page
) -> None:
    now = datetime.now(UTC)
    with httpx.Client() as client:
        for days, event, path in (
            (20, "page_view", "/pricing"),
            (3, "page_view", "/docs"),
            (0, "demo_request", "/demo"),
        ):
            post_event(
                client,
                product,
                {
                    "event": event,
                    "userId": "grace",
                    "sessionId": f"session-{days}",
                    "timestamp": (now - timedelta(days=days)).isoformat(),
                    "sentAt": datetime.now(UTC).isoformat(),
                    "properties": {"path": path, "seats": 12},
                    "apiKey": account.write_key,
                },
            )
    product.wait_until_scored()
    [lead] = product.leads(account)
    sign_in(page, product, account)
    address = f"{product.url}/leads/{lead['id']}"
    page.goto(address)

    timeline = page.get_by_role("region", name="Timeline")
    sessions = timeline.get_by_role("list", name="Sessions").locator("> li")
    expect(sessions).to_have_count(3)
    expect(sessions.first).to_contain_text("/demo")
    expect(sessions.first).to_contain_text(re.compile(r"10 → 60\s*\+50"))
    sessions.first.locator("summary").press("Enter")
    expect(sessions.first.get_by_text('"seats": 12')).to_be_visible()

    chart = page.get_by_role("img", name="began at 5 on")
    expect(chart).to_have_attribute("aria-label", re.compile("and is 60 now"))
    expect(chart.locator(".recharts-line-dot")).to_have_count(3)
    expect(chart.get_by_text("Qualified")).to_be_visible()

    tag = page.get_by_label("Add a tag")
    tag.fill("Enterprise")
    note = page.get_by_label("Add a note")
    note.fill("Wants three products")
    # What is being typed stays, whatever comes in meanwhile.
    with httpx.Client() as client:
        visit = {"event": "page_view", "userId": "grace", "apiKey": account.write_key}
        post_event(client, product, visit)
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"65\s*points"))
    expect(tag).to_have_value("Enterprise")
    expect(note).to_have_value("Wants three products")
    tag.press("Enter")
    tags = page.get_by_role("list", name="Tags")
    expect(tags).to_contain_text("enterprise")
    expect(page.get_by_label("Add a tag")).to_have_value("")
    page.get_by_role("button", name="Add note").click()
    notes = page.get_by_role("list", name="Notes")
    expect(notes).to_contain_text("Wants three products")
    expect(note).to_have_value("")
    page.get_by_label("Owner").select_option(label="Ada")
    page.reload()
    expect(page.get_by_label("Owner")).to_have_value(re.compile("."))
    expect(notes).to_contain_text("Wants three products")
    tags.get_by_role("button", name="Remove the tag enterprise").click()
    expect(tags.get_by_role("listitem")).to_have_count(0)
    notes.get_by_role("button", name="Delete this note").click()
    expect(notes.get_by_role("listitem")).to_have_count(0)

    page.get_by_text("Points as a list").click()
    points = page.get_by_role("list", name="Points of the chart")
    points.get_by_role("link").last.press("Enter")
    page.wait_for_url(re.compile(r"\?at="))
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"5\s*points"))
    page.get_by_role("link", name="Back to now").click()
    page.wait_for_url(re.compile(r"/leads/[0-9a-f-]+/?$"))
    expect(chart.locator(".recharts-line-dot")).to_have_count(4)
    dot = chart.locator(".recharts-line-dot").nth(1)
    dot.hover(force=True)
    expect(chart.get_by_text("+5 · 5 → 10")).to_be_visible()
    dot.click(force=True)
    page.wait_for_url(re.compile(r"\?at="))


def test_the_chart_library_loads_with_a_chart_alone(
    product: Product, account: Account, page: Page
) -> None:
    sign_in(page, product, account)
    scripts: list[str] = []
    page.on("response", lambda answer: scripts.append(answer.url))
    page.goto(f"{product.url}/leads")
    expect(page.get_by_role("heading", name="Leads", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    loaded = [url for url in scripts if url.endswith(".js")]
    assert loaded
    assert not [url for url in loaded if "recharts" in httpx.get(url).text[:500_000]]


def _recorded_at(product: Product, account: Account, lead_id: str) -> datetime:
    """Return when the newest line of a ledger was written, in the project's zone."""
    answer = httpx.get(
        f"{product.url}/api/leads/{lead_id}/history", headers=account.headers
    )
    (entry,) = answer.json()["data"]["entries"]
    return datetime.fromisoformat(entry["recordedAt"])


def test_a_persons_data_is_handed_over_and_the_lead_deleted_for_everybody(
    product: Product, account: Account, page: Page
) -> None:
    with httpx.Client() as client:
        event = {"event": "signup", "userId": "ada", "apiKey": account.write_key}
        post_event(client, product, event)
    product.wait_until_scored()
    [lead] = product.leads(account)
    sign_in(page, product, account)
    address = f"{product.url}/leads/{lead['id']}"
    page.goto(address)
    other = page.context.new_page()
    other.goto(address)
    expect(other.get_by_role("heading", name="ada", level=2)).to_be_visible()
    page.bring_to_front()  # a tab behind another is drawn rarely

    menu = page.get_by_role("button", name="More actions")
    menu.press("Enter")
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Export this person's data").press("Enter")
    assert download.value.suggested_filename == f"lead-{lead['id']}.json"
    data = json.loads(download.value.path().read_text())
    assert [event["type"] for event in data["events"]] == ["signup"]

    menu.click()
    page.get_by_role("menuitem", name="Delete…").click()
    question = page.get_by_role("alertdialog", name="Delete this lead?")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_have_count(0)
    menu.click()
    page.get_by_role("menuitem", name="Delete…").click()
    question.get_by_role("button", name="Delete").click()
    page.wait_for_url(re.compile(r"/leads/?$"))
    expect(page.get_by_text("Deleted 1 lead.")).to_be_visible()
    expect(page.get_by_text("No leads yet")).to_be_visible()
    expect(other.get_by_text("No such lead")).to_be_visible(timeout=20_000)
    expect(other.get_by_text("It may have been deleted")).to_be_visible()
