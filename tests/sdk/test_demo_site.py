"""The sample site, which uses the SDK as any site would."""

from playwright.async_api import Page

from tests.sdk.site import Site
from tests.sdk.stored import stored_types
from tests.tenants import Tenant


async def test_three_pages_and_a_demo_request_on_the_sample_site(
    site: Site, page: Page, tenant: Tenant
) -> None:
    await page.goto(f"{site.url}/demo-site/")
    await page.get_by_label("Write key").fill(tenant.write_key)
    await page.get_by_role("button", name="Use this key").click()
    await site.wait_for("page_view")
    await page.get_by_role("link", name="Pricing").click()
    await page.get_by_role("link", name="Docs").click()
    await page.get_by_role("button", name="Request a demo").click()
    await page.get_by_text("Thank you").wait_for()
    await site.wait_for("demo_request")
    await site.wait_until(lambda: len(site.of_type("page_view")) == 3)
    stored = await stored_types(tenant)
    assert stored.count("demo_request") == 1
    assert stored.count("page_view") == 3


async def test_the_sample_sites_plans_are_named_where_they_stand(
    site: Site, page: Page, tenant: Tenant
) -> None:
    await page.goto(f"{site.url}/demo-site/pricing.html?key={tenant.write_key}")
    await site.wait_for("page_view")
    await page.get_by_role("button", name="Choose Team").click()
    await page.get_by_text("Noted: team").wait_for()
    await site.wait_for("plan_chosen")
    [chosen] = site.of_type("plan_chosen")
    assert chosen["properties"] == {
        "tag": "button",
        "text": "Choose Team",
        "plan": "team",
    }


async def test_the_sample_sites_download_is_one(
    site: Site, page: Page, tenant: Tenant
) -> None:
    await page.goto(f"{site.url}/demo-site/docs.html?key={tenant.write_key}")
    await site.wait_for("page_view")
    async with page.expect_download():
        await page.get_by_role("link", name="A board to try it with").click()
    await site.wait_for("download")
    [download] = site.of_type("download")
    assert download["properties"]["file"] == "board"
    assert download["properties"]["href"] == f"{site.url}/demo-site/board.csv"


async def test_the_sample_site_takes_its_key_from_the_address_once(
    site: Site, page: Page
) -> None:
    await page.goto(f"{site.url}/demo-site/?key=pk_{'0' * 48}")
    await site.wait_until(lambda: len(site.sent) == 1)
    assert page.url == f"{site.url}/demo-site/"
    assert await page.get_by_label("Write key").is_hidden()
    await page.goto(f"{site.url}/demo-site/pricing.html")
    await site.wait_until(lambda: len(site.sent) == 2)
    assert {sent.envelope["apiKey"] for sent in site.sent} == {f"pk_{'0' * 48}"}
    assert "key" not in site.sent[0].events[0]["properties"]["url"]


async def test_the_sample_sites_newsletter_says_who_the_visitor_is(
    site: Site, page: Page, tenant: Tenant
) -> None:
    await page.goto(f"{site.url}/demo-site/?key={tenant.write_key}")
    await site.wait_for("page_view")
    await page.get_by_label("Email").fill("ada@example.com")
    await page.get_by_role("button", name="Get the newsletter").click()
    await site.wait_for("identify", "form_submit")
    [known] = site.of_type("identify")
    assert known["properties"] == {"email": "ada@example.com"}
    [submit] = site.of_type("form_submit")
    assert submit["properties"]["name"] == "newsletter"
    assert submit["properties"]["fields"] == ["email"]
