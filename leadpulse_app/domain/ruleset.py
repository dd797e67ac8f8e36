"""Scoring rules and the immutable, numbered versions they are published in.

Edits keep the order of a project's rules (`rule_edits`), so that any two of its
versions have the rules that both hold in the same one.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from leadpulse_app.domain.errors import InvalidInputError

MINIMUM_POINTS = -10_000
MAXIMUM_POINTS = 10_000

MAXIMUM_RULES = 200
"""Rules of one project: every board and every publication reads them all."""

RESERVED_EVENT_TYPES = frozenset({"$fields", "$adjust"})
"""Inputs that the fold keeps for itself; no rule gives points for them."""

EVENT_TYPE_PATTERN = r"^[A-Za-z0-9_ .:\-$]{1,64}$"

NAME_RULE = "The name has to be 1 to 120 characters on one line"
DESCRIPTION_RULE = "The description may be 500 characters long at most"
EVENT_TYPE_RULE = (
    "The event has to be 1 to 64 letters, digits, spaces or any of _ . : - $"
)
POINTS_RULE = (
    f"The points have to be a whole number from {MINIMUM_POINTS:,} "
    f"to {MAXIMUM_POINTS:,}"
)


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


class RuleContent(BaseModel):
    """What a person says of a rule."""

    model_config = ConfigDict(frozen=True)

    name: RuleName
    description: Description = ""
    event_type: EventType
    points: Points
    active: bool = True


class Rule(RuleContent):
    """Points for one type of event. The id stays the same in every version."""

    id: UUID


Rules: TypeAlias = tuple[Rule, ...]


class Ruleset(BaseModel):
    """One version of a project's rules. It never changes once published."""

    model_config = ConfigDict(frozen=True)

    version: int = Field(ge=1)
    rules: Rules

    @cached_property
    def _active_by_event_type(self) -> Mapping[str, Rules]:
        found: dict[str, Rules] = {}
        for rule in self.rules:
            if rule.active:
                found[rule.event_type] = (*found.get(rule.event_type, ()), rule)
        return found

    def matching(self, event_type: str) -> Rules:
        """Return the active rules that an event of this type fires, in their order."""
        return self._active_by_event_type.get(event_type, ())


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
    """Return the rules if they are as many as a project may have.

    Raises:
        InvalidInputError: There are none, or more than 200.
    """
    if not 1 <= len(rules) <= MAXIMUM_RULES:
        message = f"A project has 1 to {MAXIMUM_RULES} rules"
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
