"""In a browser: a rule is drafted, published, scores an event, and is rolled back."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import sign_in
from tests.product import Account, Product, post_event

pytestmark = pytest.mark.e2e


def score_after(product: Product, account: Account, visitor: str) -> int:
    """Return the score of a lead after its first visit of the showroom."""
    with httpx.Client() as client:
        event = {"event": "showroom_visit", "anonymousId": visitor}
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
    assert score_after(product, account, "before") == 0

    page.get_by_label("Type of event to try").select_option("showroom_visit")
    expect(page.get_by_role("list", name="Rules that fire")).to_contain_text("+23")

    page.get_by_role("button", name="Publish").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Added “Showroom”: +23 for showroom_visit")
    question.get_by_role("button", name="Publish changes").click()
    expect(page.get_by_text("Version 2 is in force for new events.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Draft\s*·"))).to_have_count(0)
    assert score_after(product, account, "while") == 23

    first = page.get_by_role("group").filter(has_text="Version 1")
    first.get_by_text("Version 1", exact=True).click()
    first.get_by_role("button", name="Roll back to Version 1").click()
    question.get_by_role("button", name="Roll back").click()
    expect(page.get_by_text(re.compile("Version 3 is in force"))).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Showroom")).to_have_count(0)
    assert score_after(product, account, "after") == 0


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
