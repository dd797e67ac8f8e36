"""Accounts: registering with a project of one's own, and proving who one is.

Hashing takes a good part of a second by design. It happens outside of any
transaction, off the event loop and few at a time, so that a flood of sign-ins
slows down sign-ins alone.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import ParamSpec, TypeVar
from uuid import UUID

import bcrypt
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.account import normalise_email, normalise_name
from leadpulse_app.domain.errors import (
    ConflictError,
    InvalidInputError,
    UnauthenticatedError,
    UnavailableError,
)
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.domain.password import password_bytes
from leadpulse_app.models import Session, User
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.keys import WriteKey
from leadpulse_app.services.projects import add_project

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

BCRYPT_ROUNDS = 12

MAXIMUM_WAITING_HASHES = 32
"""Hashes that may wait for their turn: some ten seconds' work of one core."""

_NOBODYS_HASH = b"$2b$12$mlxOUxpATnjxCG2hrdVvfuARPO3bqYsnDhkYTu4ocJuGXHQBRQb6W"
"""Checked where nobody has the email, so that the time taken doesn't tell."""

_hashing = ThreadPoolExecutor(
    max_workers=max(1, (os.cpu_count() or 1) // 2), thread_name_prefix="bcrypt"
)
_hashing_slots = asyncio.Semaphore(MAXIMUM_WAITING_HASHES)


@dataclass(frozen=True, slots=True)
class Registration:
    """A new account and the project that came with it."""

    user_id: UUID
    email: str
    user_name: str
    project_id: UUID
    project_name: str
    write_key: WriteKey


async def hash_password(password: str) -> str:
    """Return the bcrypt hash of a password.

    Raises:
        InvalidInputError: The password is not 10..72 bytes of UTF-8.
        UnavailableError: Too many hashes are being waited for.
    """
    salt = bcrypt.gensalt(BCRYPT_ROUNDS)
    return (await _in_turn(bcrypt.hashpw, password_bytes(password), salt)).decode()


async def register(
    session: AsyncSession, *, email: str, password_hash: str, name: str, now: datetime
) -> Registration:
    """Make an account, its project with the default rules, and a write key.

    Args:
        session: A transaction; it is left scoped to the new project.
        email: Where the person signs in; kept trimmed and in lower case.
        password_hash: From `hash_password`.
        name: What the person is called, 1..120 characters.
        now: The time of registration.

    Raises:
        InvalidInputError: The email or the name is not valid.
        ConflictError: Somebody has this email already.
    """
    email, name = normalise_email(email), normalise_name(name)
    user_id = uuid7(now)
    inserted = await session.execute(
        insert(User)
        .values(
            id=user_id,
            email=email,
            name=name,
            password_hash=password_hash,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[col(User.email)])
        .returning(col(User.id))
    )
    if inserted.one_or_none() is None:
        raise ConflictError("There is an account with this email already")
    project = await add_project(session, user_id, name=f"{name}'s project", now=now)
    return Registration(
        user_id, email, name, project.id, project.name, project.write_key
    )


async def change_password(
    session: AsyncSession,
    actor: Actor,
    user: User,
    *,
    password_hash: str,
    now: datetime,
) -> None:
    """Give the actor a new password, and sign them out everywhere but here.

    The caller announces the actor by `services.live.publish_actors` after the commit.

    Args:
        session: A transaction.
        actor: Whose password it is.
        user: The account as its current password was just checked.
        password_hash: From `hash_password`.
        now: When the other sessions end.

    Raises:
        UnauthenticatedError: The password was changed meanwhile.
    """
    await require_same_password(session, user)
    await session.execute(
        update(User)
        .where(col(User.id) == actor.user_id)
        .values(password_hash=password_hash)
    )
    await session.execute(
        update(Session)
        .where(
            col(Session.user_id) == actor.user_id,
            col(Session.id) != actor.session_id,
            col(Session.revoked_at).is_(None),
        )
        .values(revoked_at=now)
    )


async def rename_user(session: AsyncSession, actor: Actor, *, name: str) -> str:
    """Call the actor something else; return the name as it is kept.

    Raises:
        InvalidInputError: The name is not 1..120 printable characters.
    """
    name = normalise_name(name)
    await session.execute(
        update(User).where(col(User.id) == actor.user_id).values(name=name)
    )
    return name


async def find_user(session: AsyncSession, *, email: str) -> User | None:
    """Return who signs in with this email, however it is spelled, or None."""
    try:
        normal = normalise_email(email)
    except InvalidInputError:
        return None
    return await session.scalar(select(User).where(col(User.email) == normal))


async def authenticate(user: User | None, *, password: str) -> User:
    """Return the user if the password is theirs; takes as long where there is none.

    Raises:
        UnauthenticatedError: There is no such user or the password is wrong; which
            of the two is not told.
        UnavailableError: Too many hashes are being waited for.
    """
    try:
        candidate = password_bytes(password)
    except InvalidInputError:
        user, candidate = None, b""
    expected = user.password_hash.encode() if user else _NOBODYS_HASH
    matches = await _in_turn(bcrypt.checkpw, candidate, expected)
    if user is None or not matches:
        raise UnauthenticatedError("The email or the password is wrong")
    return user


async def require_same_password(session: AsyncSession, user: User) -> None:
    """Hold the password that was just checked until the transaction ends.

    A reset that came in between ends the sign-in; one that comes later waits, and
    then ends the session that the transaction opens.

    Raises:
        UnauthenticatedError: The password is another one by now.
    """
    current = await session.scalar(
        select(col(User.password_hash))
        .where(col(User.id) == user.id)
        .with_for_update(read=True)
    )
    if current != user.password_hash:
        raise UnauthenticatedError("The email or the password is wrong")


async def _in_turn(
    function: Callable[Arguments, Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    if _hashing_slots.locked():
        raise UnavailableError("Too many people sign in at once", retry_after=5)
    async with _hashing_slots:
        return await asyncio.get_running_loop().run_in_executor(
            _hashing, partial(function, *args, **kwargs)
        )
