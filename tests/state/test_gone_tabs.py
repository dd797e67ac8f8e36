"""The state of a tab goes some minutes after the tab went."""

import time
from collections.abc import AsyncIterator

import pytest
import reflex as rx
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import BaseStateToken

from leadpulse_app.state import gone_tabs
from leadpulse_app.state.gone_tabs import KEPT_SECONDS, let_go


@pytest.fixture
async def manager() -> AsyncIterator[StateManagerMemory]:
    manager = StateManagerMemory()
    yield manager
    await manager.close()


async def open_tab(manager: StateManagerMemory, tab: str) -> None:
    await manager.get_state(BaseStateToken(ident=tab, cls=rx.State))


def expire(manager: StateManagerMemory, *, seconds: float) -> None:
    for tab, (expires_at, token) in manager._token_expires_at.items():
        manager._token_expires_at[tab] = (expires_at - seconds, token)


async def test_a_closed_tab_is_kept_for_a_while_and_then_let_go(
    manager: StateManagerMemory,
) -> None:
    open_tabs = {"open", "closed"}
    for tab in open_tabs:
        await open_tab(manager, tab)
    open_tabs.discard("closed")
    let_go(manager, open_tabs.__contains__, now=time.time())
    assert set(manager.states) == {"open", "closed"}
    expire(manager, seconds=KEPT_SECONDS)
    let_go(manager, open_tabs.__contains__, now=time.time())
    assert set(manager.states) == {"open"}
    assert set(manager._token_expires_at) == {"open"}


async def test_a_tab_that_comes_back_in_time_keeps_its_state(
    manager: StateManagerMemory,
) -> None:
    await open_tab(manager, "tab")
    let_go(manager, lambda _: False, now=time.time())
    await open_tab(manager, "tab")
    expire(manager, seconds=KEPT_SECONDS)
    let_go(manager, lambda _: True, now=time.time())
    assert set(manager.states) == {"tab"}


async def test_it_runs_with_the_web_process_and_ends_with_it() -> None:
    async with gone_tabs.run():
        pass
