"""When the SDK says that a visit is over: once, and not at each page."""

from playwright.async_api import BrowserContext, Page

from tests.sdk.browser_queue import settle
from tests.sdk.site import Site

MINUTE = 60_000


async def test_a_session_ends_once_after_half_an_hour_of_silence(
    site: Site, page: Page
) -> None:
    await page.clock.install(time=0)
    await page.goto(site.url)
    await settle(page)
    await page.clock.pause_at(29 * 60)
    await page.evaluate("ls.track('soon')")
    await page.clock.run_for(1)
    await settle(page)
    await page.clock.run_for(29 * MINUTE)
    assert site.of_type("session_end") == []
    await page.clock.run_for(2 * MINUTE)
    await page.clock.resume()
    await site.wait_for("session_end")
    await page.evaluate("ls.track('late')")
    await site.wait_for("late")
    view, soon, end, late = site.taken
    assert end["event"] == "session_end"
    assert view["sessionId"] == soon["sessionId"] == end["sessionId"]
    assert late["sessionId"] != end["sessionId"]
    assert end["timestamp"] == soon["timestamp"]
    assert end["properties"]["pageCount"] == 1
    assert abs(end["properties"]["durationSeconds"] - 29 * 60) <= 1


async def test_a_session_that_nobody_saw_end_is_ended_by_the_next_visit(
    site: Site, page: Page
) -> None:
    await page.clock.install(time=0)
    await page.goto(site.url)
    await settle(page)
    await page.evaluate(
        """() => {
            const session = JSON.parse(localStorage.ls_session);
            session.pages.push("a tab that crashed");
            localStorage.ls_session = JSON.stringify(session);
        }"""
    )
    await page.goto("about:blank")
    await page.clock.pause_at(24 * 3_600)
    await page.goto(site.url)
    await page.clock.resume()
    await site.wait_until(lambda: len(site.taken) == 3)
    before, end, after = site.taken
    assert end["event"] == "session_end"
    assert end["sessionId"] == before["sessionId"] != after["sessionId"]
    assert end["timestamp"] < "1970-01-01T00:10"
    assert after["timestamp"] >= "1970-01-02"


async def test_a_session_goes_on_from_page_to_page_and_ends_with_the_tab(
    site: Site, page: Page
) -> None:
    site.latency = 0.1
    site.body = "<a href=/b>B</a><form action=/d><button>D</button></form>"
    await page.goto(f"{site.url}/a")
    await page.get_by_role("link", name="B").click()
    await page.wait_for_url("**/b")
    await page.evaluate("location.assign('/c')")
    await page.wait_for_url("**/c")
    await page.get_by_role("button", name="D").click()
    await page.wait_for_url("**/d?")
    await page.reload()
    await page.goto(f"{site.url}/e")
    await page.go_back()
    await page.evaluate("history.pushState(null, '', '/f')")
    await site.wait_until(lambda: len(site.of_type("page_view")) == 8)
    assert site.of_type("session_end") == []
    await page.close()
    await site.wait_for("session_end")
    assert len({event["sessionId"] for event in site.taken}) == 1
    [end] = site.of_type("session_end")
    assert end["properties"]["pageCount"] == 8


async def test_a_session_ends_with_the_last_of_its_tabs(
    site: Site, page: Page, visitor: BrowserContext
) -> None:
    second = await visitor.new_page()
    await page.goto(f"{site.url}/one")
    await site.wait_for("page_view")
    await second.goto(f"{site.url}/two")
    await site.wait_until(lambda: len(site.of_type("page_view")) == 2)
    await page.close()
    await second.evaluate("ls.track('still_here')")
    await site.wait_for("still_here")
    assert site.of_type("session_end") == []
    await second.close()
    await site.wait_for("session_end")
    assert len({event["sessionId"] for event in site.taken}) == 1


async def test_two_tabs_that_notice_the_silence_end_the_session_once(
    site: Site, page: Page, visitor: BrowserContext
) -> None:
    second = await visitor.new_page()
    await visitor.clock.install(time=0)
    for tab in (page, second):
        await tab.goto(site.url)
        await settle(tab)
    await visitor.clock.fast_forward(31 * MINUTE)
    await site.wait_for("session_end")
    await second.evaluate("ls.track('last')")
    await site.wait_for("last")
    assert len(site.of_type("session_end")) == 1


async def test_a_session_belongs_to_whom_it_was_known_to_belong_to(
    site: Site, page: Page
) -> None:
    await page.clock.install(time=0)
    await page.goto(site.url)
    await settle(page)
    await page.evaluate(
        """() => {
            const session = JSON.parse(localStorage.ls_session);
            session.last -= 31 * 60 * 1000;
            localStorage.ls_session = JSON.stringify(session);
            ls.identify("ada");
        }"""
    )
    await site.wait_for("session_end", "identify")
    [end] = site.of_type("session_end")
    assert "userId" not in end


async def test_forgetting_a_visitor_ends_their_session(site: Site, page: Page) -> None:
    await page.goto(site.url)
    await page.evaluate("ls.identify('ada'); ls.reset(); ls.track('next')")
    await site.wait_for("next")
    [end] = site.of_type("session_end")
    [following] = site.of_type("next")
    assert end["userId"] == "ada"
    assert "userId" not in following
    assert following["anonymousId"] != end["anonymousId"]


async def test_a_page_that_the_browser_keeps_does_not_end_its_session(
    site: Site, page: Page
) -> None:
    await page.goto(site.url)
    await site.wait_for("page_view")
    await page.evaluate(
        """() => {
            const persisted = { persisted: true };
            dispatchEvent(new PageTransitionEvent("pagehide", persisted));
            dispatchEvent(new PageTransitionEvent("pageshow", persisted));
            ls.track("back");
        }"""
    )
    await site.wait_for("back")
    assert site.types() == ["page_view", "page_view", "back"]
    assert len({event["sessionId"] for event in site.taken}) == 1
