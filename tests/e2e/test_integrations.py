"""A person makes keys, pastes what a client needs, sees the first event arrive and
what was refused, and lets other systems' webhooks in."""

import json

import httpx
import pytest
from playwright.sync_api import Page, expect

from leadpulse_app.domain.webhook import SIGNATURE_HEADER, signature_of
from tests.browser import sign_in
from tests.product import Account, Product, post_event, wait_for

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
    tab = integrations.get_by_role("tab", name="Webhooks in")
    tab.click()
    webhooks = integrations.get_by_role("tabpanel", name="Webhooks in")
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
    tab.click()
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


def test_the_first_event_shows_by_itself_with_what_it_scored_and_the_keys_use(
    integrations: Page, product: Product, account: Account
) -> None:
    expect(integrations.get_by_text("Waiting for your first event…")).to_be_visible()
    keys = integrations.get_by_role("table", name="Write keys, oldest first")
    expect(keys.get_by_role("row").nth(1)).to_contain_text("Never")
    with httpx.Client() as client:
        event = {"event": "page_view", "anonymousId": "anon_7f3a"}
        post_event(client, product, {**event, "apiKey": account.write_key})
    listener = integrations.get_by_role("region", name="Send events")
    expect(listener).to_contain_text("page_view from anon_7f3a")
    expect(listener).to_contain_text("scored +5", timeout=20_000)
    expect(keys.get_by_role("row").nth(1)).not_to_contain_text("Never")


def test_a_key_is_made_pasted_and_revoked(
    integrations: Page, product: Product, account: Account
) -> None:
    keys = integrations.get_by_role("table", name="Write keys, oldest first")
    integrations.get_by_label("Name of the new key").fill("Backend")
    integrations.get_by_role("button", name="Create key").click()
    row = keys.get_by_role("row").filter(has_text="Backend")
    made = row.locator("code").inner_text()
    assert made != account.write_key
    expect(integrations.get_by_label("Name of the new key")).to_have_value("")
    integrations.get_by_role("tab", name="PostHog").click()
    panel = integrations.get_by_role("tabpanel", name="PostHog")
    expect(panel).to_contain_text(account.write_key)
    integrations.get_by_label("Key in the code").select_option("Backend")
    expect(panel).to_contain_text(made)
    integrations.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel.get_by_role("button", name="Copy PostHog for Python").click()
    expect(integrations.get_by_text("Copied the PostHog for Python.")).to_be_visible()
    copied = integrations.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(f'client = Posthog("{made}", host="{product.url}")')
    row.get_by_role("button", name="Revoke Backend").click()
    dialog = integrations.get_by_role("alertdialog")
    dialog.get_by_role("button", name="Revoke").click()
    expect(row).to_have_count(0)
    expect(panel).to_contain_text(account.write_key)
