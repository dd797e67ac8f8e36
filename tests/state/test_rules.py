"""Rules are edited in a draft, put in force by its publication, and rolled back."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.conditions import (
    MAXIMUM_CONDITIONS,
    Condition,
    ConditionGroup,
)
from leadpulse_app.domain.errors import ForbiddenError, NotFoundError
from leadpulse_app.domain.rule_edits import Edit, add_rule
from leadpulse_app.domain.ruleset import Rule
from leadpulse_app.models import Role
from leadpulse_app.services.rulesets import edit_draft
from leadpulse_app.state.rules import NEW_RULE, RulesState
from tests.state.tab import Tab, sent
from tests.tenants import make_tenant

HOSTILE = [None, 5, "", "nobody", "\x00", {"id": 1}, ["new"], 1.5]
VISIT = {
    "name": "Visit",
    "scope": "one",
    "event_type": "visit",
    "points": "7",
    "description": "",
    "cap_kind": "none",
    "cap_amount": "",
    "cap_per": "day",
    "expires_after_days": "",
}


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
    assert "Version 2" in sent(*await tab.call(state, "publish"))
    assert (state.version, state.changes) == ("2", [])
    again = await Tab(tab.actor).open(RulesState)
    assert again.rows == state.rows
    assert (again.rows[-1].name, again.rows[-1].points) == ("Visit", "+7")
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
    (refused,) = await tab.call(state, "publish")
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
    assert "look at it again" in sent(*await tab.call(state, "publish"))
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


@pytest.mark.parametrize(
    ("handler", "arguments"),
    [
        ("switch", [0, False]),
        ("remove", [0]),
        ("save", [VISIT]),
        ("save_limits", [{"warm": "1", "hot": "2", "qualified": "3"}]),
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


def condition(key: int, **changed: str) -> dict[str, object]:
    """Return the inputs of a condition that is filled in."""
    entered = {
        "subject": "property",
        "path": "plan",
        "operator": "equals",
        "value": "pro",
        **changed,
    }
    return {f"{name}-{key}": text for name, text in entered.items()}


async def with_conditions(
    tab: Tab, state: RulesState, *rows: dict[str, object], **changed: object
) -> Mapping[str, str]:
    """Add a rule whose editor has as many conditions as are given."""
    await tab.call(state, "toggle_editor", NEW_RULE, True)
    for _ in rows:
        await tab.call(state, "add_condition")
    entered: dict[str, object] = {**VISIT, **changed}
    for row in rows:
        entered.update(row)
    await tab.call(state, "save", entered)
    return state.problems


async def edit(tab: Tab, wanted: Edit) -> None:
    async with transaction(tab.actor.project_id) as session:
        await edit_draft(session, tab.actor, wanted, now=datetime.now(UTC))


async def test_a_rule_asks_counts_and_lapses_as_it_was_entered() -> None:
    tab, state = await opened()
    problems = await with_conditions(
        tab,
        state,
        condition(0, operator="in", value="pro, enterprise ,"),
        condition(1, path="amount", operator="greater_than", value="99.5"),
        condition(2, subject="lead.company", operator="missing", value="hidden"),
        match="any",
        cap_kind="times",
        cap_amount="3",
        expires_after_days="30",
    )
    assert problems == {}
    added = state.changes[-1]
    terms = (
        "plan is one of “pro” or “enterprise” or amount is greater than 99.5 "
        "or the lead's company is not set"
    )
    assert (
        state.rows[-1].terms == f"when {terms} · at most 3 a day, lapse after 30 days"
    )
    assert added == (
        f"Added “Visit”: +7 for visit when {terms}, at most 3 a day, "
        "lapse after 30 days"
    )
    await tab.call(state, "publish")
    again = await Tab(tab.actor).open(RulesState)
    assert again.rows == state.rows
    assert again.versions[0].changes == [added]


async def test_the_editor_begins_with_what_the_rule_says() -> None:
    tab, state = await opened()
    await with_conditions(
        tab,
        state,
        condition(0, operator="in", value="pro, team"),
        condition(1, subject="lead.email", operator="exists"),
        scope="every",
        event_type="not for this",
        cap_kind="points",
        cap_amount="100",
        cap_per="ever",
        expires_after_days="7",
    )
    await tab.call(state, "toggle_editor", state.rows[-1].id, True)
    form = state.editor
    assert (form.scope, form.event_type, form.points) == ("every", "", "7")
    assert (form.cap_kind, form.cap_amount, form.cap_per) == ("points", "100", "ever")
    assert form.expiry == "7"
    assert [(row.subject, row.path, row.operator, row.value) for row in form.rows] == [
        ("property", "plan", "in", "pro, team"),
        ("lead.email", "", "exists", ""),
    ]
    assert (state.rows[-1].event, state.rows[-1].fit) == ("", False)
    assert "+7 for every event when plan is" in state.changes[-1]


async def test_a_rule_for_what_a_lead_is_has_conditions_and_points_alone() -> None:
    tab, state = await opened()
    await tab.call(state, "toggle_editor", NEW_RULE, True)
    await tab.call(state, "choose_kind", "fit")
    assert [row.subject for row in state.editor.rows] == ["lead.email"]
    hidden = {"cap_kind": "times", "cap_amount": "1", "expires_after_days": "9"}
    company = condition(0, subject="lead.company", operator="contains", value="GmbH")
    await tab.call(state, "save", {**VISIT, **hidden, **company})
    assert (state.problems, state.rows[-1].fit) == ({}, True)
    assert state.rows[-1].terms == "while the lead's company contains “GmbH”"
    assert state.changes == [
        "Added “Visit”: +7 while the lead's company contains “GmbH”"
    ]
    await tab.call(state, "toggle_editor", state.rows[-1].id, True)
    await tab.call(state, "remove_condition", "0")
    await tab.call(state, "save", VISIT)
    assert "needs a condition" in state.problems["conditions"]


async def test_what_is_wrong_with_a_condition_is_said_beside_it() -> None:
    tab, state = await opened()
    problems = await with_conditions(
        tab,
        state,
        condition(0),
        condition(1, path=" "),
        condition(2, operator="less_than", value="many"),
        condition(3, operator="in", value=" , "),
        condition(4, value=""),
        condition(5, operator="less_than", value="nan"),
        name="",
    )
    assert problems == {
        "name": "The name has to be 1 to 120 characters on one line",
        "condition-1": "The name of the property has to be 1 to 189 characters",
        "condition-2": "A number has to be given",
        "condition-3": "A list has to be given",
        "condition-4": "A value has to be given",
        "condition-5": "A number has to be given",
    }
    assert (len(state.editor.rows), state.changes) == (6, [])
    await tab.call(state, "remove_condition", "4")
    assert [row.key for row in state.editor.rows] == ["0", "1", "2", "3", "5"]


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": "lead.score"},
        {"subject": "score"},
        {"operator": "matches"},
        {"operator": ""},
        {"path": "x" * 190},
        {"path": "\x00"},
        {"value": "x" * 1_001},
        {"value": "\x00"},
        {"operator": "in", "value": ",".join(map(str, range(201)))},
        {"operator": "greater_than", "value": "9" * 400},
    ],
)
async def test_a_hostile_condition_is_not_saved(changed: dict[str, str]) -> None:
    tab, state = await opened()
    problems = await with_conditions(tab, state, condition(0, **changed))
    assert list(problems) == ["condition-0"]
    assert state.changes == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"cap_kind": "times", "cap_amount": ""}, "cap"),
        ({"cap_kind": "points", "cap_amount": "0"}, "cap"),
        ({"cap_kind": "times", "cap_amount": "1", "cap_per": "year"}, "cap"),
        ({"cap_kind": "stage", "cap_amount": "1"}, "cap"),
        ({"cap_kind": ["times"], "cap_amount": "1"}, "cap"),
        ({"expires_after_days": "0"}, "expires_after_days"),
        ({"expires_after_days": "soon"}, "expires_after_days"),
        ({"expires_after_days": "9" * 5_000}, "expires_after_days"),
        ({"expires_after_days": {"days": 1}}, "expires_after_days"),
    ],
)
async def test_a_cap_or_expiry_that_can_not_be_is_said_beside_it(
    changed: dict[str, object], field: str
) -> None:
    tab, state = await opened()
    assert list(await save(tab, state, NEW_RULE, **changed)) == [field]
    assert state.changes == []


async def test_a_condition_that_is_not_touched_stays_as_the_api_made_it() -> None:
    tab, state = await opened()
    made = ConditionGroup(
        conditions=(
            Condition(field="properties.amount", operator="equals", value=5),
            Condition(field="properties.plan", operator="in", value=("a, b", "c")),
            Condition(field="properties.paid", operator="equals", value=True),
        )
    )
    rule = Rule(id=uuid4(), name="Made", event_type="visit", points=7, conditions=made)
    await edit(tab, add_rule(rule))
    await tab.open(RulesState)
    await tab.call(state, "toggle_editor", str(rule.id), True)
    kept = {
        f"{name}-{row.key}": getattr(row, name)
        for row in state.editor.rows
        for name in ("subject", "path", "operator", "value")
    }
    await tab.call(state, "save", {**VISIT, **kept, "name": "Renamed"})
    (renamed,) = (each for each in state._rules if each.id == rule.id)
    assert (renamed.name, renamed.conditions) == ("Renamed", made)


async def test_groups_within_groups_are_told_and_kept_until_they_are_replaced() -> None:
    tab, state = await opened()
    inner = ConditionGroup(
        match="any",
        conditions=(
            Condition(field="properties.plan", operator="equals", value="pro"),
            Condition(field="lead.email", operator="exists"),
        ),
    )
    paid = Condition(field="properties.paid", operator="equals", value=True)
    nested = ConditionGroup(conditions=(inner, paid))
    rule = Rule(
        id=uuid4(), name="Nested", event_type="visit", points=7, conditions=nested
    )
    await edit(tab, add_rule(rule))
    await tab.open(RulesState)
    await tab.call(state, "toggle_editor", str(rule.id), True)
    assert state.editor.nested == (
        "(plan is “pro” or the lead's email is set) and paid is true"
    )
    await tab.call(state, "add_condition")
    assert state.editor.rows == ()
    await tab.call(state, "save", {**VISIT, **condition(0)})
    assert state._rules[-1].conditions == nested
    await tab.call(state, "toggle_editor", str(rule.id), True)
    await tab.call(state, "replace_conditions")
    assert (state.editor.nested, len(state.editor.rows)) == ("", 1)
    await tab.call(state, "save", {**VISIT, **condition(0)})
    assert state.rows[-1].terms == "when plan is “pro”"


async def test_a_change_of_conditions_cap_and_expiry_is_told_in_words() -> None:
    tab, state = await opened()
    await with_conditions(tab, state, condition(0))
    await tab.call(state, "publish")
    rule_id = state.rows[-1].id
    await tab.call(state, "toggle_editor", rule_id, True)
    more = {"cap_kind": "points", "cap_amount": "1", "expires_after_days": "1"}
    await tab.call(state, "save", {**VISIT, **condition(0, value="team"), **more})
    assert state.changes == [
        (
            "“Visit”: when plan is “team” instead of when plan is “pro”, "
            "at most 1 point a day, lapse after 1 day"
        )
    ]
    await tab.call(state, "publish")
    await tab.call(state, "toggle_editor", rule_id, True)
    await tab.call(state, "remove_condition", "0")
    await tab.call(state, "save", {**VISIT, "scope": "every"})
    assert state.changes == [
        (
            "“Visit”: for every event instead of visit, without conditions, "
            "without a cap, never lapse"
        )
    ]


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_the_editor_takes_nothing_that_is_not_its_own(hostile: object) -> None:
    tab, state = await opened()
    for handler in ("choose_kind", "remove_condition"):
        await tab.call(state, handler, hostile)
    for handler in ("add_condition", "replace_conditions"):
        await tab.call(state, handler)
    assert state.editor.rows == ()
    await tab.call(state, "toggle_editor", state.rows[0].id, True)
    await tab.call(state, "choose_kind", "fit")
    await tab.call(state, "replace_conditions")
    await tab.call(state, "remove_condition", hostile)
    assert (state.editor.kind, state.editor.rows) == ("behaviour", ())
    await tab.call(state, "toggle_editor", NEW_RULE, True)
    await tab.call(state, "choose_kind", hostile)
    assert state.editor.kind == "behaviour"


async def test_a_rule_has_room_for_so_many_conditions() -> None:
    tab, state = await opened()
    await tab.call(state, "toggle_editor", NEW_RULE, True)
    for _ in range(MAXIMUM_CONDITIONS + 5):
        await tab.call(state, "add_condition")
    assert (len(state.editor.rows), state.has_room) == (MAXIMUM_CONDITIONS, False)
    filled: dict[str, object] = dict(VISIT)
    for number in range(MAXIMUM_CONDITIONS):
        filled.update(condition(number, value="x" * 1_000))
    await tab.call(state, "save", filled)
    assert len(state.rows[-1].terms) < 400


async def test_the_table_tells_what_the_rules_gave_lately() -> None:
    tenant = await make_tenant()
    tab = Tab(tenant.actor, "/rules")
    state = await tab.open(RulesState)
    first, second, third = (row.id for row in state.rows[:3])
    assert {(row.share, row.last_fired.text) for row in state.rows} == {("-", "Never")}
    other = await make_tenant()
    for owner, rule_id, delta in (
        (tenant, first, 30),
        (tenant, second, -10),
        (tenant, None, 0),
        (other, third, 60),
    ):
        lead_id = await owner.add_lead()
        event = await owner.add_event(lead_id)
        await owner.add_entry(
            event, sequence=1, delta=delta, rule_id=UUID(rule_id) if rule_id else None
        )
    await tab.open(RulesState)
    assert [row.share for row in state.rows[:3]] == ["75%", "25%", "-"]
    assert [row.last_fired.text for row in state.rows[:3]] == [
        "just now",
        "just now",
        "Never",
    ]


LIMITS = {"warm": "11", "hot": "31", "qualified": "60", "behaviour": "", "fit": ""}


async def test_stages_and_limits_are_kept_in_the_draft_and_put_in_force() -> None:
    tab, state = await opened()
    assert asdict(state.limits) == LIMITS
    wanted = {**LIMITS, "hot": " 40 ", "qualified": "1000", "fit": "50"}
    await tab.call(state, "save_limits", wanted)
    assert state.limit_problems == {}
    assert state.changes == [
        "Hot begins at 40 instead of 31",
        "Qualified begins at 1,000 instead of 60",
        "Rules for what a lead is give at most 50 points",
    ]
    await tab.call(state, "publish")
    again = await Tab(tab.actor).open(RulesState)
    assert asdict(again.limits) == {**wanted, "hot": "40"}
    await tab.call(state, "save_limits", {**wanted, "fit": "30", "behaviour": "1"})
    assert state.changes == [
        "Rules for events give at most 1 point",
        "Rules for what a lead is give at most 30 points instead of 50",
    ]
    await tab.call(state, "save_limits", {**wanted, "fit": " "})
    assert state.changes == ["Rules for what a lead is give without a limit"]
    await tab.call(state, "save_limits", wanted)
    assert (state.changes, state.has_draft) == ([], False)


async def test_discarding_a_draft_fills_in_the_limits_anew() -> None:
    tab, state = await opened()
    await tab.call(state, "save_limits", {**LIMITS, "warm": "12"})
    shown = state.limits_shown
    await tab.call(state, "save_limits", {**LIMITS, "warm": "many"})
    assert state.limits.warm == "12"
    await tab.call(state, "discard")
    assert asdict(state.limits) == LIMITS
    assert (state.limits_shown, state.limit_problems) == (shown + 1, {})


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"warm": ""}, {"warm"}),
        ({"warm": None}, {"warm"}),
        ({"warm": "0"}, {"warm"}),
        ({"hot": "10001"}, {"hot"}),
        ({"hot": "31.5", "qualified": "much"}, {"hot", "qualified"}),
        ({"qualified": ["60"]}, {"qualified"}),
        ({"qualified": "9" * 5_000}, {"qualified"}),
        ({"warm": "31"}, {"thresholds"}),
        ({"hot": "60", "fit": "-1"}, {"thresholds", "fit"}),
        ({"fit": "0"}, {"fit"}),
        ({"behaviour": "10001"}, {"behaviour"}),
        ({"behaviour": {}}, {"behaviour"}),
    ],
)
async def test_a_limit_that_can_not_be_is_said_beside_it(
    changed: dict[str, object], fields: set[str]
) -> None:
    tab, state = await opened()
    await tab.call(state, "save_limits", {**LIMITS, **changed})
    assert set(state.limit_problems) == fields
    assert (state.changes, asdict(state.limits)) == ([], LIMITS)


@pytest.mark.parametrize("form", [None, 5, "form", [], {}])
async def test_what_is_no_form_sets_no_limits(form: object) -> None:
    tab, state = await opened()
    await tab.call(state, "save_limits", form)
    assert set(state.limit_problems) == {"warm", "hot", "qualified"}
    assert state.changes == []
