"""A browser tab of a signed-in person, without the browser."""

from datetime import UTC, datetime
from typing import Any, TypeVar

import reflex as rx
from reflex.istate.data import ReflexURL, URLData
from reflex_base.event import Event

from leadpulse_app.dashboard import app
from leadpulse_app.services.actors import Actor
from leadpulse_app.state import guard
from leadpulse_app.state.pages import Page
from leadpulse_app.state.visits import DOCUMENT_LOAD, PAGE_LOAD, CountVisits

PageState = TypeVar("PageState", bound=rx.State)


class Tab:
    """The states of one tab, at one address."""

    def __init__(
        self, actor: Actor, address: str = "/", *, token: str | None = None
    ) -> None:
        self.actor = actor
        self.token = token
        self.root = rx.State(_reflex_internal_init=True)
        self.go(address)

    def go(self, address: str) -> None:
        url = ReflexURL(f"http://localhost:8000{address}")
        self.root.rx_router_url = URLData.from_url(url)

    def state(self, state_class: type[PageState]) -> PageState:
        state = self.root.substates[state_class.get_name()]
        assert isinstance(state, state_class)
        return state

    async def reload(self) -> None:
        """Begin a new document, whose page is then opened."""
        await self._pass(Event(name=DOCUMENT_LOAD, payload={"hashes": ["0"]}))

    async def reconnect(self) -> None:
        """Come back to the document that was there, whose page is opened again."""
        await self._pass(Event(name=DOCUMENT_LOAD, payload={}))

    async def _pass(self, event: Event) -> None:
        await CountVisits().preprocess(app, self.root, event)

    async def open(self, state_class: type[PageState]) -> PageState:
        """Read a page and show it, as its handler does."""
        await self._pass(Event(name=PAGE_LOAD, payload={}))
        state = self.state(state_class)
        assert isinstance(state, Page)
        await state._begin()
        state._show(await state._read(self.actor, datetime.now(UTC)))
        return state

    async def call(self, state: rx.State, handler: str, *arguments: Any) -> Any:
        """Run a handler with arguments as any client can send them."""
        guard._actor.set(self.actor)
        guard._token.set(self.token)
        guard._session_id.set("")
        outcome = type(state).event_handlers[handler].fn(state, *arguments)
        return await outcome if hasattr(outcome, "__await__") else outcome


def sent(event: Any) -> str:
    """Return what an event tells the browser, as text."""
    return str(event.args)
