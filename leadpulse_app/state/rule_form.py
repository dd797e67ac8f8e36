"""What the editor of a rule holds, as a person enters it and as the rule says it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from pydantic import ValidationError

from leadpulse_app.domain.conditions import (
    ALWAYS,
    LEAD,
    MAXIMUM_CONDITIONS,
    MAXIMUM_VALUES,
    PROPERTIES,
    Condition,
    ConditionGroup,
    Operator,
)
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.fold import Fields
from leadpulse_app.domain.ruleset import (
    ANY_EVENT,
    Cap,
    Period,
    Rule,
    RuleContent,
    RuleKind,
    rule_content,
)
from leadpulse_app.state import rule_words

PROPERTY = "property"
"""The subject that stands for a property of the event; others are fields of a lead."""

SUBJECTS = (PROPERTY, *(f"{LEAD}{name}" for name in Fields._fields))

MISSING = "missing"
"""The operator that stands for `exists` with `false`."""

OPERATORS = (*Operator, MISSING)

WITHOUT_VALUE = (Operator.EXISTS.value, MISSING)
"""The operators that compare with nothing."""

MAXIMUM_PATH = 200 - len(PROPERTIES)
"""Characters of the name of a property, with those that it lies within."""

VALUE_RULE = (
    f"A value has up to 1,000 characters, and a list up to {MAXIMUM_VALUES} values"
)


class Scope(StrEnum):
    """Which events a rule is for."""

    ONE_TYPE = "one"
    EVERY = "every"


class CapKind(StrEnum):
    """What a cap counts."""

    NONE = "none"
    TIMES = "times"
    POINTS = "points"


@dataclass(frozen=True)
class ConditionRow:
    """A condition as the editor begins with it."""

    key: str
    """Stands in the names of its inputs."""
    subject: str = PROPERTY
    path: str = ""
    operator: str = Operator.EQUALS.value
    value: str = ""


@dataclass(frozen=True)
class RuleForm:
    """A rule as its editor begins with it."""

    kind: str = RuleKind.BEHAVIOUR.value
    name: str = ""
    description: str = ""
    scope: str = Scope.ONE_TYPE.value
    event_type: str = ""
    points: str = ""
    match: str = "all"
    rows: tuple[ConditionRow, ...] = ()
    nested: str = ""
    """The conditions in words, where some are groups, which have no rows."""
    cap_kind: str = CapKind.NONE.value
    cap_amount: str = ""
    cap_per: str = Period.DAY.value
    expiry: str = ""

    @property
    def has_room(self) -> bool:
        """Whether there may be one more condition."""
        return len(self.rows) < MAXIMUM_CONDITIONS

    def with_kind(self, kind: RuleKind) -> "RuleForm":
        """Return a form for a rule of this kind, with no conditions yet."""
        empty = replace(self, kind=kind.value, rows=(), nested="")
        return empty.with_row() if kind is RuleKind.FIT else empty

    def with_row(self) -> "RuleForm":
        """Return the form with one more condition, as far as there is room for it."""
        if not self.has_room:
            return self
        key = str(1 + max((int(row.key) for row in self.rows), default=-1))
        fit = self.kind == RuleKind.FIT
        row = ConditionRow(key, subject=f"{LEAD}email" if fit else PROPERTY)
        return replace(self, rows=(*self.rows, row))

    def without_row(self, key: object) -> "RuleForm":
        """Return the form without one of its conditions."""
        return replace(self, rows=tuple(row for row in self.rows if row.key != key))

    def without_groups(self) -> "RuleForm":
        """Return the form with rows in place of groups."""
        return replace(self, nested="").with_row() if self.nested else self


def form_of(rule: Rule) -> RuleForm:
    """Return what the editor of a rule begins with."""
    flat = [each for each in rule.conditions.conditions if isinstance(each, Condition)]
    is_flat = len(flat) == len(rule.conditions.conditions)
    every = rule.event_type == ANY_EVENT
    limit = rule.cap
    return RuleForm(
        kind=rule.kind.value,
        name=rule.name,
        description=rule.description,
        scope=Scope.EVERY if every else Scope.ONE_TYPE,
        event_type="" if every else rule.event_type or "",
        points=str(rule.points),
        match=rule.conditions.match,
        rows=tuple(_row(str(place), each) for place, each in enumerate(flat))
        if is_flat
        else (),
        nested="" if is_flat else rule_words.conditions(rule.conditions),
        cap_kind=_cap_kind(limit),
        cap_amount=str(limit.times or limit.points) if limit else "",
        cap_per=limit.per.value if limit else Period.DAY.value,
        expiry="" if rule.expires_after_days is None else str(rule.expires_after_days),
    )


def read_form(
    form: RuleForm, entered: Mapping[str, object], rule: Rule | None
) -> RuleContent:
    """Return what a person entered for a rule.

    Args:
        form: What the editor began with, and the rows that it has by now.
        entered: The inputs by name. Those of a condition end in the key of its row.
        rule: The rule that is edited; none where it is new.

    Raises:
        InvalidInputError: Some of it can't be said of a rule; the details tell what, by
            the field, and for a condition by `condition-` and the key of its row.
    """
    problems: dict[str, str] = {}
    content: RuleContent | None = None
    conditions = _conditions(form, entered, rule, problems)
    try:
        content = rule_content(_fields(form, entered, rule, conditions))
    except InvalidInputError as error:
        problems = {**(error.details or {}), **problems}
    if content is None or problems:
        raise InvalidInputError(next(iter(problems.values())), details=problems)
    return content


def whole_number(text: object) -> object:
    """Return the number that a text stands for, or what it is where it is none."""
    try:
        return int(text) if isinstance(text, str) else text
    except ValueError:
        return text


def optional_number(text: object) -> object:
    """Return the number that a text stands for; None where it is left empty."""
    if isinstance(text, str) and not text.strip():
        return None
    return whole_number(text)


def _cap_kind(limit: Cap | None) -> str:
    if limit is None:
        return CapKind.NONE
    return CapKind.POINTS if limit.times is None else CapKind.TIMES


def _row(key: str, condition: Condition) -> ConditionRow:
    is_lead = condition.field.startswith(LEAD)
    missing = condition.operator is Operator.EXISTS and condition.value is False
    value = condition.value
    if condition.operator is Operator.EXISTS or value is None:
        text = ""
    elif isinstance(value, tuple):
        text = ", ".join(map(_written, value))
    else:
        text = _written(value)
    return ConditionRow(
        key,
        subject=condition.field if is_lead else PROPERTY,
        path="" if is_lead else condition.field.removeprefix(PROPERTIES),
        operator=MISSING if missing else condition.operator.value,
        value=text,
    )


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fields(
    form: RuleForm,
    entered: Mapping[str, object],
    rule: Rule | None,
    conditions: ConditionGroup,
) -> dict[str, object]:
    fields: dict[str, object] = {
        "kind": form.kind,
        "name": entered.get("name"),
        "description": entered.get("description"),
        "points": whole_number(entered.get("points")),
        "active": rule is None or rule.active,
        "conditions": conditions,
    }
    if form.kind == RuleKind.FIT:
        return fields
    event_type = entered.get("event_type")
    return fields | {
        "event_type": ANY_EVENT
        if entered.get("scope") == Scope.EVERY
        else event_type.strip()
        if isinstance(event_type, str)
        else event_type,
        "cap": _cap(entered),
        "expires_after_days": optional_number(entered.get("expires_after_days")),
    }


def _cap(entered: Mapping[str, object]) -> object:
    kind = entered.get("cap_kind", CapKind.NONE)
    if kind == CapKind.NONE:
        return None
    return {
        str(kind): optional_number(entered.get("cap_amount")),
        "per": entered.get("cap_per"),
    }


def _conditions(
    form: RuleForm,
    entered: Mapping[str, object],
    rule: Rule | None,
    problems: dict[str, str],
) -> ConditionGroup:
    """Return the conditions; note beside which rows what is wrong with them."""
    if rule is not None and form.nested:
        return rule.conditions
    before = rule.conditions.conditions if rule else ()
    conditions = []
    for row in form.rows:
        given = ConditionRow(
            row.key,
            *(
                _text(entered.get(f"{name}-{row.key}"))
                for name in ("subject", "path", "operator", "value")
            ),
        )
        try:
            conditions.append(_condition(given, before))
        except InvalidInputError as error:
            problems[f"condition-{row.key}"] = error.message
    if not conditions:
        return ALWAYS
    match = "any" if entered.get("match") == "any" else "all"
    return ConditionGroup(match=match, conditions=tuple(conditions))


def _condition(given: ConditionRow, before: tuple[object, ...]) -> Condition:
    """Return the condition that a row says.

    One that says what it said before is that one: what the editor writes as text may
    be a number, or a text with a comma.
    """
    for old in before:
        if isinstance(old, Condition) and _row(given.key, old) == _bare(given):
            return old
    if given.subject not in SUBJECTS or given.operator not in OPERATORS:
        raise InvalidInputError("Choose what is compared, and how")
    is_property = given.subject == PROPERTY
    if is_property and not 1 <= len(given.path) <= MAXIMUM_PATH:
        raise InvalidInputError(
            f"The name of the property has to be 1 to {MAXIMUM_PATH} characters"
        )
    field = f"{PROPERTIES}{given.path}" if is_property else given.subject
    operator = Operator.EXISTS if given.operator == MISSING else given.operator
    try:
        return Condition.model_validate(
            {"field": field, "operator": operator, "value": _value(given)}
        )
    except ValidationError as error:
        cause = error.errors(include_url=False)[0].get("ctx", {}).get("error")
        told = str(cause).removeprefix(f"{field}: ") if cause else VALUE_RULE
        raise InvalidInputError(told[0].upper() + told[1:]) from None


def _bare(row: ConditionRow) -> ConditionRow:
    """Return a row without what is hidden in it."""
    return replace(
        row,
        path=row.path if row.subject == PROPERTY else "",
        value="" if row.operator in WITHOUT_VALUE else row.value,
    )


def _value(given: ConditionRow) -> object:
    match given.operator:
        case Operator.EXISTS:
            return True
        case "missing":
            return False
        case Operator.IN:
            return tuple(filter(None, map(str.strip, given.value.split(","))))
        case Operator.GREATER_THAN | Operator.LESS_THAN:
            return _number(given.value)
        case _:
            return given.value


def _number(text: str) -> object:
    """Return the number that a text stands for, or the text where it is none."""
    number = whole_number(text)
    if isinstance(number, int):
        return number
    try:
        fraction = float(text)
    except ValueError:
        return text
    return fraction if math.isfinite(fraction) else text


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
