"""The ticked leads are changed together, whatever a page sends."""

from dataclasses import replace
from uuid import uuid4

import pytest

from leadpulse_app.domain.errors import ForbiddenError, InvalidInputError
from leadpulse_app.models import Role
from leadpulse_app.state.lead_bulk import LeadBulkState
from leadpulse_app.state.leads import LeadsState
from tests.state.rows import rows_of
from tests.state.tab import Tab, sent
from tests.tenants import NOBODYS_ID, make_tenant


async def test_ticked_leads_are_tagged_and_assigned() -> None:
    tenant = await make_tenant(name="Grace")
    ids = [str(await tenant.add_lead(name=name)) for name in ("Ada", "Bob")]
    tab = Tab(tenant.actor, "/leads")
    state = tab.state(LeadBulkState)
    assert await tab.call(state, "tag", ids, {"tag": " VIP "})
    assert await tab.call(state, "assign", ids, str(tenant.actor.user_id))
    rows = rows_of(await tab.open(LeadsState))
    assert [(row.tags, row.owner) for row in rows] == [(("vip",), "Grace")] * 2
    assert await tab.call(state, "assign", ids[:1], "none")
    owners = {row.id: row.owner for row in rows_of(await tab.open(LeadsState))}
    assert [owners[lead_id] for lead_id in ids] == ["-", "Grace"]


async def test_leads_that_are_gone_or_anothers_are_passed_over_and_counted() -> None:
    mine, theirs = await make_tenant(name="Grace"), await make_tenant()
    here, strange = str(await mine.add_lead()), str(await theirs.add_lead())
    ids = [here, strange, NOBODYS_ID]
    tab = Tab(mine.actor, "/leads")
    state = tab.state(LeadBulkState)
    _, told = await tab.call(state, "tag", ids, {"tag": "vip"})
    assert "Tagged 1 lead. 2 were no longer there." in sent(told)
    _, told = await tab.call(state, "assign", ids, str(mine.actor.user_id))
    assert "Assigned 1 lead." in sent(told)
    _, told = await tab.call(state, "erase", ids)
    assert "Deleted 1 lead." in sent(told)
    _, told = await tab.call(state, "erase", [here])
    assert "Deleted 0 leads. 1 was no longer there." in sent(told)
    (row,) = rows_of(await Tab(theirs.actor, "/leads").open(LeadsState))
    assert (row.id, row.tags, row.owner) == (strange, (), "-")


async def test_admins_delete_ticked_leads_and_members_do_not() -> None:
    tenant = await make_tenant()
    ids = [str(await tenant.add_lead(name=name)) for name in ("Ada", "Bob")]
    tab = Tab(replace(tenant.actor, role=Role.MEMBER), "/leads")
    with pytest.raises(ForbiddenError):
        await tab.call(tab.state(LeadBulkState), "erase", ids)
    assert not (await tab.open(LeadsState)).may_erase
    tab = Tab(tenant.actor, "/leads")
    assert len(rows_of(await tab.open(LeadsState))) == 2
    await tab.call(tab.state(LeadBulkState), "erase", ids[:1])
    assert [row.name for row in rows_of(await tab.open(LeadsState))] == ["Bob"]


async def test_leads_are_given_to_no_member_of_another_project() -> None:
    mine, theirs = await make_tenant(), await make_tenant()
    ids = [str(await mine.add_lead())]
    tab = Tab(mine.actor, "/leads")
    with pytest.raises(InvalidInputError):
        await tab.call(
            tab.state(LeadBulkState), "assign", ids, str(theirs.actor.user_id)
        )


@pytest.mark.parametrize(
    "ids", [None, [], "x", ["x"], [None], [7], {"a": 1}, [[]], [str(uuid4())] * 1_001]
)
async def test_what_is_no_list_of_ids_is_refused(ids: object) -> None:
    tab = Tab((await make_tenant()).actor, "/leads")
    state = tab.state(LeadBulkState)
    for handler, argument in (("tag", {"tag": "vip"}), ("assign", "none")):
        with pytest.raises(InvalidInputError):
            await tab.call(state, handler, ids, argument)
    with pytest.raises(InvalidInputError):
        await tab.call(state, "erase", ids)


@pytest.mark.parametrize(
    "form", [None, {}, {"tag": 7}, {"tag": ""}, {"tag": "x" * 999}]
)
async def test_what_is_no_tag_is_refused(form: object) -> None:
    tenant = await make_tenant()
    tab = Tab(tenant.actor, "/leads")
    ids = [str(await tenant.add_lead())]
    with pytest.raises(InvalidInputError):
        await tab.call(tab.state(LeadBulkState), "tag", ids, form)


@pytest.mark.parametrize("owner", [None, "", 7, "nobody", ["none"]])
async def test_what_is_no_owner_is_refused(owner: object) -> None:
    tenant = await make_tenant()
    tab = Tab(tenant.actor, "/leads")
    ids = [str(await tenant.add_lead())]
    with pytest.raises(InvalidInputError):
        await tab.call(tab.state(LeadBulkState), "assign", ids, owner)
