"""Versions, the shared draft, and several people who publish at once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.conditions import Condition, ConditionGroup, Operator
from leadpulse_app.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
)
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.rule_edits import (
    Edit,
    add_rule,
    change_rule,
    remove_rule,
    switch_rule,
)
from leadpulse_app.domain.ruleset import Rule, RuleContent, RuleKind, Ruleset
from leadpulse_app.models import QuarantinedEvent, Role
from leadpulse_app.services.rulesets import (
    ActiveRuleset,
    Draft,
    active_ruleset,
    add_ruleset_version,
    discard_draft,
    edit_draft,
    get_draft,
    get_version,
    list_versions,
    publish_draft,
    publish_edit,
    read_lead_inputs,
    rebase_draft,
    replace_draft,
    roll_back,
    simulation,
)
from tests.tenants import Tenant, make_tenant

Result = TypeVar("Result")

NO_RULES = Ruleset(version=1, rules=())


async def do(
    tenant: Tenant,
    use_case: Callable[..., Awaitable[Result]],
    *arguments: Any,
    **options: Any,
) -> Result:
    async with transaction(tenant.actor.project_id) as session:
        return await use_case(session, tenant.actor, *arguments, **options)


async def write(
    tenant: Tenant,
    use_case: Callable[..., Awaitable[Result]],
    *arguments: Any,
    **options: Any,
) -> Result:
    return await do(tenant, use_case, *arguments, now=datetime.now(UTC), **options)


async def active(tenant: Tenant) -> ActiveRuleset:
    return await do(tenant, active_ruleset)


async def draft_of(tenant: Tenant) -> Draft:
    draft = await do(tenant, get_draft)
    assert draft is not None
    return draft


def saying(rule: Rule, **fields: Any) -> Edit:
    content = RuleContent.model_validate({**rule.model_dump(), **fields})
    return change_rule(rule.id, content)


def new_rule(name: str = "New") -> Rule:
    return Rule(id=uuid7(datetime.now(UTC)), name=name, event_type="visit", points=1)


def member_of(tenant: Tenant) -> Tenant:
    return replace(tenant, actor=replace(tenant.actor, role=Role.MEMBER))


async def test_an_edit_makes_a_new_version_of_the_same_rules() -> None:
    tenant = await make_tenant(name="Ada")
    changed, *kept = (await active(tenant)).rules
    assert await write(tenant, publish_edit, saying(changed, points=-7)) == 2
    after = await active(tenant)
    assert (after.version, after.published_by_name) == (2, "Ada")
    assert after.rules == (changed.model_copy(update={"points": -7}), *kept)


async def test_an_edit_that_changes_nothing_makes_no_version() -> None:
    tenant = await make_tenant()
    rule, *_ = (await active(tenant)).rules
    assert await write(tenant, publish_edit, saying(rule)) == 1
    assert await write(tenant, roll_back, 1) == 1


async def test_those_who_publish_at_once_build_on_each_other() -> None:
    tenant = await make_tenant()
    rules = (await active(tenant)).rules
    versions = await asyncio.gather(
        *(
            write(tenant, publish_edit, saying(rule, points=1_000 + number))
            for number, rule in enumerate(rules)
        )
    )
    assert sorted(versions) == list(range(2, 12))
    points = [rule.points for rule in (await active(tenant)).rules]
    assert points == [1_000 + number for number in range(10)]


async def test_of_two_who_publish_a_draft_at_once_one_does() -> None:
    tenant = await make_tenant()
    await write(tenant, edit_draft, add_rule(new_rule()))
    outcomes = await asyncio.gather(
        *(write(tenant, publish_draft) for _ in range(2)), return_exceptions=True
    )
    assert [each for each in outcomes if isinstance(each, int)] == [2]
    assert [type(each) for each in outcomes if each != 2] == [ConflictError]
    assert (await active(tenant)).version == 2


async def test_those_who_edit_the_draft_at_once_lose_nothing() -> None:
    tenant = await make_tenant()
    rules = (await active(tenant)).rules
    await asyncio.gather(
        *(write(tenant, edit_draft, saying(rule, points=7_000)) for rule in rules)
    )
    assert {rule.points for rule in (await draft_of(tenant)).rules} == {7_000}


async def test_a_draft_changes_nothing_until_it_is_published() -> None:
    tenant = await make_tenant(name="Ada")
    first, second, third, *rest = (await active(tenant)).rules
    added = new_rule()
    await write(tenant, edit_draft, add_rule(added))
    await write(tenant, edit_draft, saying(first, points=7))
    await write(tenant, edit_draft, switch_rule(second.id, active=False))
    await write(tenant, edit_draft, remove_rule(third.id))
    assert (await active(tenant)).version == 1
    draft = await draft_of(tenant)
    assert (draft.base_version, draft.updated_by_name) == (1, "Ada")
    assert not draft.is_outdated
    assert len(draft.changes) == 4
    assert await write(tenant, publish_draft) == 2
    assert (await active(tenant)).rules == (
        first.model_copy(update={"points": 7}),
        second.model_copy(update={"active": False}),
        *rest,
        added,
    )
    assert await do(tenant, get_draft) is None
    with pytest.raises(ConflictError):
        await write(tenant, publish_draft)


async def test_a_draft_that_is_edited_back_is_none() -> None:
    tenant = await make_tenant()
    rule, *_ = (await active(tenant)).rules
    await write(tenant, edit_draft, saying(rule, points=7))
    assert await write(tenant, edit_draft, saying(rule)) is None
    assert await do(tenant, get_draft) is None


async def test_a_discarded_draft_leaves_what_is_in_force() -> None:
    tenant = await make_tenant()
    await write(tenant, edit_draft, add_rule(new_rule()))
    await do(tenant, discard_draft)
    assert await do(tenant, get_draft) is None
    assert (await active(tenant)).version == 1


async def test_a_draft_is_not_published_over_a_version_it_does_not_know() -> None:
    tenant = await make_tenant()
    first, second, *_ = (await active(tenant)).rules
    await write(tenant, edit_draft, saying(first, points=7))
    await write(tenant, publish_edit, saying(first, points=3, name="Renamed"))
    await write(tenant, publish_edit, saying(second, points=8))
    assert (await draft_of(tenant)).is_outdated
    with pytest.raises(ConflictError):
        await write(tenant, publish_draft)
    rebased = await write(tenant, rebase_draft)
    assert rebased is not None
    assert (rebased.base_version, rebased.is_outdated) == (3, False)
    assert await write(tenant, publish_draft) == 4
    one, two, *_ = (await active(tenant)).rules
    assert (one.name, one.points, two.points) == ("Renamed", 7, 8)


async def test_a_draft_whose_changes_are_in_force_already_is_rebased_away() -> None:
    tenant = await make_tenant()
    rule, *_ = (await active(tenant)).rules
    await write(tenant, edit_draft, saying(rule, points=7))
    await write(tenant, publish_edit, saying(rule, points=7))
    assert await write(tenant, rebase_draft) is None
    with pytest.raises(ConflictError):
        await write(tenant, rebase_draft)


async def test_who_publishes_says_which_draft_they_saw() -> None:
    tenant = await make_tenant()
    await write(tenant, edit_draft, add_rule(new_rule()))
    seen = (await draft_of(tenant)).updated_at
    await write(tenant, edit_draft, add_rule(new_rule("Another")))
    with pytest.raises(ConflictError):
        await write(tenant, publish_draft, seen_at=seen)
    newest = (await draft_of(tenant)).updated_at
    assert newest > seen
    assert await write(tenant, publish_draft, seen_at=newest) == 2


async def test_a_replaced_draft_keeps_the_order_and_the_ids_of_rules() -> None:
    tenant = await make_tenant()
    first, second, *_ = (await active(tenant)).rules
    added = new_rule()
    await write(tenant, edit_draft, add_rule(added))
    said = RuleContent(name="Brand new", event_type="x", points=1)
    content = RuleContent(name="Kept", event_type="y", points=2)
    draft = await write(
        tenant,
        replace_draft,
        [(None, said), (added.id, content), (second.id, content), (first.id, content)],
    )
    assert draft is not None
    ids = [rule.id for rule in draft.rules]
    assert ids[:2] == [first.id, second.id]
    assert ids[3] == added.id
    assert draft.rules[2].name == "Brand new"
    for strangers in ([uuid4()], [first.id, first.id]):
        with pytest.raises(InvalidInputError):
            await write(tenant, replace_draft, [(each, said) for each in strangers])
    with pytest.raises(InvalidInputError):
        await write(tenant, replace_draft, [])


async def test_rolling_back_makes_a_version_with_the_rules_of_an_older_one() -> None:
    tenant = await make_tenant()
    rules = (await active(tenant)).rules
    await write(tenant, publish_edit, remove_rule(rules[4].id))
    await write(tenant, publish_edit, add_rule(new_rule()))
    assert await write(tenant, roll_back, 1) == 4
    assert (await active(tenant)).rules == rules
    newest = await do(tenant, get_version, 4)
    assert (newest.restored_version, newest.active) == (1, True)
    assert len(newest.changes.added) == len(newest.changes.removed) == 1
    for unknown in (5, 2**31 - 1):
        with pytest.raises(NotFoundError):
            await write(tenant, roll_back, unknown)


async def test_a_rule_does_not_come_back_as_one_of_another_kind() -> None:
    tenant = await make_tenant()
    before = await active(tenant)
    first, *others = before.rules
    acme = Condition(field="lead.company", operator=Operator.EQUALS, value="Acme")
    fit = Rule(
        id=first.id,
        name="Acme",
        kind=RuleKind.FIT,
        points=5,
        conditions=ConditionGroup(conditions=(acme,)),
    )
    async with transaction(tenant.actor.project_id) as session:
        await add_ruleset_version(
            session,
            tenant.actor.project_id,
            version=2,
            content=before.content.with_rules((fit, *others)),
            time_zone="UTC",
            published_by=tenant.actor.user_id,
            now=datetime.now(UTC),
        )
    with pytest.raises(InvalidInputError, match="for what a lead is"):
        await write(tenant, roll_back, 2)
    assert (await active(tenant)).version == 1


async def test_what_is_published_in_another_time_zone_is_another_version() -> None:
    tenant = await make_tenant()
    rule, *_ = (await active(tenant)).rules
    assert (await active(tenant)).time_zone == "UTC"
    moved = replace(tenant, actor=replace(tenant.actor, time_zone="Asia/Tokyo"))
    assert await write(moved, publish_edit, saying(rule)) == 2
    assert await write(moved, publish_edit, saying(rule)) == 2
    assert await write(moved, roll_back, 1) == 2
    page = await do(moved, list_versions)
    assert [each.time_zone for each in page.versions] == ["Asia/Tokyo", "UTC"]
    assert not page.versions[0].changes


async def test_of_more_events_than_are_tried_the_newest_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(simulation, "SIMULATED_EVENTS", 2)
    tenant = await make_tenant()
    lead_id = await tenant.add_lead()
    now = datetime.now(UTC)
    for days in (1, 3, 2):
        await tenant.add_event(
            lead_id,
            type=f"day_{days}",
            occurred_at=now - timedelta(days=days),
            properties={"days": days},
        )
    inputs = await do(tenant, read_lead_inputs, lead_id, NO_RULES)
    assert {each.type: each.properties for each in inputs} == {
        "day_1": {"days": 1},
        "day_2": {"days": 2},
    }


async def test_the_history_pages_from_the_newest_version_to_the_first() -> None:
    tenant = await make_tenant(name="Ada")
    rule, *_ = (await active(tenant)).rules
    for points in (6, 7, 8):
        await write(tenant, publish_edit, saying(rule, points=points))
    newest = await do(tenant, list_versions, limit=3)
    rest = await do(tenant, list_versions, limit=3, cursor=newest.next_cursor)
    versions = (*newest.versions, *rest.versions)
    assert [each.version for each in versions] == [4, 3, 2, 1]
    assert [each.active for each in versions] == [True, False, False, False]
    assert {each.published_by_name for each in versions} == {"Ada"}
    assert rest.next_cursor is None
    for version, points in zip(versions[:3], (8, 7, 6), strict=True):
        [change] = version.changes.changed
        [field] = change.fields
        assert (field.field, field.before, field.after) == (
            "points",
            points - 1,
            points,
        )
    assert len(versions[3].changes.added) == 10


@pytest.mark.parametrize("limit", [0, 101])
async def test_a_page_of_the_history_has_its_bounds(limit: int) -> None:
    with pytest.raises(InvalidInputError):
        await do(await make_tenant(), list_versions, limit=limit)


async def test_a_member_may_look_and_not_edit() -> None:
    tenant = await make_tenant()
    await write(tenant, edit_draft, add_rule(new_rule()))
    member = member_of(tenant)
    assert await do(member, get_draft) is not None
    assert (await do(member, list_versions)).versions
    for attempt in (
        write(member, edit_draft, add_rule(new_rule())),
        write(member, publish_edit, add_rule(new_rule())),
        write(member, replace_draft, []),
        write(member, rebase_draft),
        write(member, publish_draft),
        write(member, roll_back, 1),
        do(member, discard_draft),
    ):
        with pytest.raises(ForbiddenError):
            await attempt


async def test_no_project_sees_the_draft_or_the_versions_of_another() -> None:
    mine, theirs = await make_tenant(), await make_tenant()
    await write(theirs, edit_draft, add_rule(new_rule()))
    await write(theirs, publish_draft)
    await write(theirs, edit_draft, add_rule(new_rule("Another")))
    assert await do(mine, get_draft) is None
    with pytest.raises(NotFoundError):
        await do(mine, get_version, 2)
    await do(mine, discard_draft)
    assert await do(theirs, get_draft) is not None


async def test_a_leads_events_count_by_type_with_those_merged_into_it() -> None:
    tenant = await make_tenant()
    root = await tenant.add_lead()
    member = await tenant.add_lead(root_id=root)
    stranger = await tenant.add_lead()
    for lead_id, event_type in (
        (root, "visit"),
        (member, "visit"),
        (member, "signup"),
        (stranger, "download"),
    ):
        await tenant.add_event(lead_id, type=event_type)
    held = await tenant.add_event(
        root, type="held", occurred_at=datetime.now(UTC) - timedelta(days=1)
    )
    async with transaction(tenant.actor.project_id) as session:
        session.add(
            QuarantinedEvent(
                project_id=tenant.actor.project_id,
                event_id=held.id,
                lead_id=root,
                reason="bot",
            )
        )
    for lead_id in (root, member):
        inputs = await do(tenant, read_lead_inputs, lead_id, NO_RULES)
        assert Counter(each.type for each in inputs) == {"visit": 2, "signup": 1}
    with pytest.raises(NotFoundError):
        await do(await make_tenant(), read_lead_inputs, root, NO_RULES)
