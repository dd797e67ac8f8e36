"""Where stages begin and what each kind of rules may give, as a person enters it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.ruleset import MAXIMUM_POINTS, GroupCaps
from leadpulse_app.domain.stage import HIGHEST_THRESHOLD, Thresholds
from leadpulse_app.state.rule_form import optional_number

_Read = TypeVar("_Read", bound=BaseModel)

THRESHOLD_RULE = f"A stage begins at a whole number from 1 to {HIGHEST_THRESHOLD:,}"
LIMIT_RULE = (
    f"A limit is a whole number from 1 to {MAXIMUM_POINTS:,}; leave it empty for none"
)

THRESHOLDS = "thresholds"
"""Stands for all of them, where what is wrong is their order."""


@dataclass(frozen=True)
class LimitsForm:
    """What the form begins with."""

    warm: str = ""
    hot: str = ""
    qualified: str = ""
    behaviour: str = ""
    fit: str = ""


def form_of_limits(thresholds: Thresholds, group_caps: GroupCaps) -> LimitsForm:
    """Return what the form begins with."""
    return LimitsForm(
        warm=str(thresholds.warm),
        hot=str(thresholds.hot),
        qualified=str(thresholds.qualified),
        behaviour=_optional(group_caps.behaviour),
        fit=_optional(group_caps.fit),
    )


def read_limits(entered: Mapping[str, object]) -> tuple[Thresholds, GroupCaps]:
    """Return what a person entered.

    Raises:
        InvalidInputError: Some of it can't be; the details say so by field, and by
            `thresholds` where they don't ascend.
    """
    problems: dict[str, str] = {}
    thresholds = _read(Thresholds, entered, THRESHOLD_RULE, problems)
    group_caps = _read(GroupCaps, entered, LIMIT_RULE, problems)
    if problems or thresholds is None or group_caps is None:
        raise InvalidInputError(next(iter(problems.values())), details=problems)
    return thresholds, group_caps


def _read(
    model: type[_Read],
    entered: Mapping[str, object],
    rule: str,
    problems: dict[str, str],
) -> _Read | None:
    given = {name: optional_number(entered.get(name)) for name in model.model_fields}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            told = problem.get("ctx", {}).get("error")
            field = str(problem["loc"][0]) if problem["loc"] else THRESHOLDS
            problems[field] = str(told) if told else rule
        return None


def _optional(limit: int | None) -> str:
    return "" if limit is None else str(limit)
