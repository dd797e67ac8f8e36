"""What admins say of their project, and tokens that act in another one."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import ForbiddenError, InvalidInputError
from leadpulse_app.models import Role
from leadpulse_app.services.actors import resolve_actor
from leadpulse_app.services.projects import (
    ProjectSettings,
    change_project,
    create_project,
    get_project_settings,
)
from leadpulse_app.services.rulesets import active_ruleset
from leadpulse_app.services.sessions import read_token, write_project_token
from tests.tenants import Tenant, make_tenant


async def settings_of(tenant: Tenant) -> ProjectSettings:
    async with transaction(tenant.actor.project_id) as session:
        return await get_project_settings(session, tenant.actor)


async def test_an_admin_changes_their_project_and_no_other() -> None:
    ada, eve = await make_tenant(), await make_tenant(name="Eve")
    said = {
        "name": " Acme ",
        "domain": "https://Acme.example/",
        "time_zone": "Asia/Tokyo",
    }
    async with transaction(ada.actor.project_id) as session:
        await change_project(session, ada.actor, **said)
        rules = await active_ruleset(session, ada.actor)
    assert await settings_of(ada) == ProjectSettings(
        "Acme", "acme.example", "Asia/Tokyo"
    )
    assert rules.version == 1
    assert await settings_of(eve) == ProjectSettings("Eve's project", None, "UTC")


async def test_what_is_not_valid_or_said_by_a_member_changes_nothing() -> None:
    ada = await make_tenant()
    good = {"name": "Acme", "domain": "", "time_zone": "UTC"}
    wrong = ({"name": ""}, {"domain": "not a host"}, {"time_zone": "Mars/Olympus"})
    for each in wrong:
        with pytest.raises(InvalidInputError):
            async with transaction(ada.actor.project_id) as session:
                await change_project(session, ada.actor, **(good | each))
    member = replace(ada.actor, role=Role.MEMBER)
    with pytest.raises(ForbiddenError):
        async with transaction(ada.actor.project_id) as session:
            await change_project(session, member, **good)
    assert (await settings_of(ada)).name == "Ada's project"


async def test_a_token_for_another_project_ends_with_its_sign_in() -> None:
    ada = await make_tenant()
    now = datetime.now(UTC)
    async with transaction(ada.actor.project_id) as session:
        made = await create_project(session, ada.actor, name="Acme", now=now)
        token = await write_project_token(
            session, ada.actor.session_id, made.id, now=now
        )
    async with transaction() as session:
        assert (await resolve_actor(session, token)).project_id == made.id
    assert read_token(token).expires_at == read_token(ada.token).expires_at
