"""A walk over every page: nothing keeps anybody out, and nothing goes wrong unseen.

In light, in dark and on a phone, with what opens over the pages too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect

from tests.browser import sign_in
from tests.pages import FOR_EVERYBODY, FOR_MEMBERS, SCREENS, open_page
from tests.product import ROOT, Account, Product

pytestmark = pytest.mark.e2e

AXE = ROOT / "tests" / "clients" / "node" / "node_modules" / "axe-core" / "axe.min.js"
PEOPLE = {"ada": 3, "bob": 1, "cleo": 0}
"""How many demo requests each of them made."""


@dataclass
class Walk:
    """A tab, and what went wrong in it so far."""

    page: Page
    product: Product
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.problems.append(f"error {error}"))
        self.page.on("requestfailed", self._fail)
        self.page.on("response", self._answer)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console: {message.text}")

    def _fail(self, request: Request) -> None:
        # What a page asked for and no longer wants once it is left.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"{request.url}: {request.failure}")

    def _answer(self, response: Response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.url}: {response.status}")

    def go(self, address: str) -> None:
        open_page(self.page, self.product, address)

    def check(self, part: str = "html") -> None:
        """Fail on what axe finds in a part of the page, and on what went wrong."""
        self.page.evaluate(Path(AXE).read_text(encoding="utf-8"))
        found = self.page.evaluate("(part) => axe.run(part)", part)
        assert found["passes"]
        violations = [
            f"{violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]
        assert not violations, "\n".join(violations)
        assert not self.problems, "\n".join(self.problems)


@pytest.fixture(scope="module")
def account(product: Product) -> Account:
    """Somebody with a few leads, an event that was refused and a failing job."""
    account = product.register()
    events = [
        {
            "event": "identify",
            "anonymousId": name,
            "properties": {"email": f"{name}@example.com", "company": "Analytical"},
        }
        for name in PEOPLE
    ]
    events += [
        {"event": event, "anonymousId": name, "properties": {"path": "/pricing"}}
        for name, demos in PEOPLE.items()
        for event in ["page_view", *["demo_request"] * demos]
    ]
    events.append({"event": "no good " * 20, "anonymousId": "ada"})
    httpx.post(
        f"{product.url}/api/ingest/batch",
        json={"apiKey": account.write_key, "events": events},
        timeout=20,
    ).raise_for_status()
    product.wait_until_scored()
    return account


@pytest.fixture(
    scope="module",
    params=[("light", "1440"), ("dark", "1440"), ("light", "390")],
    ids="-".join,
)
def stranger(
    product: Product, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Walk]:
    """A tab of somebody who is not signed in."""
    scheme, screen = request.param
    width, height = SCREENS[screen]
    context = browser.new_context(
        color_scheme=scheme,
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
    )
    yield Walk(context.new_page(), product)
    context.close()


@pytest.fixture(scope="module")
def walk(product: Product, account: Account, stranger: Walk) -> Walk:
    """The tab, signed in."""
    sign_in(stranger.page, product, account)
    return stranger


@pytest.mark.parametrize("address", FOR_EVERYBODY.values())
def test_a_page_for_everybody_keeps_nobody_out(stranger: Walk, address: str) -> None:
    stranger.problems.clear()
    stranger.go(address)
    if address == "/nowhere":
        stranger.problems.clear()  # that it isn't there is the point of it
    stranger.check()


@pytest.mark.parametrize("address", FOR_MEMBERS.values())
def test_a_page_keeps_nobody_out(walk: Walk, address: str) -> None:
    walk.problems.clear()
    walk.go(address)
    walk.check()


def open_drawer(walk: Walk) -> None:
    walk.page.locator("[data-row] a[href]").first.click()
    expect(walk.page.get_by_role("dialog")).to_contain_text("Why this score")


def open_account_menu(walk: Walk) -> None:
    walk.page.get_by_role("button", name="Account", exact=True).click()
    expect(walk.page.get_by_role("menu")).to_be_visible()


def open_shortcuts(walk: Walk) -> None:
    walk.page.keyboard.press("?")
    expect(walk.page.get_by_role("dialog")).to_contain_text("Keyboard shortcuts")


def open_rule_editor(walk: Walk) -> None:
    walk.page.get_by_role("button", name="Add rule").click()
    expect(walk.page.get_by_role("dialog")).to_contain_text("Points")


def open_event(walk: Walk) -> None:
    walk.page.locator("[data-hold] a, [data-hold] button").first.click()
    expect(walk.page.get_by_role("dialog")).to_contain_text("anonymousId")


@pytest.mark.parametrize(
    ("address", "open_it"),
    [
        ("/leads", open_drawer),
        ("/leads", open_account_menu),
        ("/leads", open_shortcuts),
        ("/rules", open_rule_editor),
        ("/events", open_event),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_opens_over_a_page_keeps_nobody_out(
    walk: Walk, address: str, open_it: Callable[[Walk], None]
) -> None:
    walk.problems.clear()
    walk.go(address)
    open_it(walk)
    # What it covers is out of reach meanwhile.
    walk.check("[role=dialog], [role=menu], dialog[open]")
