"""Registering, signing in and out, and who one is."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import AfterValidator, Field

from leadpulse_app.api.access import (
    ActorDep,
    CallerDep,
    SessionDep,
    refuse_other_origins,
)
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.database import transaction
from leadpulse_app.domain.account import (
    MAXIMUM_NAME_LENGTH,
    normalise_email,
    normalise_name,
)
from leadpulse_app.domain.errors import InvalidInputError, UnauthenticatedError
from leadpulse_app.domain.password import (
    MAXIMUM_PASSWORD_BYTES,
    MINIMUM_PASSWORD_BYTES,
    password_bytes,
)
from leadpulse_app.models import Role
from leadpulse_app.services.accounts import (
    authenticate,
    change_password,
    find_user,
    hash_password,
    register,
    require_same_password,
)
from leadpulse_app.services.actors import SESSION_COOKIE, Actor, resolve_actor
from leadpulse_app.services.keys import list_write_keys
from leadpulse_app.services.live import publish_actors
from leadpulse_app.services.sessions import (
    SESSION_LIFETIME,
    close_session,
    open_session,
)
from leadpulse_app.settings import get_settings

router = APIRouter(prefix="/api/auth", tags=["Accounts"])


def _valid_password(password: str) -> str:
    password_bytes(password)
    return password


class RegisterBody(Body):
    """A new account."""

    email: Annotated[
        str, AfterValidator(normalise_email), Field(examples=["ada@example.com"])
    ]
    password: Annotated[
        str,
        AfterValidator(_valid_password),
        Field(
            description=f"{MINIMUM_PASSWORD_BYTES} to {MAXIMUM_PASSWORD_BYTES} bytes "
            "of UTF-8."
        ),
    ]
    name: Annotated[
        str,
        AfterValidator(normalise_name),
        Field(description=f"1 to {MAXIMUM_NAME_LENGTH} characters."),
    ]


class LoginBody(Body):
    """Credentials."""

    email: str
    password: str


class NewPasswordBody(Body):
    """Another password, by whoever knows the one in force."""

    current_password: str
    new_password: Annotated[
        str,
        AfterValidator(_valid_password),
        Field(
            description=f"{MINIMUM_PASSWORD_BYTES} to {MAXIMUM_PASSWORD_BYTES} bytes "
            "of UTF-8."
        ),
    ]


class UserBody(Body):
    """A person."""

    id: UUID
    email: str
    name: str


class ProjectBody(Body):
    """The project a person works in."""

    id: UUID
    name: str
    api_key: Annotated[
        str | None,
        Field(description="The oldest write key; none if all are revoked."),
    ]


class SignInBody(Body):
    """A fresh sign-in; the token is also set as a cookie."""

    user: UserBody
    project: ProjectBody
    token: str


class MeBody(Body):
    """Who is signed in, and what they may do."""

    user: UserBody
    project: ProjectBody
    role: Role


@router.post("/register", status_code=201, dependencies=[Depends(refuse_other_origins)])
async def register_account(
    body: RegisterBody, response: Response
) -> Success[SignInBody]:
    """Make an account with a project, a write key and the default rules."""
    password_hash = await hash_password(body.password)
    now = datetime.now(UTC)
    async with transaction() as session:
        account = await register(
            session,
            email=body.email,
            password_hash=password_hash,
            name=body.name,
            now=now,
        )
        signed_in = await _sign_in(session, account.user_id, now=now)
    keep_token(response, signed_in.token)
    return Success(data=signed_in)


@router.post("/login", dependencies=[Depends(refuse_other_origins)])
async def log_in(body: LoginBody, response: Response) -> Success[SignInBody]:
    """Sign in with email and password."""
    async with transaction() as session:
        user = await find_user(session, email=body.email)
    user = await authenticate(user, password=body.password)
    async with transaction() as session:
        await require_same_password(session, user)
        signed_in = await _sign_in(session, user.id, now=datetime.now(UTC))
    keep_token(response, signed_in.token)
    return Success(data=signed_in)


@router.post("/logout")
async def log_out(actor: CallerDep, response: Response) -> Success[None]:
    """End this sign-in, wherever its token is held and its boards are open."""
    async with transaction() as session:
        await close_session(session, actor.session_id, now=datetime.now(UTC))
    await asyncio.to_thread(publish_actors, [actor.session_id])
    response.delete_cookie(
        SESSION_COOKIE,
        httponly=True,
        samesite="lax",
        secure=get_settings().secure_cookies,
    )
    return Success(data=None)


@router.post("/password")
async def give_new_password(actor: CallerDep, body: NewPasswordBody) -> Success[None]:
    """Change one's password; it ends every other sign-in of the account."""
    async with transaction() as session:
        user = await find_user(session, email=actor.email)
    try:
        user = await authenticate(user, password=body.current_password)
    except UnauthenticatedError:
        message = "This is not your current password"
        raise InvalidInputError(message, details={"currentPassword": message}) from None
    password_hash = await hash_password(body.new_password)
    async with transaction() as session:
        await change_password(
            session, actor, user, password_hash=password_hash, now=datetime.now(UTC)
        )
    await asyncio.to_thread(publish_actors, [actor.user_id])
    return Success(data=None)


@router.get("/me")
async def show_me(session: SessionDep, actor: ActorDep) -> Success[MeBody]:
    """Say who is signed in."""
    return Success(
        data=MeBody(
            user=_user(actor), project=await _project(session, actor), role=actor.role
        )
    )


@router.get("/project")
async def show_project(session: SessionDep, actor: ActorDep) -> Success[ProjectBody]:
    """Show the project one works in, with its write key."""
    return Success(data=await _project(session, actor))


async def _sign_in(session: SessionDep, user_id: UUID, *, now: datetime) -> SignInBody:
    token = await open_session(session, user_id, now=now)
    actor = await resolve_actor(session, token)
    return SignInBody(
        user=_user(actor), project=await _project(session, actor), token=token
    )


def _user(actor: Actor) -> UserBody:
    return UserBody(id=actor.user_id, email=actor.email, name=actor.user_name)


async def _project(session: SessionDep, actor: Actor) -> ProjectBody:
    keys = await list_write_keys(session, actor)
    return ProjectBody(
        id=actor.project_id,
        name=actor.project_name,
        api_key=keys[0].key if keys else None,
    )


def keep_token(response: Response, token: str) -> None:
    """Let the browser hold a token in its cookie."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=get_settings().secure_cookies,
    )
