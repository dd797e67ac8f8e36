"""Who is asking: one answer for the API, the dashboard and live updates.

Everything a request may see follows from the actor, so nothing else decides which
project's rows a transaction is scoped to.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from leadpulse_app.database import set_scope
from leadpulse_app.domain.errors import ForbiddenError, UnauthenticatedError
from leadpulse_app.models import Membership, Project, Role, Session, User
from leadpulse_app.services.sessions import read_token

SESSION_COOKIE = "leadpulse_session"
"""The cookie in which a browser holds the token; scripts can't read it."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, in the project they work in."""

    user_id: UUID
    email: str
    user_name: str
    project_id: UUID
    project_name: str
    time_zone: str
    role: Role
    session_id: UUID

    def require_admin(self) -> None:
        """Let nobody but an admin of the project go on.

        Raises:
            ForbiddenError: The actor is an ordinary member.
        """
        if self.role is not Role.ADMIN:
            raise ForbiddenError("Only an admin of the project may do this")


async def resolve_actor(session: AsyncSession, token: str | None) -> Actor:
    """Return who a token stands for, and scope the transaction to their project.

    A person in several projects acts in the one that the token names, and otherwise,
    or where they are no member of it any more, in the one they joined first.

    Args:
        session: A transaction; from here on it sees the actor's project alone.
        token: What the cookie or the Authorization header held.

    Raises:
        UnauthenticatedError: There is no token, it isn't genuine, the session has
            ended, or the person is in no project.
    """
    if not token:
        raise UnauthenticatedError("Sign in first")
    claim = read_token(token)
    found = await session.execute(
        select(
            col(User.email),
            col(User.name),
            col(Membership.project_id),
            col(Membership.role),
        )
        .join(Session, col(Session.user_id) == col(User.id))
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(
            col(Session.id) == claim.session_id,
            col(User.id) == claim.user_id,
            col(Session.revoked_at).is_(None),
            col(Session.expires_at) > func.now(),
        )
        .order_by(
            (col(Membership.project_id) != claim.project_id).asc().nulls_first(),
            col(Membership.created_at),
            col(Membership.project_id),
        )
        .limit(1)
    )
    row = found.one_or_none()
    if row is None:
        raise UnauthenticatedError("Sign in again; this session has ended")
    email, user_name, project_id, role = row
    await set_scope(session, project_id)
    project_name, time_zone = (
        await session.execute(
            select(col(Project.name), col(Project.time_zone)).where(
                col(Project.id) == project_id
            )
        )
    ).one()
    return Actor(
        user_id=claim.user_id,
        email=email,
        user_name=user_name,
        project_id=project_id,
        project_name=project_name,
        time_zone=time_zone,
        role=Role(role),
        session_id=claim.session_id,
    )
