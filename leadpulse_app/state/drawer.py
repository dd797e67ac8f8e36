"""The drawer of a live list: one thing of it, read with the list and in its address."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import reflex as rx
from reflex_base.event import EventSpec

from leadpulse_app.services.actors import Actor
from leadpulse_app.state import live
from leadpulse_app.state.given import read_message_id
from leadpulse_app.state.guard import current_actor
from leadpulse_app.state.pages import LivePage


@dataclass(frozen=True)
class Drawn:
    """What a drawer was read for, and what there is to show of it."""

    id: str = ""
    shown: object | None = None
    """None where there is no such thing."""


class Drawer(LivePage, mixin=True):
    """The part of a live list that shows one thing of it.

    The page has a var `drawn` for what is shown, says in `_read_drawn` how that is
    read, calls `_read_drawer` in `_read` and `_show_drawer` in `_show`.
    """

    DRAWER_PARAMETER: ClassVar[str]
    """What the address names the open thing by; assets/rows.js puts it there."""

    drawer_is_open: bool = False

    _drawn_id: str = ""

    async def _read_drawn(self, actor: Actor, drawn_id: str, now: datetime) -> Any:
        """Read what is shown of a thing; None where the project has no such thing.

        It touches nothing of the page: one reading may be for all who opened it.
        """
        raise NotImplementedError

    def _open(self) -> None:
        parameters = self.router.url.query_parameters
        self._drawn_id = read_message_id(parameters.get(self.DRAWER_PARAMETER, ""))
        if not self._drawn_id:
            self._close_drawer()
        super()._open()

    async def _read_drawer(self, actor: Actor, now: datetime) -> Drawn:
        drawn_id = self._drawn_id
        if not drawn_id:
            return Drawn()
        shown = await live.share(
            actor,
            ("drawer", self.DRAWER_PARAMETER, drawn_id),
            lambda: self._read_drawn(actor, drawn_id, now),
        )
        return Drawn(drawn_id, shown)

    def _show_drawer(self, drawn: Drawn) -> None:
        if drawn.id != self._drawn_id:  # opened or closed since that was read
            if self._drawn_id:
                live.hub.wake(self.router.session.client_token)
        elif drawn.shown is None:
            self._close_drawer()
        else:
            self._assign(drawn=drawn.shown, drawer_is_open=True)

    def _close_drawer(self) -> None:
        self._drawn_id = ""
        self._assign(drawer_is_open=False)

    @rx.event
    async def open_drawer(self, drawn_id: str) -> EventSpec:
        """Show one thing of the list."""
        actor, now = current_actor(), datetime.now(UTC)
        wanted = read_message_id(drawn_id)
        shown = await self._read_drawn(actor, wanted, now) if wanted else None
        self._drawn_id = wanted
        self._show_drawer(Drawn(wanted, shown))
        return _keep(self._drawn_id)

    @rx.event
    def toggle_drawer(self, is_open: bool) -> EventSpec | None:
        """Close the drawer; only a thing of the list opens it."""
        if is_open is not False:
            return None
        self._close_drawer()
        return _keep("")


def _keep(drawn_id: str) -> EventSpec:
    """Put the open thing into the address, without loading the page anew."""
    return rx.call_script(f"window.leadpulseRows?.keep({json.dumps(drawn_id)})")
