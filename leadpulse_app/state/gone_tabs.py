"""Lets go of what tabs showed that are gone.

Reflex keeps the state of a tab for an hour after its last event, also where the tab was
closed. A tab that only lost its connection comes back within seconds, and finds its
state; one that comes back after `KEPT_SECONDS` loads its page anew.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from reflex.istate.manager import StateManager
from reflex.istate.manager.memory import StateManagerMemory
from reflex_base.registry import RegistrationContext

from leadpulse_app.state.live import hub

KEPT_SECONDS = 600.0
"""How long a tab may be away: a walk with the laptop shut."""

SWEEP_SECONDS = 60.0


@asynccontextmanager
async def run() -> AsyncIterator[None]:
    """Let go of the tabs that are gone, for as long as the web process serves."""
    sweeping = asyncio.create_task(_sweep(), name="gone-tabs")
    try:
        yield
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping


async def _sweep() -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        manager = RegistrationContext.get().app.state_manager
        let_go(manager, hub.is_open, now=time.time())


def let_go(
    manager: StateManager, is_open: Callable[[str], bool], *, now: float
) -> None:
    """Drop the states of tabs that have been gone for `KEPT_SECONDS`.

    Args:
        manager: Holds the states; those in Redis expire there by themselves.
        is_open: Whether this process holds the open websocket of a tab.
        now: The Unix time in seconds.
    """
    if not isinstance(manager, StateManagerMemory):
        return
    expiries = manager._token_expires_at
    for tab, (expires_at, token) in tuple(expiries.items()):
        if not is_open(tab):
            # Whatever the tab does once it is back puts this off again.
            expiries[tab] = (min(expires_at, now + KEPT_SECONDS), token)
    manager._purge_expired_tokens()
