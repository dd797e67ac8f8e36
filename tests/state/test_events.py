"""The stream of events shows what its address asks for, and takes any argument."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.models import Event, QuarantinedEvent
from leadpulse_app.services.quarantine import count_quarantined
from leadpulse_app.state.events import PAGE_SIZE, EventsState
from leadpulse_app.state.person_search import PersonSearchState
from tests.state.rows import events_of
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
    assert [
        (row.type, row.summary, row.effect, row.bot) for row in events_of(state)
    ] == [
        ("page_view", "", "", "Googlebot"),
        ("page_view", "", "Not scored yet", ""),
        ("signup", "plan: team · seats: 3", "+30", ""),
    ]
    assert {(row.lead, row.lead_href) for row in events_of(state)} == {
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
    assert [row.type for row in events_of(state)] == ["signup"]
    tab.go("/events?show=bots")
    await tab.open(EventsState)
    assert [row.bot for row in events_of(state)] == ["Googlebot"]
    tab.go("/events?type=never_sent")
    await tab.open(EventsState)
    assert (events_of(state), state.filtered) == ([], True)
    assert "never_sent" in state.types


async def test_older_events_stand_behind_the_newest(tenant: Tenant) -> None:
    lead_id = await tenant.add_lead()
    for _ in range(PAGE_SIZE + 1):
        await tenant.add_event(lead_id)
    tab = Tab(tenant.actor, "/events?type=page_view")
    state = await tab.open(EventsState)
    assert (len(events_of(state)), state.newest_href) == (PAGE_SIZE, "")
    tab.go(state.older_href)
    await tab.open(EventsState)
    assert (len(events_of(state)), state.older_href) == (1, "")
    assert state.newest_href == "/events?type=page_view"


async def test_a_cursor_that_somebody_made_up_leads_to_nothing(tenant: Tenant) -> None:
    await tenant.add_event(await tenant.add_lead())
    state = await Tab(tenant.actor, "/events?before=x").open(EventsState)
    assert events_of(state) == []
    assert state.newest_href == "/events"


async def test_what_arrives_while_the_page_is_open_is_marked(tenant: Tenant) -> None:
    lead_id = await tenant.add_lead()
    await tenant.add_event(lead_id)
    tab = Tab(tenant.actor, "/events")
    state = await tab.open(EventsState)
    await tenant.add_event(lead_id)
    state._show(await state._read(tenant.actor, datetime.now().astimezone()))
    assert [row.event_id > state.fresh_after for row in events_of(state)] == [
        True,
        False,
    ]


async def test_the_address_asks_for_one_person_and_keeps_the_type(
    tenant: Tenant,
) -> None:
    ada, bob = await tenant.add_lead(name="Ada"), await tenant.add_lead(name="Bob")
    await tenant.add_event(ada, type="signup")
    await tenant.add_event(ada)
    await tenant.add_event(bob, type="signup")
    tab = Tab(tenant.actor, f"/events?lead={ada}")
    state = await tab.open(EventsState)
    assert ([row.type for row in events_of(state)], state.lead) == (
        ["page_view", "signup"],
        "Ada",
    )
    asked = sent(await tab.call(state, "narrow_type", "signup"))
    assert f"/events?type=signup&lead={ada}" in asked
    tab.go(f"/events?type=signup&lead={ada}")
    await tab.open(EventsState)
    assert [row.lead for row in events_of(state)] == ["Ada"]
    assert sent(await tab.call(state, "show_everybody")).count("type=signup")


async def test_what_a_person_did_is_shown_session_by_session(tenant: Tenant) -> None:
    lead_id = await tenant.add_lead()
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for hours in (0, 5):
        for minutes in (0, 10):
            happened = noon + timedelta(hours=hours, minutes=minutes)
            await tenant.add_event(lead_id, occurred_at=happened)
    tab = Tab(tenant.actor, f"/events?lead={lead_id}")
    state = await tab.open(EventsState)
    tab.go(state.sessions_href)
    await tab.open(EventsState)
    assert [len(session.steps) for session in state.sessions] == [2, 2]
    assert (state.by_session, events_of(state)) == (True, [])
    tab.go(state.stream_href)
    await tab.open(EventsState)
    assert (len(events_of(state)), state.sessions) == (4, [])


@pytest.mark.parametrize("view", ["", "&view=sessions"])
async def test_a_person_of_another_project_has_no_events(
    tenant: Tenant, view: str
) -> None:
    other = await make_tenant()
    lead_id = await other.add_lead(name="Secret")
    await other.add_event(lead_id)
    tab = Tab(tenant.actor, f"/events?lead={lead_id}{view}")
    state = await tab.open(EventsState)
    assert (events_of(state), state.sessions, state.lead) == ([], [], "Unknown person")
    people = tab.state(PersonSearchState)
    await tab.call(people, "seek", str(lead_id))
    assert people.people == []
    await tab.call(people, "seek", "secret")
    assert people.people == []


async def test_a_person_is_found_by_words_or_id_and_leads_to_their_events(
    tenant: Tenant,
) -> None:
    ada = await tenant.add_lead(name="Ada Lovelace", email="ada@example.com")
    await tenant.add_lead(name="Bob")
    tab = Tab(tenant.actor, "/events?type=signup&before=x")
    people = tab.state(PersonSearchState)
    for words in ("lovel", "ada@example.com", str(ada)):
        await tab.call(people, "seek", words)
        assert [person.name for person in people.people] == ["Ada Lovelace"]
    assert people.people[0].href == f"/events?type=signup&lead={ada}"
    await tab.call(people, "seek", "")
    assert len(people.people) == 2
    await tab.call(people, "seek", "nobody")
    assert (people.people, bool(people.said)) == ([], True)


async def test_a_paused_page_says_how_many_events_arrived(tenant: Tenant) -> None:
    lead_id = await tenant.add_lead()
    await tenant.add_event(lead_id)
    state = await Tab(tenant.actor, "/events").open(EventsState)
    await tenant.add_event(lead_id)
    content = await state._read(tenant.actor, datetime.now(UTC))
    state._hold(content)
    assert (len(events_of(state)), state.waiting_text) == (1, "1 new event")
    state._show(content)
    assert (len(events_of(state)), state.waiting_text) == (2, "")


async def test_an_event_is_opened_as_a_whole_and_no_other_projects_is(
    tenant: Tenant,
) -> None:
    lead_id = await tenant.add_lead(name="Ada")
    event = await tenant.add_event(
        lead_id, properties={"path": "/prïcing"}, session_id="s1"
    )
    tab = Tab(tenant.actor, f"/events?event={event.message_id}")
    state = await tab.open(EventsState)
    assert (state.drawer_is_open, state.drawn.lead) == (True, "Ada")
    told = json.loads(state.drawn.json)
    assert told["properties"] == {"path": "/prïcing"}
    assert (told["messageId"], told["sessionId"]) == (event.message_id, "s1")
    assert "prïcing" in state.drawn.json
    await tab.call(state, "toggle_drawer", False)
    assert not state.drawer_is_open
    other = Tab((await make_tenant()).actor, f"/events?event={event.message_id}")
    strange = await other.open(EventsState)
    await other.call(strange, "open_drawer", event.message_id)
    assert (strange.drawer_is_open, strange.drawn.lead) == (False, "")


async def test_an_open_event_is_shown_with_what_it_gave_meanwhile(
    tenant: Tenant,
) -> None:
    event = await tenant.add_event(await tenant.add_lead())
    tab = Tab(tenant.actor, "/events")
    state = await tab.open(EventsState)
    assert event.message_id in sent(
        await tab.call(state, "open_drawer", event.message_id)
    )
    assert state.drawn.effect == "Not scored yet"
    await tenant.add_entry(event, sequence=1, delta=30, rule_id=None)
    state._show(await state._read(tenant.actor, datetime.now(UTC)))
    assert state.drawn.effect == "+30"


@pytest.mark.parametrize("argument", ["0", "", None, 7, {"id": 1}, "\0", ["1"]])
async def test_handlers_take_any_argument_and_do_nothing(
    tenant: Tenant, argument: object
) -> None:
    await hold(tenant, await tenant.add_lead())
    tab = Tab(tenant.actor, "/events")
    state = await tab.open(EventsState)
    await tab.call(state, "release", argument)
    await tab.call(state, "receive_upload", argument)
    assert sent(await tab.call(state, "narrow_type", argument))
    people = tab.state(PersonSearchState)
    await tab.call(state, "open_drawer", argument)
    await tab.call(state, "toggle_drawer", argument)
    await tab.call(people, "seek", argument)
    assert not state.drawer_is_open
    assert await held(tenant) == 1


async def test_one_event_or_all_are_released(tenant: Tenant) -> None:
    lead_id = await tenant.add_lead()
    for _ in range(3):
        await hold(tenant, lead_id)
    tab = Tab(tenant.actor, "/events")
    state = await tab.open(EventsState)
    assert "1 event." in sent(await tab.call(state, "release", events_of(state)[0].id))
    assert await held(tenant) == 2
    assert "2 events." in sent(await tab.call(state, "release_all"))
    assert await held(tenant) == 0
    assert "Nothing" in sent(await tab.call(state, "release_all"))


async def test_a_row_of_another_project_is_not_released(tenant: Tenant) -> None:
    other = await make_tenant()
    event = await hold(other, await other.add_lead())
    tab = Tab(tenant.actor, "/events")
    state = await tab.open(EventsState)
    await tab.call(state, "release", event.message_id)
    await tab.call(state, "release_all")
    assert await held(other) == 1


async def test_a_page_that_is_loaded_anew_waits_for_no_upload(tenant: Tenant) -> None:
    tab = Tab(tenant.actor, "/events")
    state = await tab.open(EventsState)
    assert "leadpulseUpload.send" in sent(await tab.call(state, "begin_upload"))
    tab.go("/events?type=signup")
    await tab.open(EventsState)
    await tab.reconnect()
    await tab.open(EventsState)
    assert state.uploading, "the file is still on its way"
    await tab.reload()
    await tab.open(EventsState)
    assert not state.uploading


async def test_a_second_file_waits_for_the_first(tenant: Tenant) -> None:
    tab = Tab(tenant.actor, "/events")
    state = await tab.open(EventsState)
    await tab.call(state, "begin_upload")
    refused = sent(await tab.call(state, "begin_upload"))
    assert "is still being uploaded" in refused
    assert "leadpulseUpload" not in refused
    await tab.call(state, "receive_upload", {"data": {"accepted": 1}})
    assert "leadpulseUpload.send" in sent(await tab.call(state, "begin_upload"))
