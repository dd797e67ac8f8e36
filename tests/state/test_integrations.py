"""What is pasted carries the project's own key; what a page reports is checked."""

import json

import pytest

from leadpulse_app.state.integrations import (
    NO_ANSWER,
    Answer,
    IntegrationsState,
    example_event,
)
from tests.state.tab import Tab
from tests.tenants import make_tenant


async def test_snippet_command_and_test_event_carry_the_projects_own_key() -> None:
    tenant = await make_tenant()
    state = await Tab(tenant.actor, "/integrations").open(IntegrationsState)
    assert state.key == tenant.write_key
    for pasted in (state.snippet, state.curl, state.test_event):
        assert tenant.write_key in pasted


def test_the_test_event_is_one_that_ingest_takes() -> None:
    event = json.loads(example_event("pk_1"))
    assert {"apiKey", "event", "anonymousId"} <= event.keys()


async def test_a_test_event_leads_to_its_lead_once_it_has_arrived() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(anonymous_id="anon_1")
    event = await tenant.add_event(lead_id)
    tab = Tab(tenant.actor, "/integrations")
    state = tab.state(IntegrationsState)
    await tab.call(state, "receive", {"status": 202, "messageId": event.message_id})
    await tab.open(IntegrationsState)
    assert state.found.href == f"/leads/{lead_id}"


@pytest.mark.parametrize("reported", [None, "202", 7, ["status"], {}])
async def test_a_report_that_is_none_shows_no_answer(reported: object) -> None:
    tab = Tab((await make_tenant()).actor)
    state = tab.state(IntegrationsState)
    await tab.call(state, "receive", reported)
    assert state.answer == NO_ANSWER


async def test_values_of_a_report_that_are_not_as_expected_are_left_out() -> None:
    tab = Tab((await make_tenant()).actor)
    state = tab.state(IntegrationsState)
    reported = {"status": "202", "milliseconds": -1, "body": "x" * 9_000, "failed": 1}
    await tab.call(state, "receive", reported)
    assert state.answer == Answer(body="x" * 2_000)
