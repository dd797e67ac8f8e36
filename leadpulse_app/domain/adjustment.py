"""What a person says who gives points to a lead, or takes some."""

from typing import Annotated, Any

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

MAXIMUM_ADJUSTMENT = 10_000
"""Points of one adjustment: what a score can be at most."""

MAXIMUM_NOTE_LENGTH = 500

POINTS_RULE = (
    f"The points have to be a whole number from -{MAXIMUM_ADJUSTMENT:,} "
    f"to {MAXIMUM_ADJUSTMENT:,}, and not 0"
)
NOTE_RULE = f"A note of 1 to {MAXIMUM_NOTE_LENGTH} characters has to say why"


def _read_points(value: Any, accept: ValidatorFunctionWrapHandler) -> Any:
    try:
        points = accept(value)
    except ValidationError:
        points = 0
    if points == 0:
        raise InvalidInputError(POINTS_RULE)
    return points


def _read_note(value: Any, accept: ValidatorFunctionWrapHandler) -> Any:
    try:
        return accept(value)
    except ValidationError:
        raise InvalidInputError(NOTE_RULE) from None


AdjustedPoints = Annotated[
    int,
    Field(
        strict=True,
        ge=-MAXIMUM_ADJUSTMENT,
        le=MAXIMUM_ADJUSTMENT,
        json_schema_extra={"not": {"const": 0}},
    ),
    WrapValidator(_read_points),
]
Note = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=MAXIMUM_NOTE_LENGTH,
        pattern=r"^[^\x00]*[^\x00\s][^\x00]*$",
    ),
    WrapValidator(_read_note),
]


class Adjustment(BaseModel):
    """How many points, and why."""

    model_config = ConfigDict(frozen=True)

    points: AdjustedPoints
    note: Note


def read_adjustment(points: object, note: object) -> Adjustment:
    """Return an adjustment, if these make one.

    Raises:
        InvalidInputError: They don't; the details say why, by field.
    """
    try:
        return Adjustment.model_validate({"points": points, "note": note})
    except ValidationError as error:
        details = {
            str(problem["loc"][0]): str(problem["ctx"]["error"])
            for problem in error.errors(include_url=False, include_input=False)
        }
        raise InvalidInputError(next(iter(details.values())), details=details) from None
