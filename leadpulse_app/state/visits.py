"""Tells a page that a tab came to from one that it only loads again.

A tab loads its page again whenever the address's filters change and whenever its
connection comes back. The page on the screen is the same one then: an open dialog stays
open, and a file that is on its way goes on.
"""

import reflex as rx
from reflex.middleware import Middleware
from reflex.state import BaseState, OnLoadInternalState, State, StateUpdate
from reflex_base.event import Event
from reflex_base.utils.format import format_event_handler

DOCUMENT_LOAD = format_event_handler(State.event_handlers["hydrate_and_load"])
PAGE_LOAD = format_event_handler(OnLoadInternalState.event_handlers["on_load_internal"])


class VisitState(rx.State):
    """Which page a tab shows."""

    _number: int = 0
    """Counts the pages that it came to."""
    _path: str = ""


class CountVisits(Middleware):
    """Notes when a tab comes to a page."""

    async def preprocess(
        self, app: rx.App, state: BaseState, event: Event
    ) -> StateUpdate | None:
        """Let every event through."""
        # A document sends hashes of what it was built with when it connects first.
        if event.name == DOCUMENT_LOAD and event.payload.get("hashes"):
            (await state.get_state(VisitState))._path = ""
        elif event.name == PAGE_LOAD:
            visit, path = await state.get_state(VisitState), state.router.url.path
            if visit._path != path:
                visit._path = path
                visit._number += 1
        return None
