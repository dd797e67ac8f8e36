"""Sign-ins: signed tokens that stand for a session row and end with it.

A token proves who signed in; the row says whether that still holds. So logging
out ends a token everywhere at once, however long it would have lived.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.domain.errors import UnauthenticatedError
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.models import Session
from leadpulse_app.settings import get_secret_key

SESSION_LIFETIME = timedelta(days=7)

_ALGORITHM = "HS256"
_ISSUER = "leadpulse"
_AUDIENCE = "leadpulse"


@dataclass(frozen=True, slots=True)
class SessionClaim:
    """What a genuine token says; only the session row can say that it still holds."""

    session_id: UUID
    user_id: UUID
    expires_at: datetime
    project_id: UUID | None = None
    """The project to act in; unknown for the one that the person joined first."""


async def open_session(session: AsyncSession, user_id: UUID, *, now: datetime) -> str:
    """Sign a user in and return the token, good for seven days from `now`."""
    sign_in = Session(
        id=uuid7(now),
        user_id=user_id,
        created_at=now,
        expires_at=now + SESSION_LIFETIME,
    )
    session.add(sign_in)
    await session.flush()
    return _write_token(SessionClaim(sign_in.id, user_id, sign_in.expires_at), now=now)


async def write_project_token(
    session: AsyncSession, session_id: UUID, project_id: UUID, *, now: datetime
) -> str:
    """Return a token of a sign-in that acts in a project; it ends with the sign-in.

    Whether its user is a member of the project is for the caller to know.
    """
    sign_in = await session.get_one(Session, session_id)
    claim = SessionClaim(sign_in.id, sign_in.user_id, sign_in.expires_at, project_id)
    return _write_token(claim, now=now)


def _write_token(claim: SessionClaim, *, now: datetime) -> str:
    """Return a genuine token that claims this, as of now."""
    claims: dict[str, object] = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "sub": str(claim.user_id),
        "jti": str(claim.session_id),
        "iat": now,
        "exp": claim.expires_at,
    }
    if claim.project_id is not None:
        claims["project"] = str(claim.project_id)
    return jwt.encode(claims, get_secret_key(), algorithm=_ALGORITHM)


def read_token(token: str) -> SessionClaim:
    """Return what a token claims, once its signature and dates are found good.

    Raises:
        UnauthenticatedError: It is forged, damaged, expired or not meant for us.
    """
    try:
        claims = jwt.decode(
            token,
            get_secret_key(),
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            audience=_AUDIENCE,
            options={"require": ["exp", "iat", "iss", "aud", "sub", "jti"]},
        )
        return SessionClaim(
            session_id=UUID(claims["jti"]),
            user_id=UUID(claims["sub"]),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            project_id=UUID(claims["project"]) if "project" in claims else None,
        )
    except (jwt.InvalidTokenError, ValueError, OverflowError):
        raise UnauthenticatedError("Sign in again; this session is not valid") from None


async def close_session(
    session: AsyncSession, session_id: UUID, *, now: datetime
) -> None:
    """End a sign-in: its token is refused from the commit on."""
    await session.execute(
        update(Session)
        .where(col(Session.id) == session_id, col(Session.revoked_at).is_(None))
        .values(revoked_at=now)
    )
