"""Admins edit a draft that all share, publish it, roll back, and try events."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from leadpulse_app.domain.errors import (
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
)
from leadpulse_app.models import Role
from leadpulse_app.state.rules import NEW_RULE, VERSIONS_SHOWN, RulesState
from tests.state.tab import Tab, sent
from tests.tenants import make_tenant

FORM = {
    "name": "Trial begun",
    "event_type": "trial_begun",
    "points": "40",
    "description": "",
}


async def opened() -> tuple[Tab, RulesState]:
    tab = Tab((await make_tenant()).actor, "/rules")
    return tab, await tab.open(RulesState)


async def elsewhere(tab: Tab) -> tuple[Tab, RulesState]:
    other = Tab(tab.actor, "/rules")
    return other, await other.open(RulesState)


def entered(state: RulesState, number: int, **fields: str) -> dict[str, str]:
    row = state.rows[number]
    return {
        "name": row.name,
        "event_type": row.event_type,
        "points": row.points,
        "description": row.description,
        **fields,
    }


async def edit(tab: Tab, state: RulesState, number: int, **fields: str) -> None:
    form = entered(state, number, **fields)
    await tab.call(state, "toggle_editor", state.rows[number].id, True)
    await tab.call(state, "save", form)


async def add(tab: Tab, state: RulesState, **fields: str) -> None:
    await tab.call(state, "toggle_editor", NEW_RULE, True)
    await tab.call(state, "save", {**FORM, **fields})


async def test_edits_are_in_force_once_they_are_published() -> None:
    tab, state = await opened()
    await edit(tab, state, 0, points="7")
    await add(tab, state)
    await tab.call(state, "switch", state.rows[1].id, False)
    await tab.call(state, "remove", state.rows[2].id)
    assert (state.version, state.changes_text) == ("1", "4 changes")
    assert state.rows[0].change == "Edited"
    assert state.rows[-1].change == "New"
    assert state.changes == [
        "Added “Trial begun”: +40 for trial_begun",
        "“Page view”: +5 → +7 points",
        "“Email open”: switched off",
        "Removed “Form submit”: +20 for form_submit",
    ]
    await tab.call(state, "publish")
    assert (state.version, state.changes) == ("2", [])
    _, again = await elsewhere(tab)
    assert [row.points for row in (again.rows[0], again.rows[-1])] == ["7", "40"]
    assert not again.rows[1].active


async def test_everybody_in_the_project_sees_the_draft() -> None:
    tab, state = await opened()
    await edit(tab, state, 0, name="Looked", points="7")
    _, other = await elsewhere(tab)
    assert other.changes == ["“Page view”: called “Looked”, +5 → +7 points"]
    assert other.draft_by == tab.actor.user_name


async def test_what_can_not_be_kept_is_said_beside_its_field() -> None:
    tab, state = await opened()
    await add(tab, state, name=" ", points="1.5", event_type="*")
    assert set(state.problems) == {"name", "points", "event_type"}
    assert "from -10,000 to 10,000" in state.problems["points"]
    assert (state.editing, state.changes) == (NEW_RULE, [])
    await tab.call(state, "save", FORM)
    assert (state.editing, state.problems) == ("", {})


@pytest.mark.parametrize("points", ["", "1.5", "many", "10001", None, ["5"], True, 1e9])
async def test_what_is_no_whole_number_of_points_is_not_kept(points: Any) -> None:
    tab, state = await opened()
    await add(tab, state, points=points)
    assert set(state.problems) == {"points"}
    assert state.changes == []


@pytest.mark.parametrize("form", [None, 5, [], {}, {"name": {"a": 1}}, "name"])
async def test_a_form_that_is_none_is_not_kept(form: object) -> None:
    tab, state = await opened()
    await tab.call(state, "toggle_editor", NEW_RULE, True)
    await tab.call(state, "save", form)
    assert {"name", "event_type", "points"} <= set(state.problems)
    assert state.changes == []


@pytest.mark.parametrize("rule_id", ["nobody", None, 5, {"id": 1}, str(uuid4())])
async def test_an_unknown_rule_is_not_edited(rule_id: object) -> None:
    tab, state = await opened()
    await tab.call(state, "toggle_editor", rule_id, True)
    assert state.editing == ""
    for handler, *arguments in (("switch", True), ("remove",)):
        with pytest.raises(NotFoundError):
            await tab.call(state, handler, rule_id, *arguments)
    with pytest.raises(NotFoundError):
        await tab.call(state, "save", FORM)
    assert state.changes == []


async def test_closing_the_editor_keeps_nothing() -> None:
    tab, state = await opened()
    await add(tab, state, points="many")
    await tab.call(state, "toggle_editor", NEW_RULE, False)
    assert (state.editing, state.problems, state.changes) == ("", {}, [])


async def test_editing_a_rule_leaves_it_switched_off() -> None:
    tab, state = await opened()
    await tab.call(state, "switch", state.rows[0].id, False)
    await edit(tab, state, 0, points="7")
    assert not state.rows[0].active


async def test_another_projects_rule_is_no_rule() -> None:
    tab, state = await opened()
    _, theirs = await opened()
    with pytest.raises(NotFoundError):
        await tab.call(state, "remove", theirs.rows[0].id)
    assert len((await tab.open(RulesState)).rows) == 10


async def test_a_draft_that_changed_meanwhile_is_shown_and_not_published() -> None:
    tab, state = await opened()
    await edit(tab, state, 0, points="7")
    other_tab, other = await elsewhere(tab)
    await edit(other_tab, other, 1, points="8")
    answer = await tab.call(state, "publish")
    assert "Somebody changed the draft" in sent(answer)
    assert (state.version, state.changes_text) == ("1", "2 changes")
    await tab.call(state, "publish")
    assert state.version == "2"


async def test_an_outdated_draft_is_brought_up_to_date_first() -> None:
    tab, state = await opened()
    await edit(tab, state, 0, points="7")
    await tab.call(state, "publish")
    await edit(tab, state, 1, points="8")
    await tab.call(state, "roll_back", "1")
    assert (state.version, state.outdated) == ("3", True)
    assert "bring it up to date" in sent(await tab.call(state, "publish"))
    await tab.call(state, "rebase")
    assert not state.outdated
    await tab.call(state, "publish")
    assert [row.points for row in state.rows[:2]] == ["5", "8"]


async def test_discarding_goes_back_to_what_is_in_force() -> None:
    tab, state = await opened()
    await edit(tab, state, 0, points="7")
    await tab.call(state, "discard")
    assert (state.changes, state.rows[0].points) == ([], "5")


async def test_versions_tell_what_changed_and_page() -> None:
    tab, state = await opened()
    for points in range(VERSIONS_SHOWN + 1):
        await edit(tab, state, 0, points=str(100 + points))
        await tab.call(state, "publish")
    assert len(state.versions) == VERSIONS_SHOWN
    assert state.versions[0].active
    assert state.versions[0].changes == ["“Page view”: +109 → +110 points"]
    assert state.has_older_versions
    for _ in range(2):
        await tab.call(state, "show_older_versions")
    assert [row.version for row in state.versions[-2:]] == ["2", "1"]
    assert not state.has_older_versions


@pytest.mark.parametrize("version", ["0", "99", "-1", str(2**31), "x", None, [1]])
async def test_there_is_no_way_back_to_a_version_that_never_was(
    version: object,
) -> None:
    tab, state = await opened()
    await edit(tab, state, 0, points="7")
    await tab.call(state, "publish")
    with pytest.raises(NotFoundError):
        await tab.call(state, "roll_back", version)
    assert state.version == "2"


async def test_the_simulator_tries_the_draft_and_says_why_others_rest() -> None:
    tab, state = await opened()
    await tab.call(state, "try_type", "page_view")
    assert [(row.name, row.points) for row in state.firing] == [("Page view", "+5")]
    assert state.resting[0].miss == "Only for email_open"
    await tab.call(state, "switch", state.rows[0].id, False)
    assert state.firing == []
    assert state.resting[0].miss == "Switched off"
    await add(tab, state, event_type="page_view")
    assert state.tried_points == "+40"
    await tab.call(state, "try_event", {"event": '{"event": "signup", "apiKey": 1}'})
    assert [row.name for row in state.firing] == ["Signup"]
    await tab.call(state, "try_type", "")
    assert (state.firing, state.resting) == ([], [])


@pytest.mark.parametrize(
    "pasted",
    ["", "{", "[]", "5", '{"event": 5}', '{"event": "*"}', "[" * 9_999, "9" * 40_000,
     None, {}, {"event": None}, {"event": ["x"]}],
)  # fmt: skip
async def test_what_is_no_event_is_not_tried(pasted: object) -> None:
    tab, state = await opened()
    await tab.call(state, "try_event", {"event": pasted})
    assert state.tried_problem != ""
    assert state.firing == []
    await tab.call(state, "try_event", pasted)
    assert state.tried == ""


@pytest.mark.parametrize("event_type", ["nothing", None, 5, ["page_view"], {}])
async def test_only_a_type_on_the_list_is_tried(event_type: object) -> None:
    tab, state = await opened()
    await tab.call(state, "try_type", event_type)
    assert (state.tried, state.firing) == ("", [])


async def test_a_member_who_is_no_admin_reads_and_can_not_edit() -> None:
    tab, state = await opened()
    await edit(tab, state, 0, points="7")
    member_tab = Tab(replace(tab.actor, role=Role.MEMBER), "/rules")
    member = await member_tab.open(RulesState)
    assert not member.may_edit
    assert member.changes_text == "1 change"
    await member_tab.call(member, "toggle_editor", NEW_RULE, True)
    for handler, *arguments in (
        ("save", FORM),
        ("switch", member.rows[0].id, False),
        ("remove", member.rows[0].id),
        ("discard",),
        ("rebase",),
        ("publish",),
        ("roll_back", "1"),
    ):
        with pytest.raises(ForbiddenError):
            await member_tab.call(member, handler, *arguments)
    assert (await tab.open(RulesState)).changes_text == "1 change"
    await member_tab.call(member, "try_type", "page_view")
    assert member.tried_points == "+7"


async def test_the_last_rule_can_not_be_removed() -> None:
    tab, state = await opened()
    for _ in range(9):
        await tab.call(state, "remove", state.rows[0].id)
    with pytest.raises(InvalidInputError):
        await tab.call(state, "remove", state.rows[0].id)
    assert len(state.rows) == 1
