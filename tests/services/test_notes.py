from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import (
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
)
from leadpulse_app.models import Role
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.notes import Note, add_note, delete_note, list_notes
from tests.tenants import Tenant, make_tenant

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()


async def write(
    actor: Actor, lead_id: UUID, body: str = "Call.", *, minute: int = 0
) -> Note:
    async with transaction(actor.project_id) as session:
        now = NOON + timedelta(minutes=minute)
        return await add_note(session, actor, lead_id, body, now=now)


async def read(actor: Actor, lead_id: UUID) -> list[str]:
    async with transaction(actor.project_id) as session:
        return [note.body for note in await list_notes(session, actor, lead_id)]


async def remove(actor: Actor, lead_id: UUID, note_id: UUID) -> None:
    async with transaction(actor.project_id) as session:
        await delete_note(session, actor, lead_id, note_id)


async def test_notes_are_shown_newest_first_over_what_was_merged(
    tenant: Tenant,
) -> None:
    actor = tenant.actor
    root = await tenant.add_lead()
    member = await tenant.add_lead(root_id=root)
    first = await write(actor, root, " One \n")
    await write(actor, member, "Two", minute=1)
    assert await read(actor, member) == await read(actor, root) == ["Two", "One"]
    assert first == Note(first.id, "One", "Ada", True, NOON)
    await remove(actor, member, first.id)
    assert await read(actor, root) == ["Two"]


async def test_a_note_is_its_author_s_or_an_admin_s_to_delete(tenant: Tenant) -> None:
    lead = await tenant.add_lead()
    note = await write(tenant.actor, lead)
    other = replace((await make_tenant()).actor, project_id=tenant.actor.project_id)
    with pytest.raises(ForbiddenError):
        await remove(replace(other, role=Role.MEMBER), lead, note.id)
    async with transaction(other.project_id) as session:
        (shown,) = await list_notes(session, other, lead)
    assert not shown.is_own
    await remove(replace(other, role=Role.ADMIN), lead, note.id)
    assert await read(tenant.actor, lead) == []


async def test_other_projects_notes_are_not_found(tenant: Tenant) -> None:
    other = await make_tenant()
    lead, theirs = await tenant.add_lead(), await other.add_lead()
    note = await write(other.actor, theirs)
    with pytest.raises(NotFoundError):
        await read(tenant.actor, theirs)
    with pytest.raises(NotFoundError):
        await write(tenant.actor, theirs)
    for lead_id, note_id in ((theirs, note.id), (lead, note.id), (lead, uuid4())):
        with pytest.raises(NotFoundError):
            await remove(tenant.actor, lead_id, note_id)
    assert await read(other.actor, theirs) == ["Call."]


async def test_an_empty_or_endless_note_is_refused(tenant: Tenant) -> None:
    lead = await tenant.add_lead()
    for body in ("", "x" * 5_001):
        with pytest.raises(InvalidInputError):
            await write(tenant.actor, lead, body)
