"""Scoring rules and the immutable, numbered versions they are published in."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

MINIMUM_POINTS = -10_000
MAXIMUM_POINTS = 10_000

Points = Annotated[int, Field(ge=MINIMUM_POINTS, le=MAXIMUM_POINTS)]


class Rule(BaseModel):
    """Points for one type of event. The id stays the same in every version."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str = Field(min_length=1, max_length=120)
    description: str = Field(default="", max_length=500)
    event_type: str = Field(min_length=1, max_length=64)
    points: Points
    active: bool = True


class Ruleset(BaseModel):
    """One version of a project's rules. It never changes once published."""

    model_config = ConfigDict(frozen=True)

    version: int = Field(ge=1)
    rules: tuple[Rule, ...]

    @cached_property
    def _active_by_event_type(self) -> Mapping[str, tuple[Rule, ...]]:
        found: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules:
            if rule.active:
                found[rule.event_type] = (*found.get(rule.event_type, ()), rule)
        return found

    def matching(self, event_type: str) -> tuple[Rule, ...]:
        """Return the active rules that an event of this type fires, in their order."""
        return self._active_by_event_type.get(event_type, ())


DEFAULT_POINTS: Mapping[str, int] = {
    "page_view": 5,
    "email_open": 10,
    "form_submit": 20,
    "demo_request": 50,
    "contract_signed": 100,
    "webinar_attendance": 25,
    "pricing_page_visit": 15,
    "signup": 30,
    "download": 15,
    "unsubscribe": -20,
}
"""What a new project scores: points by event type."""
