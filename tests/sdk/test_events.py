"""What a page with the SDK records: views, calls, clicks and forms."""

import pytest
from playwright.async_api import Page

from tests.sdk.browser_queue import settle
from tests.sdk.site import Site

SECRET = "correct horse battery staple"


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
    await site.wait_for("last")
    views = [event["properties"] for event in site.taken[:-1]]
    assert [view["path"] for view in views] == ["/a", "/b", "/c", "/d", "/c"]
    assert views[0]["url"] == f"{site.url}/a?utm_source=x"
    assert views[0]["title"] == "A page"
    assert views[1]["referrer"] == f"{site.url}/a?utm_source=x"


async def test_events_are_stamped_in_the_order_in_which_they_happened(
    site: Site, page: Page
) -> None:
    await page.goto(site.url)
    await page.evaluate("for (let i = 0; i < 20; i++) ls.track('step_' + i)")
    await site.wait_for("step_19")
    stamps = [event["timestamp"] for event in site.taken]
    assert stamps == sorted(set(stamps))
    assert site.types()[1:] == [f"step_{i}" for i in range(20)]


async def test_a_visitor_keeps_the_anonymous_id_and_the_session_on_every_page(
    site: Site, page: Page
) -> None:
    site.body = "<a href=/two>Two</a>"
    await page.goto(f"{site.url}/one")
    await site.wait_for("page_view")
    await page.get_by_role("link", name="Two").click()
    await site.wait_until(lambda: len(site.of_type("page_view")) == 2)
    await page.evaluate("ls.reset(); ls.track('other')")
    await site.wait_for("other")
    one, two = site.of_type("page_view")
    [other] = site.of_type("other")
    ids = [(e["anonymousId"], e["sessionId"]) for e in (one, two, other)]
    assert ids[0] == ids[1]
    assert not set(ids[0]) & set(ids[2])
    assert ids[0][0].startswith("anon_")


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
    await site.wait_for("signup")
    _, traits, known, later = site.taken
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
    await site.wait_for("early")
    await page.evaluate('ls.push(["track", "late"])')
    await site.wait_for("late")
    assert site.types() == ["page_view", "early", "late"]


@pytest.mark.parametrize(
    ("html", "properties"),
    [
        (
            "<a id=target href='/buy?plan=pro#now'>  Buy\n <b>now</b> </a>",
            {"tag": "a", "id": "target", "text": "Buy now", "href": "/buy?plan=pro"},
        ),
        (
            "<button id=target>" + "x" * 200 + "</button>",
            {"tag": "button", "id": "target", "text": "x" * 100},
        ),
        (
            "<div role=button id=target aria-label=Close></div>",
            {"tag": "div", "id": "target", "text": "Close"},
        ),
        (
            f"<input type=submit id=target value='{SECRET}'>",
            {"tag": "input", "id": "target"},
        ),
        (
            f"<div role=button id=target><textarea>{SECRET}</textarea></div>",
            {"tag": "div", "id": "target"},
        ),
    ],
)
async def test_a_click_on_a_link_or_button_says_what_it_was(
    site: Site, page: Page, html: str, properties: dict[str, str]
) -> None:
    site.body = f"{html}<script>onclick = (event) => event.preventDefault()</script>"
    await page.goto(site.url)
    await page.evaluate("target.click()")
    await site.wait_for("click")
    [click] = site.of_type("click")
    if "href" in properties:
        properties = {**properties, "href": site.url + properties["href"]}
    assert click["properties"] == properties
    assert not any(SECRET.encode() in sent.body for sent in site.sent)


async def test_an_attribute_names_a_click_and_gives_it_properties(
    site: Site, page: Page
) -> None:
    site.body = """<section data-ls-event=plan_chosen data-ls-plan-name=pro>
        <p id=text>Anywhere</p> <button id=inner>Choose</button></section>"""
    await page.goto(site.url)
    await page.evaluate("text.click(); inner.click()")
    await site.wait_until(lambda: len(site.of_type("plan_chosen")) == 2)
    anywhere, button = site.of_type("plan_chosen")
    assert anywhere["properties"] == {"tag": "section", "planName": "pro"}
    assert button["properties"] == {
        "tag": "button",
        "id": "inner",
        "text": "Choose",
        "planName": "pro",
    }
    assert site.of_type("click") == []


async def test_attributes_that_are_not_for_the_sdk_are_let_be(
    site: Site, page: Page
) -> None:
    site.body = """<button id=b data-ls=1 data-lstat=2 data-ls-1=3 data-plan=4
        data-ls-event data-ls-kept=5>B</button>"""
    await page.goto(site.url)
    await page.evaluate("b.click()")
    await site.wait_for("click")
    [click] = site.of_type("click")
    assert click["properties"] == {"tag": "button", "id": "b", "text": "B", "kept": "5"}


async def test_other_clicks_and_what_asks_to_be_ignored_are_not_recorded(
    site: Site, page: Page
) -> None:
    site.body = """<p id=text>Text</p> <label id=label>Name <input id=field></label>
        <nav data-ls-ignore><button id=quiet>Q</button>
        <form id=form onsubmit="return false"><input name=x></form></nav>"""
    await page.goto(site.url)
    await page.evaluate(
        """() => {
            for (const element of [text, label, field, quiet]) element.click();
            form.requestSubmit();
            ls.track("end");
        }"""
    )
    await site.wait_for("end")
    assert site.types() == ["page_view", "end"]


async def test_a_click_that_the_page_keeps_to_itself_is_recorded(
    site: Site, page: Page
) -> None:
    site.body = "<button onclick='event.stopImmediatePropagation()'>Go</button>"
    await page.goto(site.url)
    await page.get_by_role("button", name="Go").click()
    await site.wait_for("click")


async def test_an_element_counts_once_in_800_milliseconds(
    site: Site, page: Page
) -> None:
    site.body = "<button id=one>1</button><button id=two>2</button>"
    await page.clock.install(time=0)
    await page.goto(site.url)
    await settle(page)
    await page.clock.pause_at(60)
    await page.evaluate("one.click(); one.click(); two.click()")
    await page.clock.run_for(799)
    await page.evaluate("one.click()")
    await page.clock.run_for(1)
    await page.evaluate("one.click(); ls.track('end')")
    await page.clock.resume()
    await site.wait_for("end")
    ids = [event["properties"]["id"] for event in site.of_type("click")]
    assert ids == ["one", "two", "one"]


async def test_a_form_gives_the_names_of_its_fields_and_never_a_value(
    site: Site, page: Page
) -> None:
    site.body = f"""<form id=f name=contact action="/send?token={SECRET}"
            onsubmit="return false">
        <input name=id value="{SECRET}"> <input name=email id=email>
        <input type=password name=password id=password>
        <input type=hidden name=csrf value="{SECRET}"> <input value="{SECRET}">
        <input type=radio name=size value="{SECRET}" checked>
        <input type=radio name=size value=2>
        <select name=country><option>{SECRET}</select>
        <textarea name=message>{SECRET}</textarea> <button>Send</button></form>
        <div contenteditable role=button id=note>{SECRET}</div>"""
    await page.goto(site.url)
    await page.locator("#email").fill(SECRET.replace(" ", "") + "@example.com")
    await page.locator("#password").fill(SECRET)
    await page.locator("#email").click()
    await page.locator("#note").click()
    await page.get_by_role("button", name="Send").click()
    await site.wait_for("form_submit", "click")
    [submit] = site.of_type("form_submit")
    assert submit["properties"] == {
        "id": "f",
        "name": "contact",
        "action": "/send",
        "fields": ["id", "email", "password", "csrf", "size", "country", "message"],
    }
    await page.evaluate("ls.track('end')")
    await site.wait_for("end")
    wire = b"".join(sent.body for sent in site.sent).replace(b" ", b"")
    assert SECRET.replace(" ", "").encode() not in wire


async def test_an_attribute_names_a_form_but_not_the_clicks_in_it(
    site: Site, page: Page
) -> None:
    site.body = """<form data-ls-event=trial_started data-ls-plan=team
        onsubmit="return false"><input name=email><button>Start</button></form>"""
    await page.goto(site.url)
    await page.locator("input").click()
    await page.get_by_role("button", name="Start").click()
    await site.wait_for("trial_started", "click")
    [started] = site.of_type("trial_started")
    assert started["properties"]["plan"] == "team"
    assert started["properties"]["fields"] == ["email"]


async def test_half_an_emoji_does_not_cost_the_event(site: Site, page: Page) -> None:
    await page.goto(site.url)
    await page.evaluate(
        r"ls.track('cut', {title: 'Launch \ud83d', whole: '\u{1f680}', nul: '\0'})"
    )
    await site.wait_for("cut")
    [cut] = site.of_type("cut")
    assert cut["properties"] == {
        "title": "Launch \ufffd",
        "whole": "\U0001f680",
        "nul": "\ufffd",
    }
