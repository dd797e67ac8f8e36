"""In a browser: a rule is drafted, published, scores an event, and is rolled back."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import sign_in
from tests.product import Account, Product, post_event, wait_for

pytestmark = pytest.mark.e2e


def visit(product: Product, account: Account, visitor: str, **said: object) -> int:
    """Send a visit of the showroom, and return the visitor's score after it."""
    with httpx.Client() as client:
        event = {"event": "showroom_visit", "anonymousId": visitor, "properties": said}
        post_event(client, product, {**event, "apiKey": account.write_key})
    product.wait_until_scored()
    (lead,) = (
        lead for lead in product.leads(account) if lead["anonymousId"] == visitor
    )
    return int(lead["currentScore"])


def test_a_rule_scores_once_it_is_published_and_until_it_is_rolled_back(
    product: Product, account: Account, page: Page
) -> None:
    sign_in(page, product, account)
    page.get_by_role("link", name="Rules").click()
    page.get_by_role("button", name="Add rule").click()
    editor = page.get_by_role("dialog")
    editor.get_by_label("Name").fill("Showroom")
    editor.get_by_label("Event", exact=True).fill("showroom_visit")
    editor.get_by_label("Points", exact=True).fill("20000")
    editor.get_by_role("button", name="Save to draft").click()
    expect(editor.get_by_text("from -10,000 to 10,000")).to_be_visible()
    expect(editor.get_by_label("Name")).to_have_value("Showroom")
    editor.get_by_label("Points", exact=True).fill("23")
    editor.get_by_role("button", name="Save to draft").click()
    expect(editor).to_have_count(0)
    expect(page.get_by_role("row").filter(has_text="Showroom")).to_contain_text("New")
    expect(page.get_by_text(re.compile(r"Draft\s*· 1 change"))).to_be_visible()
    assert visit(product, account, "before") == 0

    page.get_by_label("Type of event to try").select_option("showroom_visit")
    expect(page.get_by_role("list", name="Rules that fire")).to_contain_text("+23")

    page.get_by_role("button", name="Publish").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Added “Showroom”: +23 for showroom_visit")
    question.get_by_role("button", name="Publish changes").click()
    expect(page.get_by_text("Version 2 is in force for new events.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Draft\s*·"))).to_have_count(0)
    assert visit(product, account, "while") == 23

    first = page.get_by_role("group").filter(has_text="Version 1")
    first.get_by_text("Version 1", exact=True).click()
    first.get_by_role("button", name="Roll back to Version 1").click()
    question.get_by_role("button", name="Roll back").click()
    expect(page.get_by_text(re.compile("Version 3 is in force"))).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Showroom")).to_have_count(0)
    assert visit(product, account, "after") == 0


def test_a_rule_is_edited_switched_off_and_removed_by_keyboard(
    product: Product, account: Account, page: Page
) -> None:
    sign_in(page, product, account)
    page.goto(f"{product.url}/rules")
    opener = page.get_by_role("button", name="Edit Signup")
    opener.press("Enter")
    editor = page.get_by_role("dialog")
    expect(editor.get_by_label("Points", exact=True)).to_have_value("30")
    page.keyboard.press("Escape")
    expect(editor).to_have_count(0)
    expect(opener).to_be_focused()
    opener.press("Enter")
    editor.get_by_label("Points", exact=True).fill("31")
    editor.get_by_label("Points", exact=True).press("Enter")
    expect(page.get_by_role("row").filter(has_text="Signup")).to_contain_text("+31")
    page.get_by_role("switch", name="Page view is active").press("Space")
    page.get_by_role("button", name="Edit Download").press("Enter")
    editor.get_by_role("button", name="Remove rule").press("Enter")
    expect(page.get_by_text(re.compile(r"Draft\s*· 3 changes"))).to_be_visible()
    page.reload()
    expect(page.get_by_text(re.compile(r"Draft\s*· 3 changes"))).to_be_visible()
    page.get_by_role("button", name="Discard").press("Enter")
    question = page.get_by_role("alertdialog")
    question.get_by_role("button", name="Discard draft").press("Enter")
    expect(page.get_by_role("row").filter(has_text="Signup")).to_contain_text("+30")
    expect(page.get_by_role("row").filter(has_text="Download")).to_have_count(1)


def test_a_rule_with_a_condition_and_a_cap_scores_what_it_says_and_says_why_not(
    product: Product, account: Account, page: Page
) -> None:
    sign_in(page, product, account)
    page.goto(f"{product.url}/rules")
    page.get_by_role("button", name="Add rule").click()
    editor = page.get_by_role("dialog")
    editor.get_by_label("Name").fill("Showroom")
    editor.get_by_label("Event", exact=True).fill("showroom_visit")
    editor.get_by_label("Points", exact=True).fill("23")
    editor.get_by_role("button", name="Add condition").press("Enter")
    editor.get_by_label("Condition 1: property").fill("amount")
    editor.get_by_label("Condition 1: how").select_option("is greater than")
    editor.get_by_label("Condition 1: value").fill("many")
    editor.get_by_label("Cap", exact=True).select_option("At most N times")
    editor.get_by_label("Most that the cap allows").fill("2")
    editor.get_by_label("Period of the cap").select_option("ever")
    editor.get_by_label("Points lapse").fill("30")
    editor.get_by_role("button", name="Save to draft").click()
    expect(editor.get_by_text("A number has to be given")).to_be_visible()
    editor.get_by_label("Condition 1: value").fill("99")
    editor.get_by_role("button", name="Save to draft").click()
    expect(editor).to_have_count(0)
    terms = "when amount is greater than 99 · at most 2 ever, lapse after 30 days"
    expect(page.get_by_role("row").filter(has_text="Showroom")).to_contain_text(terms)

    limits = page.get_by_role("region", name="Stages and limits")
    limits.get_by_label("Hot from").fill("60")
    limits.get_by_role("button", name="Save to draft").click()
    expect(limits.get_by_text("Warm has to begin below hot")).to_be_visible()
    limits.get_by_label("Hot from").fill("46")
    limits.get_by_role("button", name="Save to draft").click()
    expect(page.get_by_text(re.compile(r"Draft\s*· 2 changes"))).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Hot begins at 46 instead of 31")
    question.get_by_role("button", name="Publish changes").click()
    expect(page.get_by_text("Version 2 is in force for new events.")).to_be_visible()

    assert visit(product, account, "guest", amount=99) == 0
    assert visit(product, account, "guest", amount=100) == 23
    assert visit(product, account, "guest", amount="250") == 46
    assert visit(product, account, "guest", amount=100) == 46

    simulator = page.get_by_role("region", name="Simulator")
    simulator.get_by_text("Or paste an event").click()
    pasted = '{"event": "showroom_visit", "properties": {"amount": 5}}'
    simulator.get_by_label("Event as JSON").fill(pasted)
    simulator.get_by_role("button", name="Try it").click()
    expect(simulator.get_by_text("No rule fires.")).to_be_visible()
    simulator.get_by_text("Why not the others").click()
    resting = simulator.get_by_role("list", name="Rules that don't fire")
    expect(resting).to_contain_text("Asks that amount is greater than 99; it is 5")
    simulator.get_by_text("Or choose a lead").click()
    simulator.get_by_label("Lead to try").fill("guest")
    simulator.get_by_role("button", name="guest").click()
    expect(simulator.get_by_text("guest would have 46")).to_be_visible()
    expect(simulator.get_by_text("Hot", exact=True)).to_be_visible()
    expect(page.get_by_role("list", name="Rules that fire")).to_contain_text("+46")


def test_a_version_is_applied_to_what_was_scored_before_where_its_publisher_says_so(
    product: Product, account: Account, page: Page
) -> None:
    assert visit(product, account, "guest") == 0
    sign_in(page, product, account)
    page.goto(f"{product.url}/rules")
    page.get_by_role("button", name="Add rule").click()
    editor = page.get_by_role("dialog")
    editor.get_by_label("Name").fill("Showroom")
    editor.get_by_label("Event", exact=True).fill("showroom_visit")
    editor.get_by_label("Points", exact=True).fill("23")
    editor.get_by_role("button", name="Save to draft").click()
    page.get_by_role("button", name="Publish").click()
    question = page.get_by_role("alertdialog")
    question.get_by_label("Also for the past").check()
    question.get_by_role("button", name="Publish changes").click()
    expect(page.get_by_text("Every lead is scored again by it.")).to_be_visible()

    def rescored() -> bool:
        (lead,) = product.leads(account)
        return int(lead["currentScore"]) == 23

    wait_for(rescored, seconds=30, what="the rescore")
    expect(page.get_by_text("is applied to the past")).to_have_count(0)
