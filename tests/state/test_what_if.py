"""The dialog of the preview says how far it has come, and what the draft changes."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import ConflictError, ForbiddenError
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.rule_edits import add_rule
from leadpulse_app.domain.ruleset import Rule
from leadpulse_app.models import Role
from leadpulse_app.services.previews import PreviewState, PreviewStatus
from leadpulse_app.services.rulesets import edit_draft
from leadpulse_app.state.what_if import WhatIfState, read_preview
from tests.services.people import settle
from tests.services.previewing import work_all
from tests.state.tab import Tab
from tests.tenants import Tenant, make_tenant


@pytest.fixture
async def tenant() -> Tenant:
    await asyncio.to_thread(settle)  # what other tests left behind
    await asyncio.to_thread(work_all)
    return await make_tenant()


async def draft(tenant: Tenant, points: int) -> None:
    now = datetime.now(UTC)
    rule = Rule(id=uuid7(now), name="Visit", event_type="visit", points=points)
    async with transaction(tenant.actor.project_id) as session:
        await edit_draft(session, tenant.actor, add_rule(rule), now=now)


async def read(tenant: Tenant, **options: Any) -> PreviewState | None:
    wanted = {"anew": False, "begin": True, "now": datetime.now(UTC)} | options
    return await read_preview(tenant.actor, **wanted)


async def shown(tenant: Tenant, state: WhatIfState) -> PreviewState | None:
    found = await read(tenant, begin=False)
    state._show(found, now=datetime.now(UTC), zone=UTC)
    return found


async def test_the_dialog_says_what_the_draft_changes(tenant: Tenant) -> None:
    lead_id = await tenant.add_lead(name="Ada")
    for event_type in ("visit", "visit", "page_view"):
        event = await tenant.add_event(lead_id, type=event_type)
        await tenant.add_pending(event)
    await asyncio.to_thread(settle)
    await draft(tenant, 30)
    tab = Tab(tenant.actor, "/rules")
    state = tab.state(WhatIfState)
    assert await tab.call(state, "toggle", True) is not None
    assert (state.is_open, state.status) == (True, "")
    await read(tenant)
    await shown(tenant, state)
    assert (state.status, state.progress) == (PreviewStatus.WAITING, "")
    await asyncio.to_thread(work_all)
    await shown(tenant, state)
    assert (state.status, state.stale, state.problem) == (PreviewStatus.DONE, False, "")
    assert (state.percent, state.progress) == (100, "1 of 1 lead")
    assert state.summary == "1 of 1 lead would have another score, 1 another stage"
    assert state.as_of.text == "just now"
    (move,) = state.moves
    assert (move.old_stage, move.new_stage, move.more) == ("cold", "qualified", "")
    assert [(lead.name, lead.href) for lead in move.leads] == [
        ("Ada", f"/leads/{lead_id}")
    ]
    (lead,) = state.leads
    assert (lead.old_score, lead.new_score, lead.change) == ("5", "65", "+60")
    visit, page_view = lead.rules
    assert (visit.name, visit.old_times, visit.old_points) == ("Visit", "", "-")
    assert (visit.new_times[0], visit.new_points) == ("2", "+60")
    assert (page_view.old_points, page_view.change) == ("+5", "0")
    assert (state.rules[0].name, state.rules[0].change) == ("Visit", "+60")
    assert [(row.stage, row.change) for row in state.stages] == [
        ("qualified", "+1"),
        ("hot", "0"),
        ("warm", "0"),
        ("cold", "\N{MINUS SIGN}1"),
    ]
    heights = [(bar.old_height, bar.new_height) for bar in state.bars]
    assert [each for each in heights if each != ("0.0%", "0.0%")] == [
        ("100.0%", "0.0%"),
        ("0.0%", "100.0%"),
    ]
    assert sum(float(band.width[:-1]) for band in state.bands) == pytest.approx(
        100, 0.1
    )
    assert [band.stage for band in state.bands] == ["cold", "warm", "hot", "qualified"]
    assert state.old_bands == []
    assert 1 <= sum(bar.label != "" for bar in state.bars) <= 8


async def test_a_preview_of_the_draft_as_it_stands_is_not_begun_twice(
    tenant: Tenant,
) -> None:
    await draft(tenant, 7)
    first = await read(tenant)
    again = await read(tenant)
    assert first is not None
    assert again is not None
    assert first.id == again.id
    anew = await read(tenant, anew=True)
    assert anew is not None
    assert anew.id != first.id
    await draft(tenant, 9)
    changed = await read(tenant)
    assert changed is not None
    assert changed.id not in (first.id, anew.id)


async def test_one_that_was_called_off_says_so_and_is_begun_anew(
    tenant: Tenant,
) -> None:
    await draft(tenant, 7)
    first = await read(tenant)
    tab = Tab(tenant.actor, "/rules")
    state = tab.state(WhatIfState)
    await tab.call(state, "cancel")
    assert (state.status, state.problem) == (
        PreviewStatus.CANCELLED,
        "It was called off.",
    )
    await tab.call(state, "start_again")
    assert (state.status, state.problem) == ("", "")
    again = await read(tenant)
    assert first is not None
    assert again is not None
    assert again.id != first.id


async def test_a_draft_that_changes_meanwhile_is_said_beside_the_result(
    tenant: Tenant,
) -> None:
    await draft(tenant, 7)
    await read(tenant)
    await draft(tenant, 9)
    await asyncio.to_thread(work_all)
    state = Tab(tenant.actor, "/rules").state(WhatIfState)
    await shown(tenant, state)
    assert (state.status, state.stale) == (PreviewStatus.DONE, True)


async def test_a_member_looks_at_what_there_is(tenant: Tenant) -> None:
    member = Tenant(
        replace(tenant.actor, role=Role.MEMBER), tenant.token, tenant.write_key
    )
    state = Tab(member.actor, "/rules").state(WhatIfState)
    assert await shown(member, state) is None
    assert state.problem == "Nobody has previewed the draft yet."
    await draft(tenant, 7)
    assert await read(member) is None
    with pytest.raises(ForbiddenError):
        await read(member, anew=True)
    mine = await read(tenant)
    theirs = await read(member)
    assert mine is not None
    assert theirs is not None
    assert mine.id == theirs.id


async def test_without_a_draft_there_is_nothing_to_preview(tenant: Tenant) -> None:
    with pytest.raises(ConflictError):
        await read(tenant)


@pytest.mark.parametrize("is_open", [None, 1, "true", {}, []])
async def test_only_what_is_true_opens_the_dialog(
    tenant: Tenant, is_open: object
) -> None:
    tab = Tab(tenant.actor, "/rules")
    state = tab.state(WhatIfState)
    assert await tab.call(state, "toggle", is_open) is None
    assert not state.is_open
