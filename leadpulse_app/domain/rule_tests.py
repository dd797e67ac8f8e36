"""What people expect of a ruleset: this lead, or these events, must come out so.

The tests belong to the ruleset: they are drafted, published and brought back with it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from leadpulse_app.domain.conditions import Fields
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.fold import FIELDS, Input, Position, fold
from leadpulse_app.domain.properties import Json, sanitise_properties
from leadpulse_app.domain.ruleset import RESERVED_EVENT_TYPES, Ruleset
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


@dataclass(frozen=True, slots=True)
class RuleTestResult:
    """What came out of a test."""

    test: RuleTest
    score: int | None
    """Unknown where its lead is gone."""
    stage: Stage | None

    @property
    def passed(self) -> bool:
        """Whether it is what was expected."""
        if self.test.expected_stage is not None:
            return self.stage is self.test.expected_stage
        return self.score == self.test.expected_score


def run_test(
    test: RuleTest, ruleset: Ruleset, inputs: Iterable[Input] | None, *, now: datetime
) -> RuleTestResult:
    """Fold what a test is about, and compare.

    Args:
        test: The test.
        ruleset: What to fold by.
        inputs: Those of its lead, whatever their ruleset; None where it is gone.
        now: The moment up to which points lapse.
    """
    if test.lead_id is None:
        inputs = example_inputs(test, ruleset, now=now)
    elif inputs is None:
        return RuleTestResult(test, None, None)
    folded = fold((each._replace(ruleset=ruleset) for each in inputs), until=now)
    return RuleTestResult(test, folded.state.score, folded.stage)


def example_inputs(test: RuleTest, ruleset: Ruleset, *, now: datetime) -> list[Input]:
    """Return the inputs that a test's events would be, with its person's fields."""
    moments = [now - timedelta(days=event.days_ago) for event in test.events]
    known = Fields(test.email or None, test.full_name or None, test.company or None)
    said: Mapping[str, Json] = {
        name: value for name, value in known._asdict().items() if value
    }
    # Before the events, so that rules for what a lead is hold from the first.
    first = Input(
        Position(min(moments, default=now), ""), 0, FIELDS, said, None, True, ruleset
    )
    events = [
        Input(
            Position(moment, f"{number:03}"),
            number,
            event.type,
            None,
            event.properties,
            True,
            ruleset,
        )
        for number, (event, moment) in enumerate(
            zip(test.events, moments, strict=True), start=1
        )
    ]
    return [first, *events] if said else events
