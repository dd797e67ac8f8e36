import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.database import transaction
from leadpulse_app.domain.account import normalise_email, normalise_name
from leadpulse_app.domain.errors import (
    ConflictError,
    InvalidInputError,
    UnauthenticatedError,
    UnavailableError,
)
from leadpulse_app.domain.password import password_bytes
from leadpulse_app.domain.ruleset import DEFAULT_POINTS
from leadpulse_app.models import Role
from leadpulse_app.services.accounts import (
    MAXIMUM_WAITING_HASHES,
    authenticate,
    change_password,
    find_user,
    hash_password,
    register,
    rename_user,
    require_same_password,
)
from leadpulse_app.services.actors import resolve_actor
from leadpulse_app.services.recovery import reset_password
from leadpulse_app.services.rulesets import active_ruleset
from leadpulse_app.services.sessions import open_session
from tests.tenants import make_tenant

PASSWORD = "correct horse battery"


async def test_a_registration_makes_a_project_with_a_key_and_the_default_rules() -> (
    None
):
    tenant = await make_tenant(name="Ada")
    assert tenant.actor.project_name == "Ada's project"
    assert tenant.actor.role is Role.ADMIN
    prefix, digits = tenant.write_key.split("_")
    assert prefix == "pk"
    assert len(bytes.fromhex(digits)) == 24
    async with transaction(tenant.actor.project_id) as session:
        ruleset = await active_ruleset(session, tenant.actor)
    assert ruleset.version == 1
    assert {rule.event_type: rule.points for rule in ruleset.rules} == DEFAULT_POINTS


async def test_an_email_is_one_account_however_it_is_spelled() -> None:
    email = f"{uuid4().hex}@example.com"
    now = datetime.now(UTC)
    async with transaction() as session:
        await register(session, email=email, password_hash="none", name="Ada", now=now)
    with pytest.raises(ConflictError):
        async with transaction() as session:
            await register(
                session,
                email=f"  {email.upper()} ",
                password_hash="none",
                name="Eve",
                now=now,
            )
    async with transaction() as session:
        user = await find_user(session, email=f" {email.upper()}")
    assert user is not None
    assert user.name == "Ada"


async def test_only_the_right_password_proves_who_one_is() -> None:
    email = f"{uuid4().hex}@example.com"
    password_hash = await hash_password(PASSWORD)
    async with transaction() as session:
        await register(
            session,
            email=email,
            password_hash=password_hash,
            name="Ada",
            now=datetime.now(UTC),
        )
    async with transaction() as session:
        user = await find_user(session, email=email)
    assert user is not None
    assert await authenticate(user, password=PASSWORD) is user
    for somebody, password in ((user, "wrong horse battery"), (None, PASSWORD)):
        with pytest.raises(UnauthenticatedError) as refusal:
            await authenticate(somebody, password=password)
        assert refusal.value.message == "The email or the password is wrong"


async def test_a_password_that_was_reset_meanwhile_opens_no_session() -> None:
    email = f"{uuid4().hex}@example.com"
    now = datetime.now(UTC)
    async with transaction() as session:
        await register(session, email=email, password_hash="old", name="Ada", now=now)
    async with transaction() as session:
        user = await find_user(session, email=email)
    assert user is not None
    async with transaction() as session:
        await require_same_password(session, user)
    async with transaction() as session:
        await reset_password(session, email=email, password_hash="new", now=now)
    with pytest.raises(UnauthenticatedError):
        async with transaction() as session:
            await require_same_password(session, user)


async def test_a_flood_of_hashes_is_turned_away_and_leaves_room_for_the_next() -> None:
    flood = [
        asyncio.create_task(hash_password(PASSWORD))
        for _ in range(MAXIMUM_WAITING_HASHES + 1)
    ]
    done, waiting = await asyncio.wait(flood, return_when=asyncio.FIRST_COMPLETED)
    (refused,) = done
    assert isinstance(refused.exception(), UnavailableError)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    assert (await hash_password(PASSWORD)).startswith("$2b$12$")


@pytest.mark.parametrize(
    "password", ["ninebytes", "é" * 37, "a" * 73, "nul\0" * 4, "\ud800" * 10]
)
def test_a_password_that_bcrypt_would_mangle_is_refused_by_name(password: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        password_bytes(password)
    assert set(refusal.value.details or {}) == {"password"}


@pytest.mark.parametrize("password", ["a" * 10, "a" * 72, "é" * 36])
def test_a_password_counts_in_bytes(password: str) -> None:
    assert password_bytes(password) == password.encode()


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "@example.com",
        "a b@example.com",
        "a@-x.com",
        "a@x..com",
        "a@x\0.com",
        "ü@example.com",
        f"{'a' * 65}@example.com",
        f"a@{'b.' * 130}com",
    ],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidInputError):
        normalise_email(email)


@given(st.text(max_size=300))
def test_a_normal_name_stays_as_it_is(name: str) -> None:
    try:
        normal = normalise_name(name)
    except InvalidInputError:
        return
    assert normalise_name(normal) == normal
    assert normal.isprintable()


async def test_a_new_password_leaves_this_session_alone_signed_in() -> None:
    ada, eve = await make_tenant(), await make_tenant(name="Eve")
    now = datetime.now(UTC)
    async with transaction() as session:
        elsewhere = await open_session(session, ada.actor.user_id, now=now)
        user = await find_user(session, email=ada.actor.email)
    assert user is not None
    password_hash = await hash_password(PASSWORD)
    async with transaction() as session:
        await change_password(
            session, ada.actor, user, password_hash=password_hash, now=now
        )
    async with transaction() as session:
        assert await resolve_actor(session, ada.token) == ada.actor
    async with transaction() as session:
        assert await resolve_actor(session, eve.token) == eve.actor
    async with transaction() as session:
        with pytest.raises(UnauthenticatedError):
            await resolve_actor(session, elsewhere)
        changed = await find_user(session, email=ada.actor.email)
    await authenticate(changed, password=PASSWORD)
    with pytest.raises(UnauthenticatedError):
        async with transaction() as session:
            await change_password(
                session, ada.actor, user, password_hash="another", now=now
            )


async def test_a_person_is_called_what_they_say_and_nobody_else_is() -> None:
    ada, eve = await make_tenant(), await make_tenant(name="Eve")
    async with transaction() as session:
        assert await rename_user(session, ada.actor, name=" Ada King ") == "Ada King"
    for name in ("", " ", "x" * 121, "a\nb"):
        with pytest.raises(InvalidInputError):
            async with transaction() as session:
                await rename_user(session, ada.actor, name=name)
    async with transaction() as session:
        assert (await resolve_actor(session, ada.token)).user_name == "Ada King"
    async with transaction() as session:
        assert (await resolve_actor(session, eve.token)).user_name == "Eve"
