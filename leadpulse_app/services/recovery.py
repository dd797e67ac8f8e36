"""Recovering access to an account whose password is lost."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.errors import NotFoundError
from leadpulse_app.models import Session
from leadpulse_app.services.accounts import find_user


async def reset_password(
    session: AsyncSession, *, email: str, password_hash: str, now: datetime
) -> UUID:
    """Give an account a new password and end all of its sign-ins.

    Args:
        session: A transaction; it needs no scope.
        email: Whose account.
        password_hash: From `accounts.hash_password`.
        now: The time of the change.

    Returns:
        The user, whose ended sessions are to be announced after the commit.

    Raises:
        NotFoundError: Nobody has this email.
    """
    user = await find_user(session, email=email)
    if user is None:
        raise NotFoundError(f"There is no account with the email {email}")
    user.password_hash = password_hash
    await session.execute(
        update(Session)
        .where(col(Session.user_id) == user.id, col(Session.revoked_at).is_(None))
        .values(revoked_at=now)
    )
    return user.id
