"""What people expect of a ruleset: this lead, or these events, must come out so.

The tests belong to the ruleset: they are drafted, published and brought back with it.
"""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.properties import (
    find_unstorable_text,
    sanitise_properties,
)
from leadpulse_app.domain.reserved import RESERVED_EVENT_TYPES
from leadpulse_app.domain.stage import Stage
from leadpulse_app.domain.traits import MAXIMUM_TRAIT_LENGTH

MAXIMUM_TESTS = 50
"""Of one ruleset: all of them run before it is published."""

MAXIMUM_EVENTS = 100
"""Of one test."""

MAXIMUM_DAYS_AGO = 3_650

EXPECTATION_RULE = "A test expects a stage or a score from 0 to 10,000"
SUBJECT_RULE = "A test is about a lead, or about a list of events"

_Trait = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=MAXIMUM_TRAIT_LENGTH, pattern=r"^[^\x00]*$"
    ),
]


class ExampleEvent(BaseModel):
    """An event that did not happen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_ .:\-$]{1,64}$")]
    properties: dict[str, Any] = {}
    days_ago: float = Field(default=0, ge=0, le=MAXIMUM_DAYS_AGO, allow_inf_nan=False)
    """Days before the moment at which the test runs."""

    @model_validator(mode="after")
    def _keep_what_ingest_would(self) -> Self:
        if self.type in RESERVED_EVENT_TYPES:
            raise InvalidInputError(f"{self.type} is no event that a test can hold")
        if find_unstorable_text(self.properties) is not None:
            raise InvalidInputError("The properties of an event hold no NUL character")
        if sanitise_properties(self.properties) != self.properties:
            raise InvalidInputError("The properties of an event are too large")
        return self


class RuleTest(BaseModel):
    """That a lead, or a list of events, must come out in a stage or at a score."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID
    name: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True,
            min_length=1,
            max_length=120,
            pattern=r"^[^\x00-\x1f\x7f]*$",
        ),
    ]
    lead_id: UUID | None = None
    events: Annotated[tuple[ExampleEvent, ...], Field(max_length=MAXIMUM_EVENTS)] = ()
    email: _Trait | None = None
    """What the person of the events is known as, with the two below."""
    full_name: _Trait | None = None
    company: _Trait | None = None
    expected_stage: Stage | None = None
    expected_score: int | None = Field(default=None, strict=True, ge=0, le=10_000)

    @model_validator(mode="after")
    def _be_about_something(self) -> Self:
        if (self.lead_id is None) is (not self.events):
            raise InvalidInputError(SUBJECT_RULE)
        if (self.expected_stage is None) is (self.expected_score is None):
            raise InvalidInputError(EXPECTATION_RULE)
        return self
