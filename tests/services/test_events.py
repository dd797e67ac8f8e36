from leadpulse_app.database import transaction
from leadpulse_app.services.events import list_recent_events
from tests.tenants import make_tenant


async def test_the_newest_event_comes_first_with_what_it_gave() -> None:
    tenant = await make_tenant()
    lead_id = await tenant.add_lead(anonymous_id="visitor", email="ada@example.com")
    first = await tenant.add_event(lead_id, type="signup", properties={"plan": "pro"})
    second = await tenant.add_event(lead_id)
    await tenant.add_entry(first, sequence=1, delta=30, rule_id=None)
    async with transaction(tenant.actor.project_id) as session:
        newest, oldest = await list_recent_events(session, tenant.actor)
        (before,) = await list_recent_events(
            session, tenant.actor, before=newest.event_id
        )
    assert before == oldest
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
