"""Scoring rules and the immutable, numbered versions they are published in.

Edits keep the order of a project's rules (`rule_edits`), so that any two of its
versions have the rules that both hold in the same one.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Self, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from leadpulse_app.domain.conditions import (
    ALWAYS,
    LEAD,
    MAXIMUM_CONDITIONS,
    MAXIMUM_DEPTH,
    PROPERTIES,
    ConditionGroup,
)
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.reserved import ADJUST, RESERVED_EVENT_TYPES
from leadpulse_app.domain.rule_tests import MAXIMUM_TESTS, RuleTest
from leadpulse_app.domain.stage import DEFAULT_THRESHOLDS, Thresholds

MINIMUM_POINTS = -10_000
MAXIMUM_POINTS = 10_000

MAXIMUM_RULES = 200
"""Rules of one project: every board and every publication reads them all."""

MAXIMUM_RULES_LENGTH = 500_000
"""Characters of all rules of a project as JSON: every version is kept, and a page of
the history reads many."""

MAXIMUM_EXPIRY_DAYS = 3_650

ANY_EVENT = "*"
"""What a rule is for that fires on every event."""

EVENT_TYPE_PATTERN = r"^(?:\*|[A-Za-z0-9_ .:\-$]{1,64})$"

NAME_RULE = "The name has to be 1 to 120 characters on one line"
DESCRIPTION_RULE = "The description may be 500 characters long at most"
EVENT_TYPE_RULE = (
    "The event has to be 1 to 64 letters, digits, spaces or any of _ . : - $, "
    "or * for every event"
)
POINTS_RULE = (
    f"The points have to be a whole number from {MINIMUM_POINTS:,} "
    f"to {MAXIMUM_POINTS:,}"
)
EXPIRY_RULE = f"Points expire after 1 to {MAXIMUM_EXPIRY_DAYS:,} whole days"
CAP_RULE = (
    "A cap is a whole number of times, or of points, from 1 to 10,000, "
    "per day, week or ever"
)
FIT_EVENT_RULE = "A rule for what a lead is fires on no event"
FIT_CONDITIONS_RULE = (
    "A rule for what a lead is needs a condition, and only on the lead's fields"
)
FIT_CAP_RULE = "A rule for what a lead is gives its points once, so it has no cap"
FIT_EXPIRY_RULE = "The points for what a lead is don't expire: they go when it changes"
KIND_RULE = "A rule for events can't become one for what a lead is, nor the reverse"


def _or_say(rule: str) -> WrapValidator:
    def validate(value: Any, accept: ValidatorFunctionWrapHandler) -> Any:
        try:
            return accept(value)
        except ValidationError:
            raise InvalidInputError(rule) from None

    return WrapValidator(validate)


def _refuse_reserved(value: Any, accept: ValidatorFunctionWrapHandler) -> Any:
    event_type = accept(value)
    if event_type in RESERVED_EVENT_TYPES:
        raise InvalidInputError(f"{event_type} is no event that a rule can be for")
    return event_type


RuleName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=120,
        pattern=r"^[^\x00-\x1f\x7f]*$",
    ),
    _or_say(NAME_RULE),
]
Description = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^[^\x00]*$"),
    _or_say(DESCRIPTION_RULE),
]
EventType = Annotated[
    str,
    StringConstraints(pattern=EVENT_TYPE_PATTERN),
    _or_say(EVENT_TYPE_RULE),
    WrapValidator(_refuse_reserved),
]
Points = Annotated[
    int,
    Field(strict=True, ge=MINIMUM_POINTS, le=MAXIMUM_POINTS),
    _or_say(POINTS_RULE),
]
ExpiryDays = Annotated[
    int,
    Field(strict=True, ge=1, le=MAXIMUM_EXPIRY_DAYS),
    _or_say(EXPIRY_RULE),
]


def _read_conditions(value: Any, accept: ValidatorFunctionWrapHandler) -> Any:
    if value is None:
        return ALWAYS
    if isinstance(value, list | tuple):
        value = {"conditions": value}
    try:
        return accept(value)
    except ValidationError as error:
        raise InvalidInputError(
            f"The conditions can't be read: {_first(error)}"
        ) from None


def _first(error: ValidationError) -> str:
    # Whatever is no condition may be meant as a group, and is no group either: what is
    # said in our words, or lies deepest, is about what was meant.
    problems = error.errors(include_url=False, include_input=False)
    in_words = [each for each in problems if "error" in each.get("ctx", {})]
    problem = max(in_words or problems, key=lambda each: len(each["loc"]))
    return str(problem.get("ctx", {}).get("error", problem["msg"]))


Conditions = Annotated[ConditionGroup, WrapValidator(_read_conditions)]
"""A group of conditions. A list of them stands for all of them, null for none."""


class RuleKind(StrEnum):
    """What a rule looks at."""

    BEHAVIOUR = "behaviour"
    """It fires on events."""
    FIT = "fit"
    """It holds while what the lead is known as satisfies its conditions. It gives its
    points once, and takes back what it gave when they hold no more."""


class Period(StrEnum):
    """How long a cap counts before it begins anew, in the project's time zone."""

    DAY = "day"
    WEEK = "week"
    """From Monday."""
    EVER = "ever"


class Cap(BaseModel):
    """How often a rule gives points to one lead, or how many, within a period."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    times: int | None = Field(default=None, strict=True, ge=1, le=MAXIMUM_POINTS)
    points: int | None = Field(default=None, strict=True, ge=1, le=MAXIMUM_POINTS)
    """Of a rule that takes points: how many at most it takes."""
    per: Period

    @model_validator(mode="after")
    def _limit_one(self) -> Self:
        if (self.times is None) is (self.points is None):
            raise InvalidInputError(CAP_RULE)
        return self


class RuleContent(BaseModel):
    """What a person says of a rule."""

    model_config = ConfigDict(frozen=True)

    name: RuleName
    description: Description = ""
    kind: RuleKind = RuleKind.BEHAVIOUR
    event_type: EventType | None = Field(default=None, validate_default=True)
    """Of a behaviour rule: the type of event that it fires on, or `*`."""
    points: Points
    active: bool = True
    conditions: Conditions = Field(default=ALWAYS, validate_default=True)
    cap: Annotated[Cap | None, _or_say(CAP_RULE)] = None
    expires_after_days: ExpiryDays | None = None
    """Days after the event at whose end its points lapse."""

    @field_validator("event_type")
    @classmethod
    def _fit_kind(cls, value: str | None, info: ValidationInfo) -> str | None:
        kind = info.data.get("kind", RuleKind.BEHAVIOUR)
        if kind is RuleKind.FIT and value is not None:
            raise InvalidInputError(FIT_EVENT_RULE)
        if kind is RuleKind.BEHAVIOUR and value is None:
            raise InvalidInputError(EVENT_TYPE_RULE)
        return value

    @field_validator("conditions")
    @classmethod
    def _bound_conditions(
        cls, value: ConditionGroup, info: ValidationInfo
    ) -> ConditionGroup:
        flat = list(value.flat())
        if len(flat) > MAXIMUM_CONDITIONS or value.depth() > MAXIMUM_DEPTH:
            raise InvalidInputError(
                f"A rule has {MAXIMUM_CONDITIONS} conditions at most, in groups "
                f"{MAXIMUM_DEPTH} deep"
            )
        if info.data.get("kind") is RuleKind.FIT and not (
            flat and all(each.field.startswith(LEAD) for each in flat)
        ):
            raise InvalidInputError(FIT_CONDITIONS_RULE)
        return value

    @field_validator("cap", "expires_after_days")
    @classmethod
    def _leave_out_of_fit(cls, value: Any, info: ValidationInfo) -> Any:
        if info.data.get("kind") is RuleKind.FIT and value is not None:
            raise InvalidInputError(
                FIT_CAP_RULE if info.field_name == "cap" else FIT_EXPIRY_RULE
            )
        return value


class Rule(RuleContent):
    """Points for events, or for what a lead is. The id is the same in every version."""

    id: UUID

    @cached_property
    def reads_properties(self) -> bool:
        """Whether what it asks of an event can't be told from the event's type."""
        return any(each.field.startswith(PROPERTIES) for each in self.conditions.flat())

    @cached_property
    def is_plain(self) -> bool:
        """Whether it gives its points for every event of its type, for good."""
        return (
            not self.conditions.conditions
            and self.cap is None
            and self.expires_after_days is None
        )


Rules: TypeAlias = tuple[Rule, ...]


class GroupCaps(BaseModel):
    """How many points a lead may have at most from each kind of rules, if limited."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    behaviour: int | None = Field(default=None, strict=True, ge=1, le=MAXIMUM_POINTS)
    fit: int | None = Field(default=None, strict=True, ge=1, le=MAXIMUM_POINTS)


class RulesetContent(BaseModel):
    """What people say of a ruleset: its rules, and what holds for all of them."""

    model_config = ConfigDict(frozen=True)

    rules: Rules
    thresholds: Thresholds = DEFAULT_THRESHOLDS
    group_caps: GroupCaps = GroupCaps()
    tests: Annotated[tuple[RuleTest, ...], Field(max_length=MAXIMUM_TESTS)] = ()
    """What has to come out under it."""

    def with_rules(self, rules: Rules) -> "RulesetContent":
        """Return the same with other rules.

        Raises:
            InvalidInputError: There are none, or more than 200.
        """
        return RulesetContent(
            rules=bounded(rules), **{each: getattr(self, each) for each in SETTINGS}
        )


SETTINGS = ("thresholds", "group_caps", "tests")
"""What a ruleset says beside its rules."""


class Ruleset(RulesetContent):
    """One version of a project's rules. It never changes once published."""

    version: int = Field(ge=1)
    time_zone: str = "UTC"
    """In which days and weeks begin."""

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which days and weeks begin."""
        return ZoneInfo(self.time_zone)

    @cached_property
    def _active(self) -> Rules:
        return tuple(rule for rule in self.rules if rule.active)

    @cached_property
    def fit_rules(self) -> Rules:
        """The active rules for what a lead is, in their order."""
        return tuple(rule for rule in self._active if rule.kind is RuleKind.FIT)

    @cached_property
    def capped_rules(self) -> Rules:
        """The active rules with a cap, in their order."""
        return tuple(rule for rule in self._active if rule.cap is not None)

    @cached_property
    def has_memory(self) -> bool:
        """Whether what an event gives depends on more than the score before it."""
        return bool(
            self.fit_rules
            or self.capped_rules
            or self.group_caps.behaviour is not None
            or self.group_caps.fit is not None
        )

    @cached_property
    def _by_event_type(self) -> Mapping[str, Rules]:
        types = {rule.event_type for rule in self._active if rule.event_type}
        found: dict[str, Rules] = {
            event_type: tuple(
                rule
                for rule in self._active
                if rule.event_type in (event_type, ANY_EVENT)
            )
            for event_type in types
        }
        return found | dict.fromkeys(RESERVED_EVENT_TYPES, ())

    def matching(self, event_type: str) -> Rules:
        """Return the active rules for events of this type, in their order."""
        found = self._by_event_type.get(event_type)
        return self._by_event_type.get(ANY_EVENT, ()) if found is None else found

    def reads_properties(self, event_type: str) -> bool:
        """Return whether the properties of such an event decide what it gives."""
        return event_type == ADJUST or any(
            rule.reads_properties for rule in self.matching(event_type)
        )


def rule_content(fields: Mapping[str, object]) -> RuleContent:
    """Return what a person said of a rule, if it can be said of one.

    Args:
        fields: What was said, by the names of `RuleContent`; others are ignored.

    Raises:
        InvalidInputError: Some of it can't; the details say so by field.
    """
    try:
        return RuleContent.model_validate(fields)
    except ValidationError as error:
        details = {
            str(problem["loc"][0]): str(
                problem.get("ctx", {}).get("error", problem["msg"])
            )
            for problem in error.errors(include_url=False, include_input=False)
        }
        raise InvalidInputError(next(iter(details.values())), details=details) from None


def bounded(rules: Rules) -> Rules:
    """Return the rules if they are as many, and as long, as a project may have.

    Raises:
        InvalidInputError: There are none, or more than 200, or they take more than
            500 KB together.
    """
    if not 1 <= len(rules) <= MAXIMUM_RULES:
        message = f"A project has 1 to {MAXIMUM_RULES} rules"
        raise InvalidInputError(message, details={"rules": message})
    if sum(len(rule.model_dump_json()) for rule in rules) > MAXIMUM_RULES_LENGTH:
        message = f"All rules together take {MAXIMUM_RULES_LENGTH:,} characters at most"
        raise InvalidInputError(message, details={"rules": message})
    return rules


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
