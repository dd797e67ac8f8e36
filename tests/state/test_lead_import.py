"""The dialog for a file of leads shows what the API said, whatever a page reports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.state.lead_import import ImportColumn, preview_of
from leadpulse_app.state.leads import LeadsState
from leadpulse_app.state.upload_outcome import BadLine
from tests.state.tab import Tab, sent
from tests.tenants import make_tenant

PREVIEW = {
    "columns": [
        {"name": "E-mail", "meaning": "email"},
        {"name": "Plan", "meaning": "trait"},
        {"name": "", "meaning": "nothing"},
    ],
    "rows": 1200,
    "newLeads": 1199,
    "knownLeads": 1,
    "sample": [["ada@example.com", "pro", ""]],
    "rejected": 102,
    "errors": [{"line": 3, "code": "invalid_row", "message": "No"}],
}


def test_a_preview_is_told_in_counts_columns_rows_and_lines() -> None:
    preview = preview_of(PREVIEW)
    assert preview.told == ("1,200 rows: 1,199 new leads, and 1 that is here already.")
    assert preview.action == "Import 1,200 rows"
    assert preview.columns == (
        ImportColumn("E-mail", "Email"),
        ImportColumn("Plan", "Kept as a trait"),
        ImportColumn("", "Left out"),
    )
    assert preview.sample == (("ada@example.com", "pro", ""),)
    assert preview.problem == "102 rows can't be taken."
    assert preview.bad_lines == (BadLine("3", "No"),)
    assert preview.more == "And 101 more rows."


def test_where_no_row_can_be_taken_nothing_is_offered() -> None:
    preview = preview_of({**PREVIEW, "rows": 0})
    assert (preview.told, preview.action) == ("No row can be imported.", "")


@given(
    st.dictionaries(
        st.sampled_from([*PREVIEW, "name", "meaning"]),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["line", "name", "meaning"]), inner)
            ),
        ),
    )
)
def test_no_preview_breaks_the_page(data: dict[str, object]) -> None:
    preview_of(data)


async def test_the_dialog_goes_from_the_file_to_what_became_of_it() -> None:
    tab = Tab((await make_tenant()).actor, "/leads")
    state = await tab.open(LeadsState)
    await tab.call(state, "toggle_import", True)
    assert (state.importing, state.import_step) == (True, "choosing")
    await tab.call(state, "begin_reading")
    await tab.call(state, "receive_preview", {"message": "The file is empty"})
    assert (state.import_step, state.import_problem) == (
        "choosing",
        "The file is empty.",
    )
    await tab.call(state, "begin_reading")
    assert state.import_problem == ""
    await tab.call(state, "receive_preview", {"data": PREVIEW})
    assert state.import_step == "looking"
    await tab.call(state, "begin_import")
    await tab.call(state, "receive_import", {"data": {"accepted": 1, "duplicates": 2}})
    assert state.import_step == "done"
    assert state.import_outcome.said == "Imported 1 row. 2 were there before."
    await tab.call(state, "toggle_import", False)
    assert (state.importing, state.import_step) == (False, "choosing")


async def test_what_became_of_a_file_is_told_also_where_the_dialog_is_gone() -> None:
    tab = Tab((await make_tenant()).actor, "/leads")
    state = await tab.open(LeadsState)
    await tab.call(state, "toggle_import", True)
    await tab.call(state, "begin_import")
    await tab.call(state, "toggle_import", False)
    toast = await tab.call(state, "receive_import", {"data": {"accepted": 3}})
    assert "Imported 3 rows." in sent(toast)
    assert not state.importing


async def test_what_became_of_a_file_is_not_taken_for_the_next_one_s() -> None:
    tab = Tab((await make_tenant()).actor, "/leads")
    state = await tab.open(LeadsState)
    await tab.call(state, "toggle_import", True)
    await tab.call(state, "begin_import")
    await tab.call(state, "toggle_import", False)
    await tab.call(state, "toggle_import", True)
    await tab.call(state, "begin_reading")
    toast = await tab.call(state, "receive_import", {"data": {"accepted": 3}})
    assert "Imported 3 rows." in sent(toast)
    assert state.import_step == "reading"


async def test_a_page_that_is_loaded_anew_waits_for_no_file() -> None:
    tab = Tab((await make_tenant()).actor, "/leads")
    state = await tab.open(LeadsState)
    await tab.call(state, "toggle_import", True)
    await tab.call(state, "begin_reading")
    tab.go("/leads?stage=hot")
    await tab.open(LeadsState)
    await tab.reconnect()
    await tab.open(LeadsState)
    assert (state.importing, state.import_step) == (True, "reading")
    await tab.reload()
    await tab.open(LeadsState)
    assert (state.importing, state.import_step) == (False, "choosing")
    await tab.call(state, "receive_preview", {"data": PREVIEW})
    assert state.import_step == "choosing"


@pytest.mark.parametrize("answer", [None, 7, "x", [], {"data": 7}, {"message": []}])
async def test_an_answer_that_is_none_is_told_as_a_failure(answer: object) -> None:
    tab = Tab((await make_tenant()).actor, "/leads")
    state = await tab.open(LeadsState)
    await tab.call(state, "toggle_import", True)
    await tab.call(state, "begin_reading")
    await tab.call(state, "receive_preview", answer)
    assert state.import_problem == "The file could not be uploaded."
    await tab.call(state, "receive_import", answer)
