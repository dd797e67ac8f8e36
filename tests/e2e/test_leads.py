"""In a browser: leads are narrowed, read by keyboard, held still and changed."""

import csv
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, Route, expect

from tests.browser import sign_in
from tests.product import Account, Product

pytestmark = pytest.mark.e2e

PREVIEW = re.compile(r"/api/leads/import\?dryRun=true$")

SCORED = {"ada": 2, "bob": 1, "cleo": 0}
"""How many demo requests each person made, at 50 points."""


@pytest.fixture
def board(product: Product, account: Account, browser: Browser) -> Iterator[Page]:
    """The list of somebody who has three leads."""
    for person, demos in SCORED.items():
        product.send(account, person, "page_view", *["demo_request"] * demos)
    product.wait_until_scored()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(page, product, account)
    page.goto(f"{product.url}/leads")
    expect(rows(page)).to_have_count(3)
    yield page
    context.close()


def rows(page: Page) -> Locator:
    return page.locator("[data-row]")


def row(page: Page, person: str) -> Locator:
    return rows(page).filter(has_text=person)


def expect_order(page: Page, *people: str) -> None:
    expect(rows(page).get_by_role("link")).to_have_text(list(people), timeout=20_000)


def test_filters_are_in_the_address_and_are_removed_one_by_one(board: Page) -> None:
    board.get_by_label("Event seen").select_option("demo_request")
    expect_order(board, "ada", "bob")
    board.get_by_role("button", name="Score", exact=True).click()
    board.get_by_label("From").fill("60")
    board.get_by_role("button", name="Apply").click()
    expect_order(board, "ada")
    assert "event=demo_request" in board.url
    assert "minScore=60" in board.url
    board.reload()
    expect_order(board, "ada")
    board.get_by_role("button", name="Remove the filter Score").click()
    expect_order(board, "ada", "bob")
    board.get_by_role("link", name="Clear all").click()
    expect_order(board, "ada", "bob", "cleo")
    board.get_by_label("Search leads").fill("nobody")
    expect(board.get_by_text("Nothing found")).to_be_visible()
    board.get_by_role("link", name="Clear filters").click()
    expect_order(board, "ada", "bob", "cleo")


def test_a_columns_heading_sorts_by_it(
    product: Product, account: Account, board: Page
) -> None:
    product.send(account, "cleo", "page_view")
    product.wait_until_scored()
    board.get_by_role("link", name="Last seen").click()
    expect(board.get_by_role("columnheader", name="Last seen")).to_have_attribute(
        "aria-sort", "descending"
    )
    expect(rows(board).first).to_contain_text("cleo")
    assert "sort=last_seen" in board.url


def test_the_keyboard_alone_reads_one_lead_after_the_other(board: Page) -> None:
    board.keyboard.press("j")
    expect(row(board, "ada").get_by_role("link")).to_be_focused()
    board.keyboard.press("Enter")
    drawer = board.get_by_role("dialog")
    expect(drawer).to_contain_text("Why this score")
    expect(drawer.get_by_role("heading", name="ada")).to_be_visible()
    expect(board).to_have_url(re.compile(r"lead="))
    board.keyboard.press("j")
    expect(drawer.get_by_role("heading", name="bob")).to_be_visible()
    board.reload()
    expect(drawer.get_by_role("heading", name="bob")).to_be_visible()
    expect(rows(board)).to_have_count(3)
    board.keyboard.press("k")
    expect(drawer.get_by_role("heading", name="ada")).to_be_visible()
    board.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(row(board, "ada").get_by_role("link")).to_be_focused()
    expect(board).not_to_have_url(re.compile(r"lead="))
    board.keyboard.press("o")
    board.wait_for_url(re.compile(r"/leads/[0-9a-f-]{36}"))


def test_no_row_moves_under_the_pointer_until_the_person_lets_it(
    product: Product, account: Account, board: Page
) -> None:
    row(board, "bob").hover()
    product.send(account, "cleo", *["demo_request"] * 4)
    expect(row(board, "cleo")).to_contain_text("205", timeout=20_000)
    expect(row(board, "cleo")).to_have_attribute("data-changed", "odd")
    expect_order(board, "ada", "bob", "cleo")
    chip = board.get_by_role("button", name="1 lead changed")
    chip.click()
    expect_order(board, "cleo", "ada", "bob")
    product.send(account, "dora", "page_view")
    expect(chip).to_be_visible(timeout=20_000)
    expect(rows(board)).to_have_count(3)
    board.mouse.move(700, 5)
    expect_order(board, "cleo", "ada", "bob", "dora")
    expect(row(board, "dora")).to_have_attribute("data-changed", "odd")
    product.send(account, "cleo", "demo_request")
    expect(row(board, "cleo")).to_have_attribute("data-changed", "even", timeout=20_000)
    board.get_by_role("link", name=re.compile("^Qualified")).click()
    expect_order(board, "cleo", "ada")
    expect(board.locator("[data-changed=odd], [data-changed=even]")).to_have_count(0)


def test_ticked_leads_are_tagged_assigned_and_deleted(board: Page) -> None:
    row(board, "ada").get_by_role("checkbox").click()
    row(board, "cleo").get_by_role("checkbox").click(modifiers=["Shift"])
    bar = board.get_by_role("toolbar", name="Selected leads")
    expect(bar).to_contain_text("3 selected")
    row(board, "cleo").get_by_role("checkbox").click()
    bar.get_by_role("button", name="Tag").click()
    board.get_by_role("dialog").get_by_label("Tag").fill("VIP")
    board.get_by_role("button", name="Add tag").click()
    expect(board.get_by_text("Tagged 2 leads.")).to_be_visible()
    expect(rows(board).filter(has_text="vip")).to_have_count(2)
    expect(bar).to_have_count(0)

    board.get_by_role("checkbox", name="Select all on this page").click()
    bar.get_by_role("button", name="Assign").click()
    board.get_by_role("menuitem", name="Ada").click()
    expect(board.get_by_text("Assigned 3 leads.")).to_be_visible()
    expect(rows(board).filter(has_text="Ada")).to_have_count(3)

    row(board, "bob").get_by_role("checkbox").click()
    bar.get_by_role("button", name="Delete").click()
    question = board.get_by_role("alertdialog")
    expect(question).to_contain_text("Delete 1 lead?")
    question.get_by_role("button", name="Delete").click()
    expect(board.get_by_text("Deleted 1 lead.")).to_be_visible()
    expect_order(board, "ada", "cleo")


def test_ticks_end_with_their_list_and_shift_and_x_ticks_a_range(board: Page) -> None:
    board.keyboard.press("j")
    board.keyboard.press("x")
    board.keyboard.press("j")
    board.keyboard.press("j")
    board.keyboard.press("Shift+X")
    bar = board.get_by_role("toolbar", name="Selected leads")
    expect(bar).to_contain_text("3 selected")
    expect(board.get_by_label("Select all on this page")).to_be_checked()
    board.get_by_role("link", name=re.compile("^Qualified")).click()
    expect_order(board, "ada")
    expect(bar).to_have_count(0)


def test_a_double_click_leads_to_the_page_and_leaves_no_drawer_behind(
    board: Page,
) -> None:
    row(board, "bob").get_by_role("link").dblclick()
    board.wait_for_url(re.compile(r"/leads/[0-9a-f-]{36}"))
    expect(board.get_by_role("dialog")).to_have_count(0)
    expect(board.get_by_role("heading", name="bob", level=1)).to_be_visible()
    board.keyboard.press("g")
    board.keyboard.press("l")
    board.wait_for_url("**/leads")
    expect(rows(board)).to_have_count(3)
    expect(board.get_by_role("dialog")).to_have_count(0)
    board.keyboard.press("j")
    expect(row(board, "ada").get_by_role("link")).to_be_focused()


def test_the_export_is_the_list_as_it_is_narrowed(board: Page) -> None:
    board.get_by_label("Event seen").select_option("demo_request")
    expect_order(board, "ada", "bob")
    with board.expect_download() as download:
        board.get_by_role("link", name="Export CSV").click()
    with download.value.path().open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["Score"] for line in lines] == ["105", "55"]


def test_on_a_phone_the_filters_are_in_one_sheet(board: Page) -> None:
    board.set_viewport_size({"width": 390, "height": 844})
    expect(board.get_by_label("Risk")).not_to_be_visible()
    board.get_by_role("button", name="Filters").click()
    board.get_by_label("Event seen").select_option("demo_request")
    expect_order(board, "ada", "bob")
    assert board.evaluate("document.documentElement.scrollWidth") == 390


def test_a_file_of_leads_is_looked_at_imported_and_told_of(
    product: Product, account: Account, board: Page
) -> None:
    content = (
        "Email,Name,Company,Plan\n"
        "grace@example.com,Grace Hopper,Navy,pro\n"
        "nonsense,Nobody,,\n"
        "linus@example.com,Linus,Kernel,=1+1\n"
    )
    file = FilePayload(name="leads.csv", mimeType="text/csv", buffer=content.encode())
    opener = board.get_by_role("button", name="Import")
    opener.press("Enter")
    dialog = board.get_by_role("dialog", name="Import leads")
    dialog.get_by_label("Choose a file").set_input_files(
        FilePayload(name="x.csv", mimeType="text/csv", buffer=b"name\nAda\n")
    )
    expect(dialog.get_by_text("there has to be a column")).to_be_visible()
    dialog.get_by_label("Choose a file").set_input_files(file)
    expect(dialog.get_by_text("2 rows: 2 new leads")).to_be_visible()
    expect(dialog.get_by_role("columnheader", name="Plan")).to_contain_text(
        "Kept as a trait"
    )
    expect(dialog.get_by_role("cell", name="nonsense")).to_be_visible()
    expect(dialog.get_by_text("Line 3")).to_be_visible()
    dialog.get_by_role("button", name="Import 2 rows").press("Enter")
    expect(dialog.get_by_text("Imported 2 rows.")).to_be_visible()
    dialog.get_by_role("button", name="Done").press("Enter")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
    expect(rows(board)).to_have_count(5, timeout=20_000)
    expect(row(board, "Grace Hopper")).to_contain_text("Navy")

    opener.click()
    dialog.get_by_label("Choose a file").set_input_files(file)
    expect(dialog.get_by_text("2 that are here already")).to_be_visible()
    dialog.get_by_role("button", name="Import 2 rows").click()
    expect(dialog.get_by_text("Imported 0 rows. 2 were there before.")).to_be_visible()
    product.wait_until_scored()
    assert len(product.leads(account)) == 5


def test_a_preview_is_of_the_file_that_was_chosen_last(board: Page) -> None:
    waiting: list[Route] = []
    board.route(PREVIEW, lambda route: waiting.append(route))
    dialog = board.get_by_role("dialog", name="Import leads")
    for people in (["ada@example.com"], ["bob@example.com", "cleo@example.com"]):
        asked = len(waiting)
        board.get_by_role("button", name="Import").click()
        with board.expect_request(PREVIEW):
            dialog.get_by_label("Choose a file").set_input_files(
                FilePayload(
                    name="leads.csv",
                    mimeType="text/csv",
                    buffer="\n".join(["email", *people]).encode(),
                )
            )
        expect(dialog.get_by_label("Choose a file")).to_have_count(0)
        if not asked:
            dialog.get_by_role("button", name="Cancel").click()
            expect(dialog).to_have_count(0)
    former, latter = waiting
    former.fulfill(json={"data": {"rows": 1, "newLeads": 1, "columns": []}})
    latter.continue_()
    expect(dialog.get_by_text("2 rows: 2 new leads")).to_be_visible()
