"""Who calls a route: the transaction it runs in and the actor behind it.

A browser sends its cookie along with requests that other sites make it send, so a
cookie alone changes something only where the request comes from our own pages.
"""

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import ForbiddenError
from leadpulse_app.services.actors import SESSION_COOKIE, Actor, resolve_actor
from leadpulse_app.services.ingest import GroupCommit
from leadpulse_app.settings import get_settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_bearer = HTTPBearer(auto_error=False, description="The `token` of a sign-in.")
_cookie = APIKeyCookie(
    name=SESSION_COOKIE,
    auto_error=False,
    description="Set by a sign-in in a browser; changes something from our pages only.",
)


async def _open_transaction() -> AsyncIterator[AsyncSession]:
    async with transaction() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(_open_transaction, scope="function")]
"""A transaction that is committed before the answer leaves."""


async def _token(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    cookie: Annotated[str | None, Depends(_cookie)],
) -> str | None:
    if bearer is not None:
        return bearer.credentials
    if cookie is not None and request.method not in SAFE_METHODS:
        require_same_origin(request)
    return cookie


async def _actor(
    session: SessionDep, token: Annotated[str | None, Depends(_token)]
) -> Actor:
    return await resolve_actor(session, token)


ActorDep = Annotated[Actor, Depends(_actor)]
"""Who is signed in; the transaction sees their project alone."""


async def _caller(token: Annotated[str | None, Depends(_token)]) -> Actor:
    async with transaction() as session:
        return await resolve_actor(session, token)


CallerDep = Annotated[Actor, Depends(_caller)]
"""Who is signed in, for a route that opens transactions of its own."""


def _group_commit(request: Request) -> GroupCommit:
    group_commit: GroupCommit = request.app.state.group_commit
    return group_commit


GroupCommitDep = Annotated[GroupCommit, Depends(_group_commit)]
"""What stores events in this process."""


def require_same_origin(request: Request) -> None:
    """Let a request go on only if one of our own pages sent it.

    Browsers name the sending page in `Origin`; some leave it out where the page is
    our own, and then say so in `Sec-Fetch-Site` or `Referer`.

    Raises:
        ForbiddenError: Another site sent it, or nothing says who did.
    """
    origin = request.headers.get("origin")
    if origin is not None:
        same = _is_ours(request, origin)
    elif "sec-fetch-site" in request.headers:
        same = request.headers["sec-fetch-site"] == "same-origin"
    else:
        same = _is_ours(request, request.headers.get("referer", ""))
    if not same:
        raise ForbiddenError("This has to come from LeadPulse's own pages")


def refuse_other_origins(request: Request) -> None:
    """Stop another site's page from signing its visitor in as somebody else.

    Callers that are no browsers name no origin and go on.

    Raises:
        ForbiddenError: Another site's page sent the request.
    """
    if "origin" in request.headers or "sec-fetch-site" in request.headers:
        require_same_origin(request)


def _is_ours(request: Request, address: str) -> bool:
    try:
        sender = urlsplit(address)
        public = urlsplit(get_settings().public_url)
    except ValueError:
        return False
    if (sender.scheme, sender.netloc) == (public.scheme, public.netloc):
        return True
    return sender.scheme in {"http", "https"} and (
        sender.netloc == request.headers.get("host")
    )
