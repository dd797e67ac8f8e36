"""What a rule asks of an event's properties and of what the lead is known as.

Texts are compared without regard to case, and a number or a truth value equals the text
that it is written as, since one client sends `"5"` where another sends `5`.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple, Self, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from leadpulse_app.domain.errors import InvalidInputError

MAXIMUM_CONDITIONS = 50
"""Of one rule, in all its groups: each is looked at for each event of its type."""

MAXIMUM_DEPTH = 3
"""Of groups within groups."""

MAXIMUM_VALUES = 200
"""Of the list that a value is looked for in."""

PROPERTIES = "properties."
LEAD = "lead."

FIELD_PATTERN = r"^(?:properties\.[^\x00]+|lead\.(?:email|name|company))$"

FIELD_RULE = (
    "A condition looks at a property, as properties.plan, of 200 characters at most, "
    "or at lead.email, lead.name or lead.company"
)


class Operator(StrEnum):
    """How a value is compared with what a rule asks for."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    """Holds too where there is no value."""
    CONTAINS = "contains"
    """A text holds another one, or a list an element."""
    STARTS_WITH = "starts_with"
    IN = "in"
    """It equals one of a list."""
    GREATER_THAN = "greater_than"
    LESS_THAN = "less_than"
    EXISTS = "exists"
    """There is a value other than null; asked for `false`, there is none."""


class Fields(NamedTuple):
    """What a lead is known as."""

    email: str | None = None
    name: str | None = None
    company: str | None = None


_Text = Annotated[str, StringConstraints(max_length=1_000, pattern=r"^[^\x00]*$")]
_Integer = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]
_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_Truth = Annotated[bool, Field(strict=True)]
Scalar: TypeAlias = _Truth | _Integer | _Number | _Text
"""What a value is compared with."""


def _read_field(value: Any, accept: ValidatorFunctionWrapHandler) -> Any:
    try:
        return accept(value)
    except ValidationError:
        raise InvalidInputError(FIELD_RULE) from None


class Condition(BaseModel):
    """One comparison."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: Annotated[
        str,
        StringConstraints(max_length=200, pattern=FIELD_PATTERN),
        WrapValidator(_read_field),
    ]
    """`properties.` with a dotted path, or `lead.email`, `.name` or `.company`."""
    operator: Operator
    value: (
        Scalar | Annotated[tuple[Scalar, ...], Field(max_length=MAXIMUM_VALUES)] | None
    ) = None

    @model_validator(mode="after")
    def _fit_value(self) -> Self:
        value = self.value
        match self.operator:
            case Operator.IN:
                if not isinstance(value, tuple) or not value:
                    raise InvalidInputError(f"{self.field}: a list has to be given")
            case Operator.EXISTS:
                if not (value is None or isinstance(value, bool)):
                    raise InvalidInputError(f"{self.field}: exists is true or false")
            case Operator.GREATER_THAN | Operator.LESS_THAN:
                if value is None or isinstance(value, tuple) or _number(value) is None:
                    raise InvalidInputError(f"{self.field}: a number has to be given")
            case _:
                # Every text contains an empty one, and blanks around don't count.
                if value is None or isinstance(value, tuple) or _text(value) == "":
                    raise InvalidInputError(f"{self.field}: a value has to be given")
        return self

    def holds(self, properties: Mapping[str, object], fields: Fields) -> bool:
        """Return whether an event with these properties, of this lead, satisfies it."""
        found = _look_up(self.field, properties, fields)
        if self.operator is Operator.IN:
            return _text(found) in self._texts
        return _COMPARE[self.operator](found, self.value)

    @cached_property
    def _texts(self) -> frozenset[str]:
        """What the values of a list are written as."""
        values = self.value if isinstance(self.value, tuple) else ()
        texts = map(_text, values)
        return frozenset(text for text in texts if text is not None)


class Unmet(NamedTuple):
    """A condition that does not hold."""

    condition: Condition
    found: object
    """What was compared; None where there is nothing."""


class ConditionGroup(BaseModel):
    """Conditions that have to hold, all of them or any; without any, it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: Literal["all", "any"] = "all"
    conditions: "tuple[Condition | ConditionGroup, ...]" = ()

    def holds(self, properties: Mapping[str, object], fields: Fields) -> bool:
        """Return whether an event with these properties, of this lead, satisfies it."""
        if not self.conditions:
            return True
        held = (each.holds(properties, fields) for each in self.conditions)
        return all(held) if self.match == "all" else any(held)

    def first_unmet(
        self, properties: Mapping[str, object], fields: Fields
    ) -> Unmet | None:
        """Return the first condition that keeps it from holding; None if it holds."""
        if self.holds(properties, fields):
            return None
        for each in self.conditions:
            if isinstance(each, ConditionGroup):
                if (unmet := each.first_unmet(properties, fields)) is not None:
                    return unmet
            elif not each.holds(properties, fields):
                return Unmet(each, _look_up(each.field, properties, fields))
        return None

    def flat(self) -> Iterator[Condition]:
        """Yield every condition in it, at any depth."""
        for each in self.conditions:
            if isinstance(each, Condition):
                yield each
            else:
                yield from each.flat()

    def depth(self) -> int:
        """Return how many groups lie within each other, itself included."""
        inner = (
            each.depth() for each in self.conditions if isinstance(each, ConditionGroup)
        )
        return 1 + max(inner, default=0)


ALWAYS = ConditionGroup()
"""No condition."""


def _look_up(field: str, properties: Mapping[str, object], fields: Fields) -> object:
    if field.startswith(LEAD):
        found: object = getattr(fields, field.removeprefix(LEAD))
        return found
    path = field.removeprefix(PROPERTIES)
    if path in properties:
        return properties[path]  # a name with dots in it
    value: object = properties
    for name in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isascii() and name.isdigit():
            value = value[int(name)] if int(name) < len(value) else None
        else:
            return None
    return value


def _text(value: object) -> str | None:
    """Return what a value is written as; None where it is no text, number or truth."""
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        return str(value) if isinstance(value, int | float) else None
    except ValueError:  # more digits than Python writes
        return None


# No two parts can match the same digits: else a long text of them takes its square.
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _equals(found: object, wanted: object) -> bool:
    text = _text(found)
    return text is not None and text == _text(wanted)


def _contains(found: object, wanted: object) -> bool:
    if isinstance(found, Sequence) and not isinstance(found, str):
        return any(_equals(element, wanted) for element in found)
    text, part = _text(found), _text(wanted)
    return text is not None and part is not None and part in text


def _starts_with(found: object, wanted: object) -> bool:
    text, start = _text(found), _text(wanted)
    return text is not None and start is not None and text.startswith(start)


def _exceeds(found: object, wanted: object) -> bool:
    number, bound = _number(found), _number(wanted)
    return number is not None and bound is not None and number > bound


def _exists(found: object, wanted: object) -> bool:
    return (found is not None) is (wanted is not False)


_COMPARE = {
    Operator.EQUALS: _equals,
    Operator.NOT_EQUALS: lambda found, wanted: not _equals(found, wanted),
    Operator.CONTAINS: _contains,
    Operator.STARTS_WITH: _starts_with,
    Operator.GREATER_THAN: _exceeds,
    Operator.LESS_THAN: lambda found, wanted: _exceeds(wanted, found),
    Operator.EXISTS: _exists,
}
