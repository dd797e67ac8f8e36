"""What the visitor's choice, and the browser's signal, keep from being recorded."""

import pytest
from playwright.async_api import Page

from tests.sdk.site import Site

SIGNALS = {"globalPrivacyControl": "true", "doNotTrack": "'1'"}


async def stored_names(page: Page) -> list[str]:
    return list(await page.evaluate("Object.keys(localStorage)"))


async def send_signal(page: Page, name: str) -> None:
    await page.add_init_script(
        f"Object.defineProperty(navigator, '{name}', {{value: {SIGNALS[name]}}})"
    )


async def test_without_the_consent_it_requires_nothing_is_stored_or_sent(
    site: Site, page: Page
) -> None:
    site.attributes = 'data-consent="required"'
    await page.clock.install(time=0)
    await page.goto(site.url)
    await page.clock.pause_at(60)
    await page.evaluate("ls.identify('ada', {plan: 'pro'}); ls.track('early')")
    await page.clock.run_for(3_600_000)
    assert await stored_names(page) == []
    assert site.sent == []
    await page.evaluate("ls.optIn()")
    await page.clock.resume()
    await site.wait_for("early")
    view, known, early = site.taken
    assert [view["event"], known["event"]] == ["page_view", "identify"]
    assert "userId" not in view
    assert known["userId"] == early["userId"] == "ada"
    assert early["timestamp"] < "1970-01-01T00:02"


async def test_consent_is_remembered_on_the_next_page(site: Site, page: Page) -> None:
    site.attributes = 'data-consent="required"'
    await page.goto(f"{site.url}/one")
    await page.evaluate("ls.optIn()")
    await site.wait_for("page_view")
    await page.goto(f"{site.url}/two")
    await site.wait_until(lambda: len(site.of_type("page_view")) == 2)


async def test_what_was_held_is_forgotten_with_the_page_or_by_a_refusal(
    site: Site, page: Page
) -> None:
    site.attributes = 'data-consent="required"'
    await page.goto(f"{site.url}/one")
    await page.goto(f"{site.url}/two")
    await page.evaluate("ls.track('before'); ls.optOut(); ls.track('between')")
    await page.evaluate("ls.optIn(); ls.track('after')")
    await site.wait_for("after")
    assert site.types() == ["after"]


async def test_who_was_forgotten_before_consent_is_not_remembered_by_it(
    site: Site, page: Page
) -> None:
    site.attributes = 'data-consent="required"'
    await page.goto(site.url)
    await page.evaluate("ls.identify('ada'); ls.reset(); ls.track('next'); ls.optIn()")
    await site.wait_for("next")
    [known] = site.of_type("identify")
    [following] = site.of_type("next")
    assert known["userId"] == "ada"
    assert "userId" not in following


async def test_opting_out_removes_what_is_stored_and_sends_nothing_more(
    site: Site, page: Page
) -> None:
    await page.goto(site.url)
    await site.wait_for("page_view")
    await page.evaluate("ls.identify('ada'); ls.track('waits'); ls.optOut()")
    assert await stored_names(page) == ["ls_consent"]
    await page.evaluate("ls.track('refused')")
    await page.reload()
    await page.evaluate("ls.track('refused_too')")
    assert await stored_names(page) == ["ls_consent"]
    await page.evaluate("ls.optIn(); ls.track('again')")
    await site.wait_for("again")
    [view] = site.of_type("page_view")
    [again] = site.of_type("again")
    assert site.types() == ["page_view", "again"]
    assert again["anonymousId"] != view["anonymousId"]
    assert "userId" not in again


async def test_opting_out_in_one_tab_holds_in_the_others(
    site: Site, page: Page
) -> None:
    second = await page.context.new_page()
    for tab in (page, second):
        await tab.goto(site.url)
    await site.wait_until(lambda: len(site.taken) == 2)
    await page.evaluate("ls.optOut()")
    await second.wait_for_function("localStorage.ls_consent === 'out'")
    await second.evaluate("ls.track('refused')")
    assert await stored_names(second) == ["ls_consent"]
    await page.evaluate("ls.optIn(); ls.track('again')")
    await site.wait_for("again")
    assert "refused" not in site.types()


@pytest.mark.parametrize("signal", SIGNALS)
async def test_a_browsers_wish_not_to_be_tracked_is_honoured(
    site: Site, page: Page, signal: str
) -> None:
    await send_signal(page, signal)
    await page.goto(site.url)
    await page.evaluate("ls.track('unwanted')")
    assert await stored_names(page) == []
    await page.goto(f"{site.url}/other")
    await page.evaluate("ls.optIn()")
    await site.wait_for("page_view")
    assert [view["properties"]["path"] for view in site.taken] == ["/other"]


@pytest.mark.parametrize("signal", SIGNALS)
async def test_a_site_may_set_the_browsers_wish_aside(
    site: Site, page: Page, signal: str
) -> None:
    site.attributes = 'data-respect-dnt="false"'
    await send_signal(page, signal)
    await page.goto(site.url)
    await site.wait_for("page_view")


async def test_a_refusal_holds_where_there_is_no_room_to_store_it(
    site: Site, page: Page
) -> None:
    site.attributes = 'data-consent="required"'
    await page.goto(site.url)
    await page.evaluate("ls.optIn()")
    await site.wait_for("page_view")
    await page.evaluate(
        """() => {
            const store = Storage.prototype.setItem;
            Storage.prototype.setItem = () => {
                throw new DOMException("full", "QuotaExceededError"); };
            ls.optOut();
            Storage.prototype.setItem = store;
        }"""
    )
    await page.evaluate("ls.track('between'); ls.optIn(); ls.track('after')")
    await site.wait_for("after")
    assert site.types() == ["page_view", "after"]
