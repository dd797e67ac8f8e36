"""What a page with the SDK sends, in a real browser."""

from playwright.async_api import Page
from sqlalchemy import select
from sqlmodel import col
from starlette.responses import Response

from leadpulse_app.database import transaction
from leadpulse_app.models import Event
from tests.sdk.site import Site
from tests.tenants import Tenant


def unavailable(retry_after: int) -> Response:
    headers = {
        "Retry-After": str(retry_after),
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "Retry-After",
    }
    return Response(status_code=503, headers=headers)


async def stored_types(tenant: Tenant) -> list[str]:
    project_id = tenant.actor.project_id
    async with transaction(project_id) as session:
        found = await session.scalars(
            select(col(Event.type))
            .where(col(Event.project_id) == project_id)
            .order_by(col(Event.type))
        )
        return list(found)


async def test_a_page_is_viewed_on_load_and_with_each_new_path_of_its_history(
    site: Site, page: Page
) -> None:
    await page.goto(f"{site.url}/a?utm_source=x#top")
    await page.evaluate(
        """() => {
            history.pushState(null, "", "/b");
            history.replaceState(null, "", "/b?page=2");
            history.pushState(null, "", "/b#part");
            history.replaceState(null, "", "/c");
            history.pushState(null, "", "/d");
        }"""
    )
    await page.evaluate("history.back()")
    await site.wait_until(lambda: len(site.taken) == 5)
    await page.evaluate("ls.track('last')")
    await site.wait_until(lambda: "last" in site.events())
    views = [sent.fields["properties"] for sent in site.taken[:-1]]
    assert [view["path"] for view in views] == ["/a", "/b", "/c", "/d", "/c"]
    assert views[0]["url"] == f"{site.url}/a?utm_source=x"
    assert views[0]["title"] == "A page"
    assert views[1]["referrer"] == f"{site.url}/a?utm_source=x"


async def test_events_go_as_plain_text_without_preflight_or_credentials(
    site: Site, page: Page
) -> None:
    await page.context.add_cookies([{"name": "c", "value": "1", "url": site.url}])
    await page.goto(site.url)
    await site.wait_until(lambda: len(site.taken) == 1)
    [sent] = site.taken
    assert sent.method == "POST"
    assert sent.status == 202
    assert sent.headers["content-type"].startswith("text/plain")
    assert "cookie" not in sent.headers


async def test_a_visitor_keeps_the_anonymous_id_and_the_session_on_every_page(
    site: Site, page: Page
) -> None:
    await page.goto(f"{site.url}/one")
    await site.wait_until(lambda: len(site.taken) == 1)
    await page.goto(f"{site.url}/two")
    await site.wait_until(lambda: len(site.taken) == 2)
    await page.evaluate("ls.reset(); ls.track('other')")
    await site.wait_until(lambda: len(site.taken) == 3)
    ids = [(s.fields["anonymousId"], s.fields["sessionId"]) for s in site.taken]
    assert ids[0] == ids[1]
    assert not set(ids[0]) & set(ids[2])
    assert ids[0][0].startswith("anon_")


async def test_a_session_ends_after_half_an_hour_of_silence(
    site: Site, page: Page
) -> None:
    await page.clock.install()
    await page.goto(site.url)
    await site.wait_until(lambda: len(site.taken) == 1)
    await page.evaluate("setTimeout(() => ls.track('soon'), 29 * 60 * 1000)")
    await page.clock.run_for(29 * 60 * 1000)
    await site.wait_until(lambda: len(site.taken) == 2)
    await page.clock.run_for(31 * 60 * 1000)
    await page.evaluate("ls.track('late')")
    await site.wait_until(lambda: len(site.taken) == 3)
    first, soon, late = (sent.fields["sessionId"] for sent in site.taken)
    assert first == soon != late


async def test_identify_sends_traits_and_keeps_the_sites_own_id(
    site: Site, page: Page
) -> None:
    await page.goto(site.url)
    await page.evaluate(
        """() => {
            ls.identify({ email: "ada@example.com" });
            ls.identify(42, { company: "Analytical" });
            ls.track("signup");
        }"""
    )
    await site.wait_until(lambda: "signup" in site.events())
    _, traits, known, later = (sent.fields for sent in site.taken)
    assert traits["event"] == known["event"] == "identify"
    assert traits["properties"] == {"email": "ada@example.com"}
    assert "userId" not in traits
    assert known["properties"] == {"company": "Analytical"}
    assert known["userId"] == later["userId"] == "42"


async def test_calls_made_before_the_sdk_has_loaded_are_kept(
    site: Site, page: Page
) -> None:
    site.head = (
        "<script>window.ls = window.ls || [];"
        'ls.push(["track", "early", { n: 1 }]);</script>'
    )
    await page.goto(site.url)
    await site.wait_until(lambda: "early" in site.events())
    await page.evaluate('ls.push(["track", "late"])')
    await site.wait_until(lambda: "late" in site.events())
    assert site.events() == ["page_view", "early", "late"]


async def test_a_retry_waits_as_asked_and_keeps_the_message_id(
    site: Site, page: Page, tenant: Tenant
) -> None:
    site.outage = unavailable(retry_after=1)
    await page.goto(site.url)
    await site.wait_until(lambda: len(site.sent) == 1)
    site.outage = None
    await site.wait_until(lambda: len(site.sent) == 2)
    first, second = site.sent
    assert (first.status, second.status) == (503, 202)
    assert second.at - first.at >= 1
    assert first.fields["messageId"] == second.fields["messageId"]
    assert first.fields["timestamp"] == second.fields["timestamp"]
    assert first.fields["sentAt"] < second.fields["sentAt"]
    assert await stored_types(tenant) == ["page_view"]


async def test_an_unreachable_server_is_tried_again(site: Site, page: Page) -> None:
    await page.goto(site.url)
    await site.wait_until(lambda: len(site.sent) == 1)
    await page.context.set_offline(True)
    await page.evaluate("ls.track('offline')")
    await page.context.set_offline(False)
    await site.wait_until(lambda: "offline" in site.events())


async def test_what_waits_for_a_retry_is_sent_on_leaving_under_the_same_message_id(
    site: Site, page: Page, tenant: Tenant
) -> None:
    site.outage = unavailable(retry_after=60)
    await page.goto(site.url)
    await site.wait_until(lambda: len(site.sent) == 1)
    await page.evaluate("ls.track('download')")
    site.outage = None
    await page.goto("about:blank")
    await site.wait_until(lambda: set(site.events()) == {"page_view", "download"})
    views = {s.fields["messageId"] for s in site.sent if s.event == "page_view"}
    assert len(views) == 1
    assert await stored_types(tenant) == ["download", "page_view"]


async def test_a_refused_event_does_not_hold_up_the_next_one(
    site: Site, page: Page
) -> None:
    await page.goto(site.url)
    await page.evaluate("ls.track('not a name'); ls.track('fine')")
    await site.wait_until(lambda: "fine" in site.events())
    assert 400 in {s.status for s in site.sent}


async def test_nothing_is_thrown_into_a_page_that_misuses_it(
    site: Site, page: Page
) -> None:
    await page.add_init_script(
        """Object.defineProperty(window, "localStorage", {
            get() { throw new DOMException("denied", "SecurityError"); },
        });"""
    )
    await page.goto(site.url)
    await page.evaluate(
        """() => {
            const circle = {}; circle.self = circle;
            ls.track("circle", circle);
            ls.push(null); ls.push(["nothing"]); ls.identify(); ls.track("fine");
        }"""
    )
    await site.wait_until(lambda: "fine" in site.events())
    assert len({sent.fields["anonymousId"] for sent in site.taken}) == 1


async def test_half_an_emoji_does_not_cost_the_event(site: Site, page: Page) -> None:
    await page.goto(site.url)
    await page.evaluate(
        r"ls.track('cut', {title: 'Launch \ud83d', whole: '\u{1f680}'})"
    )
    await site.wait_until(lambda: "cut" in site.events())
    [cut] = [sent for sent in site.taken if sent.fields["event"] == "cut"]
    assert cut.fields["properties"] == {"title": "Launch \ufffd", "whole": "\U0001f680"}


async def test_a_fetch_that_throws_is_a_failed_attempt(site: Site, page: Page) -> None:
    await page.add_init_script(
        """const real = window.fetch; let calls = 0;
        window.fetch = function () {
            if (calls++ === 0) throw new Error("not today");
            return real.apply(this, arguments);
        };"""
    )
    await page.goto(site.url)
    await site.wait_until(lambda: "page_view" in site.events())


async def test_three_pages_and_a_demo_request_on_the_sample_site(
    site: Site, page: Page, tenant: Tenant
) -> None:
    await page.goto(f"{site.url}/demo-site/")
    await page.get_by_label("Write key").fill(tenant.write_key)
    await page.get_by_role("button", name="Use this key").click()
    await site.wait_until(lambda: len(site.events()) == 1)
    await page.get_by_role("link", name="Pricing").click()
    await page.get_by_role("link", name="Docs").click()
    await page.get_by_role("button", name="Request a demo").click()
    await page.get_by_text("Thank you").wait_for()
    await site.wait_until(lambda: "demo_request" in site.events())
    await page.goto("about:blank")
    assert await stored_types(tenant) == ["demo_request", *["page_view"] * 3]


async def test_the_sample_site_takes_its_key_from_the_address_once(
    site: Site, page: Page
) -> None:
    await page.goto(f"{site.url}/demo-site/?key=pk_{'0' * 48}")
    await site.wait_until(lambda: len(site.sent) == 1)
    assert page.url == f"{site.url}/demo-site/"
    assert await page.get_by_label("Write key").is_hidden()
    await page.goto(f"{site.url}/demo-site/pricing.html")
    await site.wait_until(lambda: len(site.sent) == 2)
    assert {sent.fields["apiKey"] for sent in site.sent} == {f"pk_{'0' * 48}"}
    assert "key" not in site.sent[0].fields["properties"]["url"]


async def test_the_sample_sites_newsletter_says_who_the_visitor_is(
    site: Site, page: Page, tenant: Tenant
) -> None:
    await page.goto(f"{site.url}/demo-site/?key={tenant.write_key}")
    await page.get_by_label("Email").fill("ada@example.com")
    await page.get_by_role("button", name="Get the newsletter").click()
    await site.wait_until(lambda: "identify" in site.events())
    assert site.taken[-1].fields["properties"] == {"email": "ada@example.com"}
