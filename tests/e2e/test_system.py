"""In a browser: a lead whose scoring fails shows by itself, is retried and discarded,
and a score that was altered is found and set right."""

import json

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import sign_in
from tests.product import Account, Product, post_event

pytestmark = pytest.mark.e2e


def put_in_force(product: Product, account: Account, rules: list[object]) -> None:
    """Store the next version of an account's rules, be it good or bad."""
    product.sql(
        f"""
        INSERT INTO ruleset (project_id, version, rules)
        SELECT id, ruleset_version + 1, '{json.dumps(rules)}' FROM project
        WHERE id = '{account.project_id}';
        UPDATE project SET ruleset_version = ruleset_version + 1
        WHERE id = '{account.project_id}';
        """
    )


def send(product: Product, account: Account, visitor: str) -> None:
    with httpx.Client() as client:
        event = {"event": "signup", "anonymousId": visitor}
        post_event(client, product, {**event, "apiKey": account.write_key})


def test_a_lead_that_fails_shows_by_itself_and_is_retried(
    product: Product, account: Account, page: Page
) -> None:
    sign_in(page, product, account)
    page.get_by_role("link", name="System").click()
    expect(page.get_by_text("Nothing has failed")).to_be_visible()
    parts = page.get_by_role("region", name="Parts")
    expect(parts).to_contain_text("Running")
    expect(parts).to_contain_text("Rules in forceVersion 1")
    put_in_force(product, account, [{"points": "many"}])
    send(product, account, "visitor")
    row = page.get_by_role("row").filter(has_text="visitor")
    expect(row).to_contain_text("ValidationError", timeout=20_000)
    put_in_force(product, account, [])
    row.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("Nothing has failed")).to_be_visible(timeout=20_000)


def test_what_waits_for_a_failed_lead_is_discarded_and_released(
    product: Product, account: Account, page: Page
) -> None:
    put_in_force(product, account, [{"points": "many"}])
    send(product, account, "visitor")
    sign_in(page, product, account)
    page.goto(f"{product.url}/system")
    row = page.get_by_role("row").filter(has_text="visitor")
    row.get_by_role("button", name="Discard").click(timeout=20_000)
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Discard what waits for visitor?")
    dialog.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("Nothing has failed")).to_be_visible(timeout=20_000)
    put_in_force(product, account, [])
    page.goto(f"{product.url}/events?show=bots")
    held = page.get_by_role("row").filter(has_text="Discarded")
    held.get_by_role("button", name="Release").click()
    expect(page.get_by_text("Discarded")).to_have_count(0)
    product.wait_until_scored()


def test_an_altered_score_is_found_rebuilt_and_verified(
    product: Product, account: Account, page: Page
) -> None:
    send(product, account, "visitor")
    product.wait_until_scored()
    product.sql(f"UPDATE lead SET score = 77 WHERE project_id = '{account.project_id}'")
    sign_in(page, product, account)
    page.goto(f"{product.url}/system")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("1 lead checked, and 1 differs.")).to_be_visible()
    page.get_by_role("listitem").get_by_role("button", name="Rebuild").click()
    expect(page.get_by_text("Rebuilt from its events.")).to_be_visible()
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("every score is what its events make it")).to_be_visible()
    (lead,) = product.leads(account)
    assert lead["currentScore"] == 30
    page.get_by_role("button", name="Rebuild all").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Rebuild").click()
    expect(page.get_by_text("Rebuilt 1 lead.")).to_be_visible()
