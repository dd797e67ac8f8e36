"""Which events the page of events shows, as its address says it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID

from leadpulse_app.domain.event import MAX_TYPE_LENGTH
from leadpulse_app.state.given import read_uuid

EVENTS_PATH = "/events"

MAXIMUM_CURSOR_LENGTH = 2_000


@dataclass(frozen=True)
class EventAddress:
    """Where a page of events is."""

    event_type: str = ""
    lead_id: UUID | None = None
    only_held: bool = False
    by_session: bool = False
    """Whether a lead's events stand session by session; of whatever type they are."""
    cursor: str = ""
    """Where the page before ended; empty for the newest."""

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "EventAddress":
        """Read the address; what can't be read is left out."""
        event_type, cursor = parameters.get("type", ""), parameters.get("before", "")
        lead_id = read_uuid(parameters.get("lead", ""))
        by_session = lead_id is not None and parameters.get("view") == "sessions"
        is_type = event_type.isprintable() and len(event_type) <= MAX_TYPE_LENGTH
        return cls(
            event_type=event_type if is_type and not by_session else "",
            lead_id=lead_id,
            only_held=parameters.get("show") == "bots" and not by_session,
            by_session=by_session,
            cursor=cursor if len(cursor) <= MAXIMUM_CURSOR_LENGTH else "",
        )

    @property
    def parameters(self) -> dict[str, str]:
        """What the address holds, without what goes without saying."""
        named = {
            "show": "bots" if self.only_held else "",
            "type": self.event_type,
            "lead": str(self.lead_id or ""),
            "view": "sessions" if self.by_session else "",
            "before": self.cursor,
        }
        return {name: value for name, value in named.items() if value}

    @property
    def is_filtered(self) -> bool:
        """Whether it leaves events out."""
        return self.newest != EventAddress()

    @property
    def newest(self) -> "EventAddress":
        """The first page of the same events."""
        return replace(self, cursor="")

    def href(self, **more: str) -> str:
        """Return the address as a link, with more parameters where they are given."""
        parameters = {**self.parameters, **more}
        return f"{EVENTS_PATH}?{urlencode(parameters)}" if parameters else EVENTS_PATH

    def changed(self, **changes: str) -> "EventAddress":
        """Return the newest page with some parameters changed.

        An empty value takes a parameter away; what can't be read is left out.
        """
        return EventAddress.of({**self.parameters, "before": "", **changes})
