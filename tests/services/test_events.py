from datetime import UTC, datetime, timedelta

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import InvalidInputError, NotFoundError
from leadpulse_app.models import QuarantinedEvent
from leadpulse_app.services import events
from leadpulse_app.services.events import (
    EventPage,
    list_event_types,
    list_events,
    list_recent_events,
)
from tests.tenants import make_tenant


async def test_the_newest_event_comes_first_with_what_it_gave() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(anonymous_id="visitor", email="ada@example.com")
    first = await tenant.add_event(lead_id, type="signup", properties={"plan": "pro"})
    second = await tenant.add_event(lead_id)
    await tenant.add_entry(first, sequence=1, delta=30, rule_id=None)
    async with transaction(tenant.actor.project_id) as session:
        newest, oldest = await list_recent_events(session, tenant.actor)
        assert await list_recent_events(session, tenant.actor, limit=1) == (newest,)
    assert (newest.message_id, newest.scored, newest.delta) == (
        second.message_id,
        False,
        None,
    )
    assert (oldest.type, oldest.scored, oldest.delta) == ("signup", True, 30)
    assert oldest.properties == {"plan": "pro"}
    assert oldest.lead_label == "ada@example.com"


async def test_another_projects_events_are_not_shown() -> None:
    tenant, other = await make_tenant(), await make_tenant()
    await other.add_event(await other.add_lead())
    async with transaction(tenant.actor.project_id) as session:
        assert await list_recent_events(session, tenant.actor) == ()


async def test_pages_lead_to_each_other_and_lose_no_event() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    sent = [(await tenant.add_event(lead_id)).message_id for _ in range(5)]
    seen, cursor = [], None
    async with transaction(tenant.actor.project_id) as session:
        for _ in range(3):
            page = await list_events(session, tenant.actor, limit=2, cursor=cursor)
            seen += [event.message_id for event in page.events]
            cursor = page.next_cursor
    assert cursor is None
    assert seen == sent[::-1]


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": 501}, {"cursor": "x"}])
async def test_a_page_that_can_not_be_is_refused(wrong: dict[str, object]) -> None:
    tenant = await make_tenant()
    async with transaction(tenant.actor.project_id) as session:
        with pytest.raises(InvalidInputError):
            await list_events(session, tenant.actor, **wrong)  # type: ignore[arg-type]


async def test_events_are_found_by_type_and_by_being_held() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    signup = await tenant.add_event(lead_id, type="signup")
    view = await tenant.add_event(lead_id)
    async with transaction(tenant.actor.project_id) as session:
        session.add(
            QuarantinedEvent(
                project_id=view.project_id,
                event_id=view.id,
                lead_id=lead_id,
                reason="Googlebot",
            )
        )
    async with transaction(tenant.actor.project_id) as session:
        (of_type,) = (
            await list_events(session, tenant.actor, event_type="signup")
        ).events
        (held,) = (await list_events(session, tenant.actor, only_held=True)).events
        neither = await list_events(
            session, tenant.actor, event_type="signup", only_held=True
        )
        types = await list_event_types(session, tenant.actor)
    assert (of_type.message_id, of_type.bot) == (signup.message_id, None)
    assert (held.message_id, held.bot) == (view.message_id, "Googlebot")
    assert neither == EventPage((), None)
    assert types == ("page_view", "signup")


async def test_a_page_looks_for_a_type_only_so_far_and_says_where_to_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "SOUGHT_AMONG", 2)
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    signup = await tenant.add_event(lead_id, type="signup")
    for _ in range(4):
        await tenant.add_event(lead_id)
    seen, cursor = [], None
    async with transaction(tenant.actor.project_id) as session:
        for _ in range(3):
            page = await list_events(
                session,
                tenant.actor,
                cursor=cursor,
                event_type="signup",
                lead_id=lead_id,
            )
            seen.append([event.message_id for event in page.events])
            cursor = page.next_cursor
    assert seen == [[], [], [signup.message_id]]
    assert cursor is None


@pytest.mark.parametrize("given", ["event_type", "lead_id"])
async def test_pages_of_a_filter_go_back_in_time_whatever_arrived_first(
    given: str,
) -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    happened = [noon - timedelta(hours=hours) for hours in (1, 3, 0, 2, 2)]
    for occurred_at in happened:
        await tenant.add_event(lead_id, type="signup", occurred_at=occurred_at)
    wanted = {"event_type": "signup", "lead_id": lead_id}
    seen, cursor = [], None
    async with transaction(tenant.actor.project_id) as session:
        for _ in range(3):
            page = await list_events(
                session, tenant.actor, limit=2, cursor=cursor, **{given: wanted[given]}
            )
            seen += page.events
            cursor = page.next_cursor
    assert cursor is None
    assert [event.occurred_at for event in seen] == sorted(happened, reverse=True)
    assert len({event.event_id for event in seen}) == len(happened)


async def test_events_of_a_lead_are_those_of_all_it_turned_out_to_be() -> None:
    tenant, other = await make_tenant(), await make_tenant()
    root_id = await tenant.add_lead()
    alias_id = await tenant.add_lead(root_id=root_id)
    sent = [
        (await tenant.add_event(lead_id)).message_id for lead_id in (root_id, alias_id)
    ]
    await tenant.add_event(await tenant.add_lead())
    async with transaction(tenant.actor.project_id) as session:
        page = await list_events(session, tenant.actor, lead_id=alias_id)
        assert [event.message_id for event in page.events] == sent[::-1]
        held = await list_events(
            session, tenant.actor, lead_id=alias_id, only_held=True
        )
        assert held.events == ()
    async with transaction(other.actor.project_id) as session:
        with pytest.raises(NotFoundError):
            await list_events(session, other.actor, lead_id=root_id)


async def test_all_types_are_told_but_those_the_product_keeps_for_itself() -> None:
    tenant, other = await make_tenant(), await make_tenant()
    lead_id = await tenant.add_lead()
    for event_type in ("signup", "$fields", "page_view", "signup", "Élan"):
        await tenant.add_event(lead_id, type=event_type)
    await other.add_event(await other.add_lead(), type="secret")
    async with transaction(tenant.actor.project_id) as session:
        types = await list_event_types(session, tenant.actor)
    assert set(types) == {"page_view", "signup", "Élan"}
    assert len(types) == 3


async def test_an_event_of_a_merged_lead_counts_for_the_lead_it_is_part_of() -> None:
    tenant = await make_tenant()
    root_id = await tenant.add_lead(name="Ada")
    await tenant.add_event(await tenant.add_lead(name="Visitor", root_id=root_id))
    async with transaction(tenant.actor.project_id) as session:
        (event,) = await list_recent_events(session, tenant.actor)
    assert (event.lead_id, event.lead_label) == (root_id, "Ada")
