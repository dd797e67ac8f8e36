"""In a browser: a draft is previewed, called off, and explained lead by lead."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import sign_in
from tests.product import Account, Product, post_event

pytestmark = pytest.mark.e2e


@contextmanager
def resting_worker(product: Product) -> Iterator[None]:
    worker = product.processes("leadpulse_app", "worker")[0]
    worker.suspend()
    try:
        yield
    finally:
        worker.resume()


def draft_rule(
    product: Product, account: Account, event_type: str, points: int
) -> None:
    answer = httpx.post(
        f"{product.url}/api/rules",
        params={"draft": True},
        json={"name": "Showroom", "eventType": event_type, "points": points},
        headers=account.headers,
        timeout=20,
    )
    assert answer.status_code == 201, answer.text


def test_a_draft_is_previewed_before_it_is_published(
    product: Product, account: Account, page: Page
) -> None:
    with httpx.Client() as client:
        for number in range(12):
            event = {
                "apiKey": account.write_key,
                "event": "identify",
                "userId": f"person {number}",
                "properties": {"name": f"Person {number}"},
            }
            post_event(client, product, event)
            for _ in range(number):
                post_event(client, product, {**event, "event": "showroom_visit"})
            post_event(client, product, {**event, "event": "page_view"})
    product.wait_until_scored()
    draft_rule(product, account, "showroom_visit", 8)
    sign_in(page, product, account)
    page.goto(f"{product.url}/rules")

    with resting_worker(product):
        page.get_by_role("button", name="Preview").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("Waiting for a worker to begin")).to_be_visible()
        dialog.get_by_role("button", name="Cancel").click()
        expect(dialog.get_by_text("It was called off.")).to_be_visible()
        dialog.get_by_role("button", name="Preview again").click()
        expect(dialog.get_by_text("Waiting for a worker to begin")).to_be_visible()
    expect(
        dialog.get_by_text("11 of 12 leads would have another score, 11 another stage")
    ).to_be_visible(timeout=20_000)

    stages = dialog.get_by_role("region", name="Stages")
    expect(stages.get_by_role("row").filter(has_text="Cold")).to_contain_text(
        re.compile(r"12.*1")
    )
    moves = stages.get_by_role("group", name="Leads that change stage")
    moves.locator("summary").filter(has_text="Qualified").click()
    expect(moves.get_by_role("link", name="Person 11")).to_be_visible()

    leads = dialog.get_by_role("group", name="Leads that change most")
    leads.locator("summary").first.click()
    expect(leads.locator("summary").first).to_contain_text(re.compile(r"Person 11.*93"))
    row = leads.get_by_role("row").filter(has_text="Showroom")
    expect(row.first).to_contain_text(re.compile(r"11 \S\s*\+88"))
    rules = dialog.get_by_role("region", name="Points from each rule")
    expect(rules.get_by_role("row").filter(has_text="Showroom")).to_contain_text("528")

    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Preview").click()
    expect(dialog.get_by_text("11 of 12 leads")).to_be_visible()
