"""A person sees what was refused as it happens, and lets other systems' webhooks in."""

import json

import httpx
import pytest
from playwright.sync_api import Page, expect

from leadpulse_app.domain.webhook import SIGNATURE_HEADER, signature_of
from tests.browser import sign_in
from tests.product import Account, Product, wait_for

pytestmark = pytest.mark.e2e


@pytest.fixture
def integrations(page: Page, product: Product, account: Account) -> Page:
    """The page, opened by a person whose senders were refused nothing yet."""
    sign_in(page, product, account)
    page.goto(f"{product.url}/integrations")
    expect(page.get_by_text("Nothing was rejected")).to_be_visible()
    return page


def test_a_rejected_event_shows_by_itself_with_its_reason(
    integrations: Page, product: Product, account: Account
) -> None:
    httpx.post(
        f"{product.url}/api/ingest/batch",
        json={"events": [{"event": "no good", "anonymousId": "visitor"}]},
        headers={"X-Write-Key": account.write_key},
    ).raise_for_status()
    rejected = integrations.get_by_role("region", name="Rejected")
    expect(rejected.get_by_label("Rejected events by reason")).to_have_text(
        "Invalid event1"
    )
    sent = rejected.get_by_label("What was sent")
    expect(sent).to_be_hidden()
    rejected.locator("summary").click()
    expect(sent).to_contain_text('"no good"')


def test_webhooks_have_to_be_signed_with_the_secret_that_is_shown_once(
    integrations: Page, product: Product, account: Account
) -> None:
    webhooks = integrations.get_by_role("region", name="Webhooks in")
    webhooks.get_by_role("button", name="Set a secret").click()
    shown = webhooks.locator("figure").filter(
        has=integrations.get_by_role("button", name="Copy secret")
    )
    secret = shown.locator("code").inner_text()

    def status_of_a_webhook(signed_with: str | None) -> int:
        body = json.dumps({"event_type": "demo_request", "lead_id": "crm-7"}).encode()
        headers = {"X-Write-Key": account.write_key}
        if signed_with is not None:
            headers[SIGNATURE_HEADER] = signature_of(body, signed_with)
        return httpx.post(
            f"{product.url}/api/webhooks/events", content=body, headers=headers
        ).status_code

    wait_for(
        lambda: status_of_a_webhook(None) == 401,
        seconds=10,
        what="a refusal of webhooks that are not signed",
    )
    assert status_of_a_webhook(secret) == 202
    integrations.reload()
    expect(webhooks.get_by_role("button", name="Rotate")).to_be_visible()
    expect(shown).to_have_count(0)
    webhooks.get_by_role("button", name="Remove").click()
    dialog = integrations.get_by_role("alertdialog")
    dialog.get_by_role("button", name="Remove").click()
    expect(webhooks.get_by_role("button", name="Set a secret")).to_be_visible()
    wait_for(
        lambda: status_of_a_webhook(None) == 202,
        seconds=10,
        what="an acceptance of webhooks that are not signed",
    )
