from datetime import UTC, datetime, timedelta

import jwt
import pytest
from sqlalchemy import func, select

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import UnauthenticatedError
from leadpulse_app.models import Event, Lead, Project, RulesetVersion, ScoreEntry
from leadpulse_app.services.actors import resolve_actor
from leadpulse_app.services.keys import list_write_keys
from leadpulse_app.services.sessions import close_session, open_session
from leadpulse_app.settings import get_secret_key
from tests.tenants import NOBODYS_ID, Tenant, make_tenant


async def test_a_token_stands_for_a_person_in_their_project() -> None:
    tenant = await make_tenant()
    async with transaction() as session:
        assert await resolve_actor(session, tenant.token) == tenant.actor
        assert len(await list_write_keys(session, tenant.actor)) == 1


async def test_a_closed_session_ends_its_token_and_no_other() -> None:
    tenant = await make_tenant()
    async with transaction() as session:
        other = await open_session(session, tenant.actor.user_id, now=datetime.now(UTC))
    async with transaction() as session:
        await close_session(session, tenant.actor.session_id, now=datetime.now(UTC))
    await _refused(tenant.token)
    async with transaction() as session:
        assert (await resolve_actor(session, other)).user_id == tenant.actor.user_id


async def test_an_expired_session_is_refused() -> None:
    tenant = await make_tenant()
    async with transaction() as session:
        expired = await open_session(
            session, tenant.actor.user_id, now=datetime.now(UTC) - timedelta(days=8)
        )
    await _refused(expired)


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "somebody else"},
        {"iss": "somebody else"},
        {"jti": NOBODYS_ID},
        {"sub": NOBODYS_ID},
        {"jti": "not a uuid"},
        {"exp": None},
        {"exp": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
    ids=str,
)
async def test_a_token_with_another_claim_is_refused(change: dict[str, object]) -> None:
    tenant = await make_tenant()
    claims = _claims(tenant) | change
    claims = {name: value for name, value in claims.items() if value is not None}
    await _refused(jwt.encode(claims, get_secret_key(), algorithm="HS256"))


async def test_a_token_signed_otherwise_is_refused() -> None:
    tenant = await make_tenant()
    claims = _claims(tenant)
    await _refused(jwt.encode(claims, "x" * 32, algorithm="HS256"))
    await _refused(jwt.encode(claims, get_secret_key() * 2, algorithm="HS512"))
    await _refused(jwt.encode(claims, None, algorithm="none"))
    await _refused("nonsense")
    await _refused("")
    await _refused(None)


@pytest.mark.parametrize("table", [Project, Lead, Event, RulesetVersion, ScoreEntry])
async def test_a_transaction_without_a_scope_sees_no_projects_rows(
    table: type[Project | Lead | Event | RulesetVersion | ScoreEntry],
) -> None:
    tenant, other = await make_tenant(), await make_tenant()
    for owner in (tenant, other):
        event = await owner.add_event(await owner.add_lead())
        await owner.add_entry(event, sequence=1, delta=0, rule_id=None)
    column = table.id if table is Project else table.project_id
    async with transaction() as session:
        assert await session.scalar(select(func.count()).select_from(table)) == 0
    async with transaction(tenant.actor.project_id) as session:
        assert set(await session.scalars(select(column))) == {tenant.actor.project_id}


def _claims(tenant: Tenant) -> dict[str, object]:
    return jwt.decode(tenant.token, options={"verify_signature": False})


async def _refused(token: str | None) -> None:
    with pytest.raises(UnauthenticatedError):
        async with transaction() as session:
            await resolve_actor(session, token)
