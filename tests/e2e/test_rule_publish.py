"""In a browser: a failing test holds rules up until somebody overrides it."""

import json
import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import sign_in
from tests.product import Account, Product, post_event

pytestmark = pytest.mark.e2e


def test_a_failing_test_holds_rules_up_until_they_are_published_for_the_past_too(
    product: Product, account: Account, page: Page
) -> None:
    with httpx.Client() as client:
        event = {"event": "showroom_visit", "userId": "guest", "email": "ada@acme.com"}
        post_event(client, product, {**event, "apiKey": account.write_key})
    product.wait_until_scored()
    sign_in(page, product, account)
    board = page.context.new_page()
    board.goto(f"{product.url}/leads")
    lead = board.get_by_role("row").filter(has_text="guest")
    expect(lead).to_contain_text("Cold")
    page.bring_to_front()  # a tab that is not seen draws a frame a second

    page.goto(f"{product.url}/rules")
    page.get_by_role("button", name="Add rule").click()
    editor = page.get_by_role("dialog")
    editor.get_by_label("Name").fill("Showroom")
    editor.get_by_label("Event", exact=True).fill("showroom_visit")
    editor.get_by_label("Points", exact=True).fill("23")
    editor.get_by_role("button", name="Save to draft").click()
    expect(editor).to_have_count(0)

    tests = page.get_by_role("region", name="Tests")
    expect(tests).to_contain_text("No tests yet")
    tests.get_by_role("button", name="Add test").click()
    editor.get_by_label("Name", exact=True).fill("A visit makes hot")
    editor.get_by_label("Events as JSON").fill('[{"type": "*"}]')
    editor.get_by_label("What is expected").select_option("Hot")
    editor.get_by_role("button", name="Save to draft").click()
    expect(editor.get_by_text('Event 1 has to have a "type"')).to_be_visible()
    events = [{"type": "showroom_visit", "daysAgo": 1, "properties": {"room": 2}}]
    editor.get_by_label("Events as JSON").fill(json.dumps(events))
    editor.get_by_role("button", name="Save to draft").click()
    expect(editor).to_have_count(0)
    row = tests.get_by_role("row").filter(has_text="A visit makes hot")
    expect(row).to_contain_text("Fails")

    tests.get_by_role("button", name="Add test").click()
    editor.get_by_label("Name", exact=True).fill("The guest")
    editor.get_by_label("A lead").check()
    editor.get_by_label("Lead to test").fill("guest")
    editor.get_by_role("list", name="Leads to test").get_by_role("button").click()
    editor.get_by_label("What is expected").select_option("The score")
    editor.get_by_label("Expected score").fill("23")
    editor.get_by_role("button", name="Save to draft").click()
    expect(tests.get_by_role("row").filter(has_text="The guest")).to_contain_text(
        re.compile("23 points.*Warm.*23.*Passes")
    )

    page.get_by_role("button", name="Publish").press("Enter")
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text(
        "A visit makes hot: came out Warm at 23, Hot expected"
    )
    publish = question.get_by_role("button", name="Publish changes")
    expect(publish).to_be_disabled()
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    page.get_by_role("button", name="Publish").press("Enter")
    question.get_by_label("Also for the past").check()
    question.get_by_label("Publish although this test fails").click()
    publish.click()
    expect(question).to_have_count(0)
    expect(page.get_by_text(re.compile("Version 2 is in force"))).to_be_visible()
    board.bring_to_front()
    expect(lead).to_contain_text("Warm")
    expect(lead).to_contain_text("23")
    page.bring_to_front()
    expect(page.get_by_text("is applied to the past")).to_have_count(0)

    row.get_by_role("button", name="Remove test A visit makes hot").click()
    expect(row).to_have_count(0)
    expect(page.get_by_text(re.compile(r"Draft\s*· 1 change"))).to_be_visible()
