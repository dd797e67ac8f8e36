"""The stream of events shows what its address asks for, and takes any argument."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.database import transaction
from leadpulse_app.models import Event, QuarantinedEvent
from leadpulse_app.services.quarantine import count_quarantined
from leadpulse_app.state.events import (
    NO_OUTCOME,
    PAGE_SIZE,
    BadLine,
    EventFilter,
    EventsState,
    outcome_of,
)
from tests.state.tab import Tab, sent
from tests.tenants import Tenant, make_tenant


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


async def hold(tenant: Tenant, lead_id: UUID, **fields: Any) -> Event:
    event = await tenant.add_event(lead_id, **fields)
    async with transaction(tenant.actor.project_id) as session:
        session.add(
            QuarantinedEvent(
                project_id=event.project_id,
                event_id=event.id,
                lead_id=lead_id,
                reason="Googlebot",
            )
        )
    return event


async def held(tenant: Tenant) -> int:
    async with transaction(tenant.actor.project_id) as session:
        return await count_quarantined(session, tenant.actor)


@given(
    st.dictionaries(
        st.sampled_from(["type", "show", "before"]), st.text(max_size=300), max_size=3
    )
)
def test_no_address_is_refused(parameters: dict[str, str]) -> None:
    wanted = EventFilter.of_address(parameters)
    assert wanted.event_type.isprintable()


async def test_an_event_shows_whose_it_is_what_it_says_and_what_it_gave(
    tenant: Tenant,
) -> None:
    lead_id = await tenant.add_lead(name="Ada")
    scored = await tenant.add_event(
        lead_id, type="signup", properties={"plan": "team", "seats": 3}
    )
    await tenant.add_entry(scored, sequence=1, delta=30, rule_id=None)
    await tenant.add_event(lead_id)
    await hold(tenant, lead_id)
    state = await Tab(tenant.actor, "/events").open(EventsState)
    assert [(row.type, row.summary, row.effect, row.bot) for row in state.rows] == [
        ("page_view", "", "", "Googlebot"),
        ("page_view", "", "Not scored yet", ""),
        ("signup", "plan: team · seats: 3", "+30", ""),
    ]
    assert {(row.lead, row.href) for row in state.rows} == {
        ("Ada", f"/leads/{lead_id}")
    }
    assert state.types == ["page_view", "signup"]
    assert state.held_text == "1 event"


async def test_the_address_asks_for_a_type_or_for_what_is_held_back(
    tenant: Tenant,
) -> None:
    lead_id = await tenant.add_lead()
    await tenant.add_event(lead_id, type="signup")
    await hold(tenant, lead_id)
    tab = Tab(tenant.actor, "/events?type=signup")
    state = await tab.open(EventsState)
    assert [row.type for row in state.rows] == ["signup"]
    tab.go("/events?show=bots")
    await tab.open(EventsState)
    assert [row.bot for row in state.rows] == ["Googlebot"]
    tab.go("/events?type=never_sent")
    await tab.open(EventsState)
    assert (state.rows, state.filtered) == ([], True)
    assert "never_sent" in state.types


async def test_older_events_stand_behind_the_newest(tenant: Tenant) -> None:
    lead_id = await tenant.add_lead()
    for _ in range(PAGE_SIZE + 1):
        await tenant.add_event(lead_id)
    tab = Tab(tenant.actor, "/events?type=page_view")
    state = await tab.open(EventsState)
    assert (len(state.rows), state.newest_href) == (PAGE_SIZE, "")
    tab.go(state.older_href)
    await tab.open(EventsState)
    assert (len(state.rows), state.older_href) == (1, "")
    assert state.newest_href == "/events?type=page_view"


async def test_a_cursor_that_somebody_made_up_leads_to_nothing(tenant: Tenant) -> None:
    await tenant.add_event(await tenant.add_lead())
    state = await Tab(tenant.actor, "/events?before=x").open(EventsState)
    assert state.rows == []
    assert state.newest_href == "/events"


async def test_what_arrives_while_the_page_is_open_is_marked(tenant: Tenant) -> None:
    lead_id = await tenant.add_lead()
    await tenant.add_event(lead_id)
    tab = Tab(tenant.actor, "/events")
    state = await tab.open(EventsState)
    await tenant.add_event(lead_id)
    state._show(await state._read(tenant.actor, datetime.now().astimezone()))
    assert [row.fresh for row in state.rows] == [True, False]


async def test_the_properties_of_one_event_at_a_time_are_shown(tenant: Tenant) -> None:
    lead_id = await tenant.add_lead()
    await tenant.add_event(lead_id, properties={"path": "/prïcing"})
    tab = Tab(tenant.actor, "/events")
    state = await tab.open(EventsState)
    (row,) = state.rows
    await tab.call(state, "toggle", row.id)
    assert (state.opened, state.opened_json) == (row.id, '{\n  "path": "/prïcing"\n}')
    await tab.call(state, "toggle", row.id)
    assert state.opened == ""


@pytest.mark.parametrize("argument", ["0", "", None, 7, {"id": 1}, "\0", ["1"]])
async def test_handlers_take_any_argument_and_do_nothing(
    tenant: Tenant, argument: object
) -> None:
    await hold(tenant, await tenant.add_lead())
    tab = Tab(tenant.actor, "/events")
    state = await tab.open(EventsState)
    await tab.call(state, "toggle", argument)
    await tab.call(state, "release", argument)
    await tab.call(state, "receive_upload", argument)
    assert sent(await tab.call(state, "choose_type", argument))
    assert state.opened == ""
    assert await held(tenant) == 1


async def test_one_event_or_all_are_released(tenant: Tenant) -> None:
    lead_id = await tenant.add_lead()
    for _ in range(3):
        await hold(tenant, lead_id)
    tab = Tab(tenant.actor, "/events")
    state = await tab.open(EventsState)
    assert "1 event." in sent(await tab.call(state, "release", state.rows[0].id))
    assert await held(tenant) == 2
    assert "2 events." in sent(await tab.call(state, "release_all"))
    assert await held(tenant) == 0
    assert "Nothing" in sent(await tab.call(state, "release_all"))


async def test_a_row_of_another_project_is_not_released(tenant: Tenant) -> None:
    other = await make_tenant()
    event = await hold(other, await other.add_lead())
    tab = Tab(tenant.actor, "/events")
    state = await tab.open(EventsState)
    await tab.call(state, "release", str(event.id))
    await tab.call(state, "release_all")
    assert await held(other) == 1


def test_an_upload_is_told_in_counts_and_lines() -> None:
    outcome = outcome_of(
        {
            "data": {
                "accepted": 1200,
                "duplicates": 1,
                "rejected": 102,
                "errors": [{"line": 3, "code": "x", "message": "No"}, 7],
            }
        }
    )
    assert outcome.said == "Added 1,200 events. 1 was there before."
    assert outcome.problem == "102 rows could not be taken."
    assert outcome.bad_lines == (BadLine("3", "No"),)
    assert outcome.more == "And 101 more rows."


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"message": "The file is over 10 MB"}, "The file is over 10 MB."),
        ({"message": 7, "data": 7}, "The file could not be uploaded."),
        ({}, "The file could not be uploaded."),
    ],
)
def test_a_refused_upload_is_told_in_words(answer: object, problem: str) -> None:
    assert outcome_of(answer).problem == problem


@pytest.mark.parametrize("answer", [None, 7, "x", [], [{}]])
def test_an_answer_that_is_none_shows_nothing(answer: object) -> None:
    assert outcome_of(answer) == NO_OUTCOME


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["accepted", "rejected", "errors", "line", "message"]),
                inner,
            )
        ),
    )
)
def test_no_answer_breaks_the_page(data: object) -> None:
    outcome_of({"data": data})


async def test_a_page_that_is_loaded_anew_waits_for_no_upload(tenant: Tenant) -> None:
    tab = Tab(tenant.actor, "/events")
    state = await tab.open(EventsState)
    await tab.call(state, "begin_upload")
    assert state.uploading
    await tab.open(EventsState)
    assert not state.uploading
