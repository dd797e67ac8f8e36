"""Stands in front of every event handler and refuses what nobody signed in for.

Any client can call any public method of any state class with any argument. The
guard resolves the actor from the session cookie before the handler runs, denies
what is not on a short list, and clears a tab's state when its session changed.
While Postgres is away nobody can be told apart: then pages may begin to load, and
each resolves the actor itself once that can be done; nothing else runs.
"""

import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from uuid import UUID

import psycopg
import reflex as rx
from reflex.middleware import Middleware
from reflex.state import BaseState, OnLoadInternalState, State, StateUpdate
from reflex_base.event import Event, EventSpec
from reflex_base.utils.format import format_event_handler
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import cookie_parser

from leadpulse_app import database
from leadpulse_app.domain.errors import LeadPulseError, UnauthenticatedError
from leadpulse_app.services.actors import SESSION_COOKIE, Actor, resolve_actor
from leadpulse_app.services.sessions import read_token

logger = logging.getLogger(__name__)

SIGN_IN_PAGE = "/login"
FIRST_PAGE = "/overview"

_HYDRATING_EVENTS = frozenset(
    format_event_handler(State.event_handlers[name])
    for name in ("hydrate", "hydrate_and_load")
)
"""What sends a tab all that its state holds."""

PUBLIC_EVENTS = _HYDRATING_EVENTS | {
    format_event_handler(OnLoadInternalState.event_handlers[name])
    for name in ("on_load_internal", "set_is_hydrated")
}
"""What every page needs before anybody is known; none of it reads a project."""

_token: ContextVar[str | None] = ContextVar("session_token", default=None)
_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)
_session_id: ContextVar[str] = ContextVar("session_id", default="")
"""Whose the tab was when the running handler was called, as `SessionState` has it."""


def current_actor() -> Actor:
    """Return who called the running handler.

    Raises:
        UnauthenticatedError: The handler runs outside of the guard.
    """
    actor = _actor.get()
    if actor is None:
        raise UnauthenticatedError("Sign in to continue.")
    return actor


async def resolve_current_actor() -> Actor:
    """Return who called the running handler, checked against the database again.

    Raises:
        UnauthenticatedError: The session has ended since.
    """
    return await resolve_token(_token.get())


async def resolve_token(token: str | None) -> Actor:
    """Return who a token stands for, as the database says it.

    Raises:
        UnauthenticatedError: The session has ended, or there never was one.
    """
    async with database.transaction() as session:
        return await resolve_actor(session, token)


def current_token() -> str | None:
    """Return the session token that came with the event whose handler runs."""
    return _token.get()


class SessionState(rx.State):
    """Remembers whose session filled this tab's state."""

    _session_id: str = ""
    _project_id: UUID | None = None
    """The project it acted in; unknown where that began while Postgres was away."""


class TakenTabError(Exception):
    """A tab shows another session or project than the one that a handler works for."""


@asynccontextmanager
async def locked(state: BaseState, actor: Actor | None = None) -> AsyncIterator[None]:
    """Lock the state of a background handler, while its tab is still the caller's.

    A tab goes on through a sign-in and a change of project, and so does a handler that
    was called in it before: what it found is not for who is there by then.

    Args:
        state: What the handler was called on.
        actor: Whom it found this out for, where it asked who that is since the call.

    Raises:
        TakenTabError: The tab is another session's or project's by now. Nobody is told.
    """
    async with state:
        owner = await state.get_state(SessionState)
        wanted = actor or _actor.get()
        if owner._session_id != _session_id.get() or (
            wanted is not None and owner._project_id not in (None, wanted.project_id)
        ):
            raise TakenTabError
        yield


class Guard(Middleware):
    """Runs before every event of every tab."""

    def __init__(
        self, page_loads: Iterable[rx.EventHandler], end_board: Callable[[str], None]
    ) -> None:
        """Guard with handlers that may begin while Postgres is away.

        Args:
            page_loads: They read nothing but for an actor that they resolve
                themselves, as `live.follow` does.
            end_board: Ends what a tab follows, by its client token: a tab that was
                emptied shows nothing more of what it followed before.
        """
        self._page_loads = frozenset(map(format_event_handler, page_loads))
        self._end_board = end_board

    async def preprocess(
        self, app: rx.App, state: BaseState, event: Event
    ) -> StateUpdate | None:
        """Let the event through, or answer it with the way to the sign-in page.

        Raises:
            SQLAlchemyError: Postgres is away, and the event is no page that loads.
        """
        token = _session_token(state)
        _token.set(token)
        _actor.set(None)
        claimed = _claimed_session(token)
        _session_id.set(claimed)
        try:
            actor = await resolve_current_actor() if claimed else None
        except UnauthenticatedError:
            actor = None
        except SQLAlchemyError:
            if event.name not in PUBLIC_EVENTS | self._page_loads:
                raise
            await self._clear_another_sessions_state(
                state, claimed, None, certain=event.name not in _HYDRATING_EVENTS
            )
            return None
        _actor.set(actor)
        if actor is None:
            _session_id.set("")
            await self._clear_another_sessions_state(state, "", None)
            answer = rx.redirect(SIGN_IN_PAGE)
            is_refused = True
        else:
            # What was asked for on another's page is not done for this actor.
            is_refused = await self._clear_another_sessions_state(
                state, claimed, actor.project_id
            )
            answer = begin_anew()
        if is_refused and event.name not in PUBLIC_EVENTS | self._page_loads:
            return StateUpdate(events=Event.from_event_type(answer))
        return None

    async def _clear_another_sessions_state(
        self,
        state: BaseState,
        session_id: str,
        project_id: UUID | None,
        *,
        certain: bool = True,
    ) -> bool:
        """Empty a tab that was another session's or project's, or may have been.

        Return whether it was anybody's.
        """
        owner = await state.get_state(SessionState)
        before = owner._session_id
        # The same token acts in another project once its own is erased.
        is_there = project_id is None or owner._project_id in (None, project_id)
        is_same = certain and before == session_id and is_there
        if not is_same:
            self._end_board(state.router.session.client_token)
            for substate in state._get_root_state().substates.values():
                substate.reset()
            owner._session_id = session_id
        if project_id is not None and owner._project_id != project_id:
            owner._project_id = project_id
        return before != "" and not is_same


def _session_token(state: BaseState) -> str | None:
    # Read as the API reads it: http.cookies stops at a neighbour it dislikes.
    return cookie_parser(state.router.headers.cookie).get(SESSION_COOKIE)


def _claimed_session(token: str | None) -> str:
    """Return what a genuine token says, whose session may have ended; else nothing."""
    if not token:
        return ""
    try:
        claim = read_token(token)
    except UnauthenticatedError:
        return ""
    # A sign-in that acts in another project is shown nothing of the one before.
    return f"{claim.session_id} {claim.project_id or ''}".rstrip()


class AnotherProjectError(LeadPulseError):
    """A tab's session acts in another project than the one the tab shows."""

    status = 409
    code = "another_project"


def begin_anew() -> EventSpec:
    """Open the first page as if nothing had been shown before."""
    return rx.call_script(f"location.assign({FIRST_PAGE!r})")


def explain_failure(exception: Exception) -> EventSpec | None:
    """Tell the person what a failed handler means; the app's exception handler."""
    if isinstance(exception, TakenTabError):
        return None
    if isinstance(exception, UnauthenticatedError):
        return rx.redirect(SIGN_IN_PAGE)
    if isinstance(exception, AnotherProjectError):
        return begin_anew()
    if isinstance(exception, LeadPulseError):
        return rx.toast.error(exception.message)
    if isinstance(exception, SQLAlchemyError | psycopg.OperationalError):
        logger.warning("the database did not answer a page: %s", exception)
        return rx.toast.error(
            "That did not work: LeadPulse can't reach its database. "
            "Nothing is lost; try again when it is back.",
            id="database-away",
        )
    logger.error("a page failed", exc_info=exception)
    return rx.toast.error("That did not work. It has been logged.")
