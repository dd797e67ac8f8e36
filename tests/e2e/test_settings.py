"""In a browser: a project and a person are named, changed, left and deleted."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import sign_in
from tests.product import Account, Product, post_event

pytestmark = pytest.mark.e2e

VISITOR = "first-projects-visitor"


@pytest.fixture
def settings(product: Product, account: Account, browser: Browser) -> Iterator[Page]:
    """The settings of somebody whose project has one lead."""
    with httpx.Client() as client:
        event = {"event": "signup", "anonymousId": VISITOR}
        post_event(client, product, {**event, "apiKey": account.write_key})
    product.wait_until_scored()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(page, product, account)
    page.goto(f"{product.url}/settings")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Ada's project")
    yield page
    context.close()


def create_project(page: Page, name: str) -> None:
    page.locator("[data-projects]").first.click()
    page.get_by_role("menuitem", name="New project").click()
    page.get_by_label("Project name").fill(name)
    page.get_by_role("button", name="Create project").click()
    page.wait_for_url("**/overview**")
    expect_project(page, name)


def expect_project(page: Page, name: str) -> None:
    expect(page.locator("[data-projects]").first).to_contain_text(name)


def test_an_open_board_follows_new_names_and_another_time_zone(
    product: Product, settings: Page
) -> None:
    board = settings.context.new_page()
    board.goto(f"{product.url}/leads")
    expect_project(board, "Ada's project")
    settings.get_by_label("Name", exact=True).fill("Acme")
    settings.get_by_label("Domain").fill("https://www.acme.example/pricing")
    settings.get_by_label("Time zone").select_option(label="Tokyo")
    settings.get_by_role("button", name="Save project").click()
    expect(settings.get_by_label("Domain")).to_have_value("www.acme.example")
    expect(settings.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    settings.get_by_label("Your name").fill("Ada Lovelace")
    settings.get_by_role("button", name="Save name").click()
    for page in (settings, board):
        expect_project(page, "Acme")
        expect(page.get_by_role("button", name="Account")).to_have_text("AL")
    settings.get_by_label("Domain").fill("not a host")
    settings.get_by_role("button", name="Save project").click()
    expect(settings.get_by_text("Enter a host name")).to_be_visible()


def test_what_somebody_types_stays_while_another_saves_and_so_does_the_focus(
    product: Product, settings: Page
) -> None:
    other = settings.context.new_page()
    other.goto(f"{product.url}/settings")
    other.get_by_label("Domain").fill("https://acme.example/")
    other.get_by_label("Time zone").select_option(label="Tokyo")
    name = settings.get_by_label("Name", exact=True)
    name.fill("Half typed")
    save = other.get_by_role("button", name="Save project")
    save.press("Enter")
    for page in (other, settings):
        expect(page.get_by_label("Domain")).to_have_value("acme.example")
        expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    expect(save).to_be_focused()
    expect(name).to_have_value("Half typed")
    name.press("Enter")
    expect(other.get_by_label("Name", exact=True)).to_have_value("Half typed")
    expect(name).to_be_focused()


def test_a_new_password_signs_out_every_other_browser(
    product: Product, account: Account, settings: Page, browser: Browser
) -> None:
    elsewhere = browser.new_context().new_page()
    sign_in(elsewhere, product, account)
    current = settings.get_by_label("Current password")
    current.fill("not this one")
    settings.get_by_label("New password").fill("battery horse correct")
    settings.get_by_role("button", name="Change password").click()
    expect(settings.get_by_text("This is not your current password")).to_be_visible()
    current.fill(account.password)
    settings.get_by_role("button", name="Change password").click()
    expect(settings.get_by_text("Your password is changed")).to_be_visible()
    expect(current).to_have_value("")
    elsewhere.wait_for_url("**/login")
    settings.reload()
    expect(settings.get_by_label("Current password")).to_be_visible()
    elsewhere.context.close()


def test_the_theme_is_chosen_here_or_above_and_stays(settings: Page) -> None:
    for choice, scheme in (("Dark", "dark"), ("Light", "light")):
        settings.get_by_role("radio", name=choice).check()
        expect(settings.locator("html")).to_have_class(scheme)
    settings.get_by_role("button", name="Switch between light and dark").click()
    expect(settings.get_by_role("radio", name="Dark")).to_be_checked()
    settings.reload()
    expect(settings.get_by_role("radio", name="Dark")).to_be_checked()
    expect(settings.locator("html")).to_have_class("dark")


def test_another_project_begins_with_nothing_of_the_one_before(
    product: Product, settings: Page
) -> None:
    settings.goto(f"{product.url}/leads")
    expect(settings.get_by_role("main")).to_contain_text(VISITOR)
    left_open = settings.context.new_page()
    left_open.goto(f"{product.url}/leads")
    expect(left_open.get_by_role("main")).to_contain_text(VISITOR)
    frames: list[str] = []
    settings.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda f: frames.append(str(f))),
    )
    create_project(settings, "Second")
    left_open.wait_for_url("**/overview**")
    expect_project(left_open, "Second")
    settings.goto(f"{product.url}/leads")
    expect(settings.get_by_text("No leads yet")).to_be_visible()
    assert [frame for frame in frames if "Second" in frame], "nothing was heard"
    assert not [frame for frame in frames if VISITOR in frame]

    settings.locator("[data-projects]").first.click()
    settings.get_by_role("menuitem", name="Ada's project").click()
    settings.wait_for_url("**/overview**")
    expect_project(settings, "Ada's project")
    settings.goto(f"{product.url}/leads")
    expect(settings.get_by_role("main")).to_contain_text(VISITOR)


def test_an_empty_project_is_told_what_to_do_next_and_not_filled_in_production(
    product: Product, settings: Page
) -> None:
    create_project(settings, "Second")
    for path in ("/overview", "/leads", "/pipeline", "/events"):
        settings.goto(f"{product.url}{path}")
        main = settings.get_by_role("main")
        expect(main.locator("pre").first).to_contain_text(f"{product.url}/sdk/ls.js")
        expect(main.get_by_role("link", name="Connect a site")).to_be_visible()
        expect(main.get_by_text("Fill with sample data")).to_have_count(0)


def test_a_project_is_deleted_by_its_name_and_never_the_last_one(
    product: Product, settings: Page
) -> None:
    def delete(name: str) -> None:
        settings.goto(f"{product.url}/settings")
        settings.get_by_role("button", name="Delete project").click()
        settings.get_by_label("Type the project's name").fill(name)
        settings.get_by_role("button", name="Delete for good").click()

    delete("Ada's project")
    expect(settings.get_by_text("This is your only project")).to_be_visible()
    settings.get_by_role("button", name="Cancel").click()
    create_project(settings, "Second")
    board = settings.context.new_page()
    board.goto(f"{product.url}/leads")
    expect(board.get_by_text("No leads yet")).to_be_visible()
    delete("second")
    expect(settings.get_by_text("This is not the name")).to_be_visible()
    delete("Second")
    for page in (settings, board):
        page.wait_for_url("**/overview**")
        expect_project(page, "Ada's project")
    settings.goto(f"{product.url}/leads")
    expect(settings.get_by_role("main")).to_contain_text(VISITOR)
