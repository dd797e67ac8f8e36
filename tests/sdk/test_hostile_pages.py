"""What the SDK makes of pages and browsers that are in its way: no error, at the least.

The `visitor` fixture fails a test whose pages saw an error or an unhandled rejection.
"""

import pytest
from playwright.async_api import Page

from tests.sdk.site import Site

STILL_RECORDED = {
    "localStorage is denied": """Object.defineProperty(window, "localStorage", {
        get() { throw new DOMException("denied", "SecurityError"); } });""",
    "localStorage is full": """Storage.prototype.setItem = () => {
        throw new DOMException("full", "QuotaExceededError"); };""",
    "there is no crypto": """Object.defineProperty(window, "crypto", {
        value: undefined });""",
    "the history is frozen": "Object.freeze(history);",
    "there is no console": """Object.defineProperty(window, "console", {
        value: undefined });""",
    "requests have no time limit": "delete AbortSignal.timeout;",
}


@pytest.mark.parametrize("hostility", STILL_RECORDED.values(), ids=STILL_RECORDED)
async def test_events_are_recorded_where(
    site: Site, page: Page, hostility: str
) -> None:
    await page.add_init_script(hostility)
    await page.goto(site.url)
    await page.evaluate("history.pushState(null, '', '/next'); ls.track('fine')")
    await site.wait_for("fine")
    assert site.types() == ["page_view", "page_view", "fine"]
    assert len({event["anonymousId"] for event in site.taken}) == 1


HARMLESS = {
    "there is no fetch": "delete window.fetch;",
    "fetch is something else": "window.fetch = () => 42;",
    "fetch never answers": "window.fetch = () => new Promise(() => {});",
    "there is no Blob": "window.Blob = undefined;",
}


@pytest.mark.parametrize("hostility", HARMLESS.values(), ids=HARMLESS)
async def test_nothing_is_thrown_where(site: Site, page: Page, hostility: str) -> None:
    await page.clock.install(time=0)
    await page.add_init_script(hostility)
    await page.goto(site.url)
    await page.clock.pause_at(60)
    await page.evaluate("ls.track('lost'); ls.identify('ada'); ls.reset()")
    await page.clock.run_for(60_000)
    await page.goto("about:blank")


async def test_what_a_page_says_wrongly_costs_that_call_alone(
    site: Site, page: Page
) -> None:
    await page.goto(site.url)
    await page.evaluate(
        """() => {
            const circle = {}; circle.self = circle;
            const thrower = { toJSON() { throw new Error("no JSON of me"); } };
            ls.track("circle", circle); ls.track("thrower", thrower);
            ls.track("big", { n: 1n }); ls.track("huge", { text: "x".repeat(40000) });
            ls.track("not a name"); ls.track();
            ls.push(null); ls.push(["nothing"]); ls.identify(); ls.track("fine");
        }"""
    )
    await site.wait_for("fine")
    assert site.types() == ["page_view", "identify", "fine"]


async def test_a_fetch_that_throws_is_a_failed_attempt(site: Site, page: Page) -> None:
    await page.add_init_script(
        """const real = window.fetch; let calls = 0;
        window.fetch = function () {
            if (calls++ === 0) throw new Error("not today");
            return real.apply(this, arguments);
        };"""
    )
    await page.goto(site.url)
    await site.wait_for("page_view")


async def test_a_policy_that_forbids_the_connection_is_only_reported(
    site: Site, page: Page
) -> None:
    site.page_headers = {"Content-Security-Policy": "connect-src 'none'"}
    await page.goto(site.url)
    async with page.expect_console_message(
        lambda message: "connect-src" in message.text
    ):
        await page.evaluate("ls.track('kept')")
    site.page_headers = {}
    await page.goto(site.url)
    await site.wait_for("kept")


async def test_a_page_gets_no_global_but_the_sdk(site: Site, page: Page) -> None:
    names = "Object.getOwnPropertyNames(window)"
    await page.add_init_script(f"window.before = {names}")
    await page.goto(site.url)
    await site.wait_for("page_view")
    added = await page.evaluate(f"{names}.filter((name) => !before.includes(name))")
    assert sorted(set(added) - {"before"}) == ["LeadPulse", "ls"]


async def test_a_page_keeps_an_ls_of_its_own(site: Site, page: Page) -> None:
    site.head = "<script>window.ls = () => 'files';</script>"
    await page.goto(site.url)
    await page.evaluate("LeadPulse.track('fine')")
    await site.wait_for("fine")
    assert await page.evaluate("ls()") == "files"


async def test_an_element_called_ls_is_not_in_the_way(site: Site, page: Page) -> None:
    site.head = "<p id=ls></p>"
    await page.goto(site.url)
    await site.wait_for("page_view")
    await page.evaluate("ls.track('fine')")
    await site.wait_for("fine")


async def test_a_second_copy_of_the_script_does_nothing(site: Site, page: Page) -> None:
    await page.goto(site.url)
    await site.wait_for("page_view")
    await page.evaluate(
        """() => new Promise((resolve) => {
            const script = document.createElement("script");
            script.dataset.apiKey = "pk_other";
            script.src = "/sdk/ls.js";
            script.onload = resolve;
            document.head.append(script);
        })"""
    )
    await page.evaluate("ls.track('once')")
    await site.wait_for("once")
    assert site.types() == ["page_view", "once"]
    assert len({sent.envelope["apiKey"] for sent in site.sent}) == 1


async def test_a_script_without_an_address_or_a_key_does_nothing(
    site: Site, page: Page
) -> None:
    await page.goto("about:blank")
    source = await (await page.request.get(f"{site.url}/sdk/ls.js")).text()
    await page.evaluate(
        """(source) => {
            for (const key of ["", "pk_1"]) {
                const script = document.createElement("script");
                script.setAttribute("data-api-key", key);
                script.textContent = source;
                document.documentElement.append(script);
            }
        }""",
        source,
    )
    assert await page.evaluate("window.ls") is None
