"""Rules are edited in a draft, put in force by its publication, and rolled back."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from leadpulse_app.domain.errors import ForbiddenError, NotFoundError
from leadpulse_app.models import Role
from leadpulse_app.state.rules import MAXIMUM_PASTED, NEW_RULE, RulesState
from tests.state.tab import Tab, sent
from tests.tenants import make_tenant

HOSTILE = [None, 5, "", "nobody", "\x00", {"id": 1}, ["new"], 1.5]
VISIT = {"name": "Visit", "event_type": "visit", "points": "7", "description": ""}


async def opened() -> tuple[Tab, RulesState]:
    tab = Tab((await make_tenant()).actor, "/rules")
    return tab, await tab.open(RulesState)


async def save(
    tab: Tab, state: RulesState, rule_id: str, **changed: object
) -> Mapping[str, str]:
    await tab.call(state, "toggle_editor", rule_id, True)
    await tab.call(state, "save", {**VISIT, **changed})
    return state.problems


async def test_a_draft_shows_what_it_changes_and_is_put_in_force() -> None:
    tab, state = await opened()
    edited, switched, removed = (row.id for row in state.rows[:3])
    await save(tab, state, NEW_RULE)
    await save(tab, state, edited, name="Read", event_type="page_view")
    await tab.call(state, "switch", switched, False)
    await tab.call(state, "remove", removed)
    assert (state.version, state.changes_text) == ("1", "4 changes")
    assert [row.change for row in state.rows] == ["Edited", "Edited", *[""] * 7, "New"]
    assert state.changes == [
        "Added “Visit”: +7 for visit",
        "“Page view”: called “Read”, +5 → +7 points",
        "“Email open”: switched off",
        "Removed “Form submit”: +20 for form_submit",
    ]
    assert "Version 2" in sent(await tab.call(state, "publish"))
    assert (state.version, state.changes) == ("2", [])
    again = await Tab(tab.actor).open(RulesState)
    assert again.rows == state.rows
    assert (again.rows[-1].name, again.rows[-1].points) == ("Visit", "7")
    assert not again.rows[1].active


async def test_an_edit_keeps_a_rule_switched_off() -> None:
    tab, state = await opened()
    rule_id = state.rows[0].id
    await tab.call(state, "switch", rule_id, False)
    await save(tab, state, rule_id)
    assert (state.rows[0].name, state.rows[0].active) == ("Visit", False)


async def test_a_draft_is_shared_and_discarded_for_everybody() -> None:
    tab, state = await opened()
    await save(tab, state, NEW_RULE)
    elsewhere = Tab(tab.actor, "/rules")
    other = await elsewhere.open(RulesState)
    assert other.changes == state.changes
    await elsewhere.call(other, "discard")
    await tab.open(RulesState)
    assert (state.version, state.changes, len(state.rows)) == ("1", [], 10)


@pytest.mark.parametrize("points", ["", "1.5", "many", "10001", "9" * 5_000, None, []])
async def test_points_that_are_no_whole_number_are_said_beside_the_field(
    points: object,
) -> None:
    tab, state = await opened()
    problems = await save(tab, state, NEW_RULE, points=points)
    assert list(problems) == ["points"]
    assert "from -10,000 to 10,000" in problems["points"]
    assert (state.editing, state.changes) == (NEW_RULE, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 121),
        ("name", "two\nlines"),
        ("name", {"no": "text"}),
        ("description", "x" * 501),
        ("description", "\x00"),
        ("event_type", ""),
        ("event_type", "<script>"),
        ("event_type", "$adjust"),
        ("event_type", None),
    ],
)
async def test_what_a_rule_can_not_say_is_said_beside_the_field(
    field: str, value: object
) -> None:
    tab, state = await opened()
    assert list(await save(tab, state, NEW_RULE, **{field: value})) == [field]
    assert state.changes == []


@pytest.mark.parametrize("form", [None, 5, "form", [], {}])
async def test_what_is_no_form_saves_nothing(form: object) -> None:
    tab, state = await opened()
    await tab.call(state, "toggle_editor", NEW_RULE, True)
    await tab.call(state, "save", form)
    assert {"name", "event_type", "points"} <= set(state.problems)
    assert state.changes == []


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_an_unknown_rule_is_neither_opened_nor_changed(hostile: object) -> None:
    tab, state = await opened()
    await tab.call(state, "toggle_editor", hostile, True)
    assert state.editing == ""
    for handler, *more in (("switch", True), ("remove",)):
        with pytest.raises(NotFoundError):
            await tab.call(state, handler, hostile, *more)
    assert state.changes == []


async def test_closing_the_editor_forgets_what_was_wrong() -> None:
    tab, state = await opened()
    await save(tab, state, NEW_RULE, points="many")
    await tab.call(state, "toggle_editor", NEW_RULE, False)
    assert (state.editing, state.problems, state.changes) == ("", {}, [])


async def test_nothing_is_saved_without_an_open_editor() -> None:
    tab, state = await opened()
    with pytest.raises(NotFoundError):
        await tab.call(state, "save", VISIT)
    assert state.changes == []


@pytest.mark.parametrize("version", [*HOSTILE, "0", "-1", "2", str(2**31), "9" * 5_000])
async def test_an_unknown_version_is_not_rolled_back_to(version: object) -> None:
    tab, state = await opened()
    with pytest.raises(NotFoundError):
        await tab.call(state, "roll_back", version)
    assert (state.version, len(state.versions)) == ("1", 1)


async def test_a_version_is_rolled_back_to_as_a_new_one() -> None:
    tab, state = await opened()
    rules = state.rows
    await save(tab, state, NEW_RULE)
    await tab.call(state, "publish")
    await tab.call(state, "roll_back", "1")
    assert (state.version, state.rows) == ("3", rules)
    newest = state.versions[0]
    assert (newest.title, newest.active) == ("Version 3", True)
    assert newest.summary == "rolled back to version 1"


async def test_an_outdated_draft_is_brought_up_to_date_before_it_is_published() -> None:
    tab, state = await opened()
    await save(tab, state, NEW_RULE)
    await tab.call(state, "publish")
    await save(tab, state, state.rows[0].id, event_type="page_view")
    await tab.call(state, "roll_back", "1")
    assert state.outdated
    refused = await tab.call(state, "publish")
    assert "bring it up to date first." in sent(refused)
    await tab.call(state, "rebase")
    assert not state.outdated
    await tab.call(state, "publish")
    assert (state.version, len(state.rows), state.rows[0].name) == ("4", 10, "Visit")


async def test_a_draft_that_somebody_changed_is_shown_before_it_is_published() -> None:
    tab, state = await opened()
    await save(tab, state, NEW_RULE)
    elsewhere = Tab(tab.actor, "/rules")
    other = await elsewhere.open(RulesState)
    await elsewhere.call(other, "remove", other.rows[0].id)
    assert "look at it again" in sent(await tab.call(state, "publish"))
    assert (state.version, len(state.changes)) == ("1", 2)
    await tab.call(state, "publish")
    assert state.version == "2"


async def test_older_versions_are_listed_on_demand() -> None:
    tab, state = await opened()
    for points in range(1, 12):
        await save(tab, state, state.rows[0].id, points=str(points))
        await tab.call(state, "publish")
    assert (len(state.versions), state.has_older_versions) == (10, True)
    await tab.call(state, "show_older_versions")
    await tab.call(state, "show_older_versions")
    assert [row.version for row in state.versions] == [
        str(number) for number in range(12, 0, -1)
    ]
    assert not state.has_older_versions


async def test_the_simulator_tells_what_fires_and_why_the_others_do_not() -> None:
    tab, state = await opened()
    await tab.call(state, "try_type", "demo_request")
    assert [each.name for each in state.firing] == ["Demo request"]
    assert (state.tried_points, len(state.resting)) == ("+50", 9)
    assert state.resting[0].miss == "Only for page_view"
    demo = next(row for row in state.rows if row.event_type == "demo_request")
    await tab.call(state, "switch", demo.id, False)
    assert (state.firing, state.tried_points) == ([], "0")
    assert [each.miss for each in state.resting if each.id == demo.id] == [
        "Switched off"
    ]
    await tab.call(state, "try_event", {"event": '{"event": "signup", "x": {}}'})
    assert [each.name for each in state.firing] == ["Signup"]


@pytest.mark.parametrize("event_type", HOSTILE)
async def test_an_unknown_type_is_not_tried(event_type: object) -> None:
    tab, state = await opened()
    await tab.call(state, "try_type", event_type)
    assert (state.tried, state.firing, state.resting) == ("", [], [])


@pytest.mark.parametrize(
    "form",
    [
        None,
        "form",
        {},
        {"event": 5},
        *(
            {"event": text}
            for text in (
                "",
                "{",
                "[" * 20_000,
                "[]",
                "{}",
                '{"event": 5}',
                '{"event": "$fields"}',
                json.dumps({"event": "x" * MAXIMUM_PASTED}),
                "9" * 20_000,
            )
        ),
    ],
)
async def test_what_is_no_event_is_said_and_not_tried(form: object) -> None:
    tab, state = await opened()
    await tab.call(state, "try_event", form)
    assert state.tried_problem.endswith(".")
    assert (state.tried, state.firing) == ("", [])


@pytest.mark.parametrize(
    ("handler", "arguments"),
    [
        ("switch", [0, False]),
        ("remove", [0]),
        ("save", [VISIT]),
        ("discard", []),
        ("rebase", []),
        ("publish", []),
        ("roll_back", ["1"]),
    ],
)
async def test_a_member_who_is_no_admin_reads_and_can_not_write(
    handler: str, arguments: list[object]
) -> None:
    tenant = await make_tenant()
    admin = Tab(tenant.actor, "/rules")
    await save(admin, await admin.open(RulesState), NEW_RULE)
    tab = Tab(replace(tenant.actor, role=Role.MEMBER), "/rules")
    state = await tab.open(RulesState)
    assert (state.may_edit, state.changes_text) == (False, "1 change")
    await tab.call(state, "toggle_editor", NEW_RULE, True)
    rule_id = state.rows[0].id
    with pytest.raises(ForbiddenError):
        await tab.call(
            state, handler, *(rule_id if each == 0 else each for each in arguments)
        )


async def test_a_rule_of_another_project_is_not_changed() -> None:
    tab, state = await opened()
    _, theirs = await opened()
    for handler, *more in (("switch", False), ("remove",)):
        with pytest.raises(NotFoundError):
            await tab.call(state, handler, theirs.rows[0].id, *more)
    assert state.changes == []
