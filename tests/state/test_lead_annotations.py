"""Whoever calls the handlers of a lead's page, they write on leads of their own."""

from typing import Any

import pytest

from leadpulse_app.state.lead import LeadState
from tests.state.tab import Tab, sent
from tests.tenants import NOBODYS_ID, Tenant, make_tenant


async def opened(tenant: Tenant) -> tuple[Tab, LeadState]:
    tab = Tab(tenant.actor, f"/leads/{await tenant.add_lead(name='Ada')}")
    return tab, await tab.open(LeadState)


async def test_tags_notes_and_owner_show_as_soon_as_the_page_is_read_again() -> None:
    tenant = await make_tenant()
    tab, state = await opened(tenant)
    await tab.call(state, "add_tag", {"tag": " Enterprise "})
    await tab.call(state, "add_note", {"note": "Call on Tuesday"})
    await tab.call(state, "choose_owner", str(tenant.actor.user_id))
    state = await tab.open(LeadState)
    assert state.tags == ["enterprise"]
    assert [(note.body, note.is_own) for note in state.notes] == [
        ("Call on Tuesday", True)
    ]
    assert state.owner_id == str(tenant.actor.user_id)
    assert [member.id for member in state.members] == [state.owner_id]
    await tab.call(state, "remove_tag", "enterprise")
    await tab.call(state, "delete_note", state.notes[0].id)
    await tab.call(state, "choose_owner", "")
    state = await tab.open(LeadState)
    assert (list(state.tags), list(state.notes), state.owner_id) == ([], [], "")


async def test_tags_of_other_leads_are_suggested_and_the_leads_own_are_not() -> None:
    tenant = await make_tenant()
    tab, state = await opened(tenant)
    await tab.call(state, "add_tag", {"tag": "other"})
    tab, state = await opened(tenant)
    assert state.known_tags == ["other"]
    await tab.call(state, "add_tag", {"tag": "other"})
    assert (await tab.open(LeadState)).known_tags == []


async def test_a_field_is_emptied_by_success_alone() -> None:
    tab, state = await opened(await make_tenant())
    await tab.call(state, "add_tag", {"tag": "x" * 41})
    assert "1 to 40" in state.tag_problem
    assert state.tags_added == 0
    await tab.call(state, "add_tag", {"tag": "x"})
    assert (state.tag_problem, state.tags_added) == ("", 1)
    await tab.call(state, "add_note", {"note": " "})
    assert "1 to 5,000" in state.note_problem
    await tab.call(state, "add_note", {"note": "x"})
    assert (state.note_problem, state.notes_added) == ("", 1)


@pytest.mark.parametrize(
    ("handler", "argument"),
    [
        ("choose_owner", "nonsense"),
        ("choose_owner", NOBODYS_ID),
        ("choose_owner", ["x"]),
        ("choose_owner", 7),
        ("remove_tag", None),
        ("remove_tag", "x" * 10_000),
        ("remove_tag", {"tag": "x"}),
        ("delete_note", "nonsense"),
        ("delete_note", NOBODYS_ID),
        ("delete_note", None),
        ("add_tag", None),
        ("add_tag", {"tag": 7}),
        ("add_tag", {"tag": "\0"}),
        ("add_tag", "x"),
        ("add_note", []),
        ("add_note", {"note": ["x"]}),
        ("add_note", {"note": "\0"}),
        ("add_note", {"note": "x" * 5_001}),
        ("show_point", {"x": 1}),
        ("show_point", "nonsense"),
        ("show_point", None),
        ("show_point", 1e300),
    ],
)
async def test_nothing_of_what_any_client_can_send_is_written(
    handler: str, argument: Any
) -> None:
    tab, state = await opened(await make_tenant())
    await tab.call(state, handler, argument)
    state = await tab.open(LeadState)
    assert (list(state.tags), list(state.notes), state.owner_id) == ([], [], "")


@pytest.mark.parametrize(
    ("handler", "argument"),
    [("choose_owner", ""), ("remove_tag", "x"), ("delete_note", NOBODYS_ID)],
)
async def test_another_projects_lead_is_not_written_on(
    handler: str, argument: str
) -> None:
    theirs = await make_tenant()
    tab, _ = await opened(theirs)
    tab.actor = (await make_tenant()).actor
    state = tab.state(LeadState)
    assert "no such lead" in sent(await tab.call(state, handler, argument)).lower()


async def test_another_projects_lead_gets_no_tag_and_no_note() -> None:
    theirs = await make_tenant()
    tab, state = await opened(theirs)
    tab.actor = (await make_tenant()).actor
    await tab.call(state, "add_tag", {"tag": "x"})
    await tab.call(state, "add_note", {"note": "x"})
    assert "no such lead" in state.tag_problem.lower()
    assert "no such lead" in state.note_problem.lower()
    tab.actor = theirs.actor
    state = await tab.open(LeadState)
    assert (list(state.tags), list(state.notes)) == ([], [])
