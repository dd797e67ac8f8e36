"""Points are edited by admins, kept until published, and published as a version."""

from dataclasses import replace

import pytest

from leadpulse_app.domain.errors import ForbiddenError
from leadpulse_app.models import Role
from leadpulse_app.state.rules import RulesState
from tests.state.tab import Tab
from tests.tenants import make_tenant


async def opened() -> tuple[Tab, RulesState]:
    tab = Tab((await make_tenant()).actor, "/rules")
    return tab, await tab.open(RulesState)


async def test_published_points_are_in_force_as_the_next_version() -> None:
    tab, state = await opened()
    await tab.call(state, "edit", state.rows[0].id, "7")
    await tab.call(state, "edit", state.rows[1].id, "-3")
    assert state.edits_text == "2 changes"
    await tab.call(state, "publish")
    assert (state.version, state.drafts) == ("2", {})
    again = await Tab(tab.actor).open(RulesState)
    assert [row.points for row in again.rows[:2]] == ["7", "-3"]


async def test_points_typed_back_are_no_change() -> None:
    tab, state = await opened()
    await tab.call(state, "edit", state.rows[0].id, "7")
    await tab.call(state, "edit", state.rows[0].id, state.rows[0].points)
    assert state.drafts == {}


@pytest.mark.parametrize("points", ["", "1.5", "many", "10001", None, ["5"]])
async def test_what_is_no_whole_number_is_said_and_not_published(
    points: object,
) -> None:
    tab, state = await opened()
    await tab.call(state, "edit", state.rows[0].id, points)
    assert "from \N{MINUS SIGN}10,000 to 10,000" in state.problems[state.rows[0].id]
    assert await tab.call(state, "publish") is None
    assert state.version == "1"
    await tab.call(state, "edit", state.rows[0].id, "7")
    assert state.problems == {}


async def test_drafts_outlast_leaving_the_page_but_not_another_version() -> None:
    tab, state = await opened()
    await tab.call(state, "edit", state.rows[0].id, "7")
    await tab.open(RulesState)
    assert state.drafts == {state.rows[0].id: "7"}
    elsewhere = Tab(tab.actor, "/rules")
    other = await elsewhere.open(RulesState)
    await elsewhere.call(other, "edit", other.rows[1].id, "8")
    await elsewhere.call(other, "publish")
    await tab.open(RulesState)
    assert (state.version, state.drafts) == ("2", {})


@pytest.mark.parametrize("rule_id", ["nobody", None, 5, {"id": 1}])
async def test_an_unknown_rule_is_not_edited(rule_id: object) -> None:
    tab, state = await opened()
    await tab.call(state, "edit", rule_id, "7")
    assert state.drafts == {}


async def test_a_member_who_is_no_admin_reads_and_can_not_publish() -> None:
    actor = replace((await make_tenant()).actor, role=Role.MEMBER)
    tab = Tab(actor, "/rules")
    state = await tab.open(RulesState)
    assert not state.may_edit
    await tab.call(state, "edit", state.rows[0].id, "7")
    with pytest.raises(ForbiddenError):
        await tab.call(state, "publish")


async def test_discarding_fills_the_inputs_anew() -> None:
    tab, state = await opened()
    form = state.form
    await tab.call(state, "edit", state.rows[0].id, "7")
    await tab.call(state, "discard")
    assert (state.drafts, state.form) == ({}, form + 1)
