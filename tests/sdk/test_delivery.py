"""How events get to the server: gathered, once, and after whatever went wrong."""

from itertools import pairwise

from playwright.async_api import BrowserContext, Page
from starlette.responses import Response

from tests.sdk.browser_queue import queued, settle
from tests.sdk.site import Sent, Site
from tests.sdk.stored import stored_types
from tests.tenants import Tenant

KEEPALIVE_QUOTA = 64 * 1024
"""Bytes of all requests in flight, in the Fetch standard."""


def refusal(status: int, *, retry_after: str | None = None) -> Response:
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "Retry-After",
    }
    if retry_after is not None:
        headers["Retry-After"] = retry_after
    return Response(status_code=status, headers=headers)


async def test_events_go_as_plain_text_without_preflight_or_credentials(
    site: Site, page: Page
) -> None:
    await page.context.add_cookies([{"name": "c", "value": "1", "url": site.url}])
    await page.goto(site.url)
    await site.wait_for("page_view")
    [sent] = site.sent
    assert (sent.method, sent.status) == ("POST", 202)
    assert sent.headers["content-type"].startswith("text/plain")
    assert "cookie" not in sent.headers
    assert set(sent.envelope) == {"apiKey", "sentAt", "events"}


async def test_the_first_event_goes_at_once_and_the_next_ones_together(
    site: Site, page: Page
) -> None:
    await page.clock.install(time=0)
    await page.goto(site.url)
    await settle(page)
    await page.clock.pause_at(60)
    await page.evaluate("ls.track('first')")
    await page.clock.run_for(1)
    await settle(page)
    await page.evaluate("ls.track('second'); ls.track('third')")
    await page.clock.run_for(1_000)
    await page.clock.resume()
    await site.wait_for("third")
    assert [[event["event"] for event in sent.events] for sent in site.sent] == [
        ["page_view"],
        ["first"],
        ["second", "third"],
    ]


async def test_a_queue_empties_itself_as_it_is_sent(site: Site, page: Page) -> None:
    await page.goto(site.url)
    await page.evaluate("ls.track('one')")
    assert (await queued(page))[-1] == "one"
    await settle(page)
    assert site.types() == ["page_view", "one"]


async def test_a_retry_waits_as_asked_and_keeps_the_message_id(
    site: Site, page: Page, tenant: Tenant
) -> None:
    site.outage = refusal(503, retry_after="1")
    await page.goto(site.url)
    await site.wait_until(lambda: len(site.sent) == 1)
    site.outage = None
    await site.wait_for("page_view")
    first, second = site.sent
    assert (first.status, second.status) == (503, 202)
    assert second.at - first.at >= 1
    assert first.events == second.events
    assert first.envelope["sentAt"] < second.envelope["sentAt"]
    assert await stored_types(tenant) == ["page_view"]


async def test_every_page_and_tab_waits_as_long_as_the_server_asked_one_to(
    site: Site, page: Page, visitor: BrowserContext
) -> None:
    await visitor.clock.install(time=0)
    site.outage = refusal(429, retry_after="Thu, 01 Jan 1970 00:10:00 GMT")
    await page.goto(f"{site.url}/one")
    await site.wait_until(lambda: len(site.sent) == 1)
    await page.wait_for_function("localStorage.ls_retry_at")
    site.outage = None
    await page.goto(f"{site.url}/two")
    second = await visitor.new_page()
    await second.goto(f"{site.url}/three")
    await page.close()
    await visitor.clock.pause_at(590)
    await second.evaluate("ls.track('waits')")
    await visitor.clock.run_for(5_000)
    assert len(site.sent) == 1
    await visitor.clock.run_for(10_000)
    await visitor.clock.resume()
    await site.wait_for("waits")
    assert sorted(site.types()) == ["page_view"] * 3 + ["waits"]


async def test_retries_without_a_word_from_the_server_come_ever_later(
    site: Site, page: Page
) -> None:
    site.outage = refusal(500)
    await page.clock.install(time=0)
    await page.goto(site.url)
    await site.wait_until(lambda: len(site.sent) == 1)
    await page.clock.pause_at(60)
    first = len(site.sent)
    for attempt in range(1, 9):
        while len(site.sent) < first + attempt:
            await page.clock.run_for(30 * 2**attempt)
    times = [_seconds(sent) for sent in site.sent]
    for attempt, (earlier, later) in enumerate(pairwise(times)):
        assert later - earlier >= 2**attempt / 2
    assert len({event["messageId"] for sent in site.sent for event in sent.events}) == 1


def _seconds(sent: Sent) -> float:
    hours, minutes, seconds = sent.envelope["sentAt"][11:-1].split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


async def test_what_failed_goes_on_as_soon_as_the_browser_is_online(
    site: Site, page: Page
) -> None:
    await page.clock.install(time=0)
    await page.goto(site.url)
    await settle(page)
    await page.clock.pause_at(60)
    await page.context.set_offline(True)
    await page.evaluate("ls.track('offline')")
    for _ in range(8):
        async with page.expect_event("requestfailed"):
            await page.clock.run_for(300_000)
    await page.context.set_offline(False)
    await page.wait_for_function("navigator.onLine")
    await page.clock.resume()
    await site.wait_for("offline")


async def test_what_is_recorded_offline_survives_the_page_and_arrives_once(
    site: Site, page: Page, visitor: BrowserContext, tenant: Tenant
) -> None:
    await page.goto(site.url)
    await site.wait_for("page_view")
    await visitor.set_offline(True)
    async with page.expect_event("requestfailed"):
        await page.evaluate("ls.track('offline'); ls.track('offline_too')")
    await page.close()
    await visitor.set_offline(False)
    later = await visitor.new_page()
    await later.goto(site.url)
    await site.wait_until(lambda: len(site.taken) == 5)
    assert await stored_types(tenant) == [
        "offline",
        "offline_too",
        "page_view",
        "page_view",
        "session_end",
    ]


async def test_tabs_keep_each_others_events_and_each_arrives_once(
    site: Site, visitor: BrowserContext, tenant: Tenant
) -> None:
    site.outage = refusal(500)
    tabs = [await visitor.new_page() for _ in range(3)]
    for number, tab in enumerate(tabs):
        await tab.goto(site.url)
        await tab.evaluate(f"ls.track('tab_{number}')")
    recorded = ["page_view"] * 3 + ["tab_0", "tab_1", "tab_2"]
    for tab in tabs:
        await tab.wait_for_function(
            "Object.keys(localStorage).join().split('ls_queue_').length === 7"
        )
    assert sorted(await queued(tabs[0])) == recorded
    await tabs[0].close()
    site.outage = None
    for tab in tabs[1:]:
        await tab.evaluate("dispatchEvent(new Event('online'))")
    await site.wait_until(lambda: sorted(site.types()) == recorded)
    assert await stored_types(tenant) == recorded


async def test_a_tab_does_not_send_again_what_another_one_has_sent(
    site: Site, visitor: BrowserContext
) -> None:
    site.outage = refusal(503, retry_after="600")
    first, second = [await visitor.new_page() for _ in range(2)]
    await first.goto(f"{site.url}/first")
    await first.wait_for_function("localStorage.ls_retry_at")
    await second.goto(f"{site.url}/second")
    site.outage = None
    go_on = "delete localStorage.ls_retry_at; dispatchEvent(new Event('online'))"
    await first.evaluate(go_on)
    await settle(second)
    await second.evaluate(f"ls.track('last'); {go_on}")
    await site.wait_for("last")
    [view] = [e for e in site.taken if e["properties"].get("path") == "/first"]
    accepted = [event["messageId"] for sent in site.sent for event in sent.taken]
    assert accepted.count(view["messageId"]) == 1


async def test_what_waits_goes_out_on_leaving_under_the_same_message_id(
    site: Site, page: Page, tenant: Tenant
) -> None:
    site.outage = refusal(500)
    await page.goto(site.url)
    await site.wait_until(lambda: len(site.sent) == 1)
    await page.evaluate("ls.track('download')")
    site.outage = None
    await page.close()
    await site.wait_for("page_view", "download")
    views = {
        event["messageId"]
        for sent in site.sent
        for event in sent.events
        if event["event"] == "page_view"
    }
    assert len(views) == 1
    assert (await stored_types(tenant))[:2] == ["download", "page_view"]


async def test_what_is_being_gathered_goes_when_the_page_is_hidden(
    site: Site, page: Page
) -> None:
    await page.clock.install(time=0)
    await page.goto(site.url)
    await settle(page)
    await page.clock.pause_at(60)
    await page.evaluate("ls.track('first')")
    await page.clock.run_for(1)
    await settle(page)
    await page.evaluate(
        """() => {
            ls.track("gathered");
            Object.defineProperty(document, "visibilityState", { value: "hidden" });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    await site.wait_for("gathered")


async def test_requests_in_flight_share_the_browsers_quota_for_leaving_pages(
    site: Site, page: Page, visitor: BrowserContext, tenant: Tenant
) -> None:
    await page.goto(site.url)
    await site.wait_for("page_view")
    await page.evaluate(
        """() => {
            const text = "\\u00e4".repeat(2_000);
            for (let i = 0; i < 40; i++) ls.track("big", { text });
        }"""
    )
    await page.close()
    await site.wait_until(lambda: len(site.of_type("big")) > 10)
    assert sum(len(sent.body) for sent in site.sent) <= KEEPALIVE_QUOTA + 1_000
    later = await visitor.new_page()
    await later.goto(site.url)
    await site.wait_until(lambda: len(site.of_type("big")) == 40)
    assert max(len(sent.body) for sent in site.sent) <= KEEPALIVE_QUOTA / 2
    assert (await stored_types(tenant)).count("big") == 40


async def test_a_full_queue_drops_its_oldest_events_and_says_how_many(
    site: Site, page: Page
) -> None:
    site.outage = refusal(500)
    await page.goto(site.url)
    await site.wait_until(lambda: len(site.sent) == 1)
    async with page.expect_console_message(
        lambda message: "dropped so far: 11" in message.text
    ):
        await page.evaluate("for (let i = 0; i < 210; i++) ls.track('event_' + i)")
    waiting = await queued(page)
    assert len(waiting) == 200
    assert waiting == [f"event_{i}" for i in range(10, 210)]


async def test_a_queue_is_bounded_in_bytes_too(site: Site, page: Page) -> None:
    site.outage = refusal(500)
    await page.goto(site.url)
    await page.evaluate(
        """() => {
            for (let i = 0; i < 30; i++) ls.track("big", { text: "x".repeat(20000) });
        }"""
    )
    size = await page.evaluate(
        """Object.keys(localStorage).filter((key) => key.startsWith("ls_queue_"))
            .reduce((sum, key) => sum + localStorage[key].length, 0)"""
    )
    assert 200_000 < size <= 256 * 1024


async def test_what_waited_longer_than_a_server_remembers_is_not_sent(
    site: Site, page: Page
) -> None:
    await page.goto(site.url)
    await settle(page)
    await page.evaluate(
        """() => {
            const key = document.querySelector("script").dataset.apiKey;
            for (const days of [5, 7]) {
                const at = Date.now() - days * 24 * 3600 * 1000;
                const event = { event: `days_${days}`, anonymousId: "a" };
                localStorage[`ls_queue_${key}_${at}_1`] = JSON.stringify(event);
            }
        }"""
    )
    await page.reload()
    await site.wait_until(lambda: "days_5" in str(site.sent))
    await settle(page)
    assert "days_7" not in str(site.sent)


async def test_what_can_not_be_read_in_the_storage_is_thrown_away(
    site: Site, page: Page
) -> None:
    await page.goto(site.url)
    await site.wait_for("page_view")
    await page.evaluate(
        """() => {
            const key = document.querySelector("script").dataset.apiKey;
            localStorage[`ls_queue_${key}_${Date.now()}_1`] = '{"event": "torn';
            localStorage[`ls_queue_${key}_x`] = "{}";
            localStorage.ls_session = '{"id": 1}';
        }"""
    )
    await page.reload()
    await page.evaluate("ls.track('fine')")
    await site.wait_for("fine")
    assert {sent.status for sent in site.sent} == {202}
    assert "{}" not in await page.evaluate("Object.values(localStorage)")


async def test_an_event_of_another_project_on_the_same_site_is_left_alone(
    site: Site, page: Page
) -> None:
    await page.goto(site.url)
    await page.evaluate(
        'localStorage[`ls_queue_pk_other_${Date.now()}_1`] = \'{"event": "theirs"}\''
    )
    await page.reload()
    await page.evaluate("ls.track('ours')")
    await site.wait_for("ours")
    assert "theirs" not in {e["event"] for sent in site.sent for e in sent.events}


async def test_a_refused_event_does_not_hold_up_the_next_one(
    site: Site, page: Page
) -> None:
    await page.goto(site.url)
    async with page.expect_console_message(lambda message: "LeadPulse" in message.text):
        await page.evaluate("ls.track('not a name'); ls.track('fine')")
    await site.wait_for("fine")
    assert "not a name" not in site.types()


async def test_a_refused_request_is_not_tried_again(site: Site, page: Page) -> None:
    site.outage = refusal(401)
    async with page.expect_console_message(
        lambda message: "1 events were refused: 401" in message.text
    ):
        await page.goto(site.url)
    assert await queued(page) == []
    site.outage = None
    await page.evaluate("ls.track('next')")
    await site.wait_for("next")
    assert site.types() == ["next"]
