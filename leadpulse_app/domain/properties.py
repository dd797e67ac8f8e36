"""Cuts an event's properties down to what is kept, and says where it cut.

Whatever is sent, what is stored stays within the limits below, and sanitising it
again changes nothing.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import pydantic_core

Json: TypeAlias = (
    "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
)
"""A value as a JSON parser returns it."""

MAX_BYTES = 5 * 1024
"""Of the properties written as compact JSON in UTF-8, the mark included."""

MAX_DEPTH = 2
"""Of nested objects and arrays; the properties themselves are the first level."""

MAX_KEYS = 50
"""Of any one object, the mark included."""

MAX_STRING_LENGTH = 1_000
"""Of a value or a name, in characters."""

INTEGER_RANGE = range(-(2**63), 2**64)
"""The integers that JSON writers and readers agree on."""

TRUNCATION_MARK = "$truncated"
"""The property that lists, as dotted paths, what was cut; absent where nothing was."""

_MARK_BYTES = 512
_MARKED_PATH_LENGTH = 100
_MORE = "…"

_PLAIN = frozenset((str, bool, type(None)))
"""The types whose values are never cut, but for long strings."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def find_unstorable_text(properties: Mapping[str, Json]) -> str | None:
    """Return the first name or string that Postgres can't store, at any depth.

    Those are the ones with a NUL character or with half a surrogate pair.
    """
    try:
        if rb"\u0000" not in pydantic_core.to_json(properties):
            return None
    except ValueError:
        pass  # half a surrogate pair, or nested deeper than the writer goes
    stack: list[Json] = [properties]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            if _UNSTORABLE.search(value):
                return value
        elif isinstance(value, Mapping):
            stack.extend(value)
            stack.extend(value.values())
        elif isinstance(value, Sequence):
            stack.extend(value)
    return None


def sanitise_properties(properties: Mapping[str, Json]) -> dict[str, Json]:
    """Return the properties within the limits, with a mark where they were cut.

    A string is shortened. A value that is nested too deep, or a number that JSON
    can't carry, becomes null. An object keeps its first names. Top-level
    properties that don't fit in the bytes left are left out, in order. The paths
    of all these are listed under `TRUNCATION_MARK`, which belongs to this function:
    a sender's own property of that name goes when something is cut. Paths are
    themselves shortened, and a list of many ends in "…".

    Args:
        properties: As sent, without text that can't be stored.
    """
    if (
        len(properties) <= MAX_KEYS
        and _PLAIN.issuperset(map(type, properties.values()))
        and _size(properties) <= MAX_STRING_LENGTH
    ):
        return dict(properties)  # most are like this, and nothing in it can be cut
    cuts: list[str] = []
    kept = _fit_object(properties, (), cuts)
    if not cuts and _size(kept) <= MAX_BYTES:
        return kept
    kept.pop(TRUNCATION_MARK, None)
    left = MAX_BYTES - _MARK_BYTES - len("{}")
    fitting: dict[str, Json] = {}
    all_fit = _size(kept) < left
    for name, value in kept.items():
        cost = 0 if all_fit else _size({name: value}) - len("{}") + len(",")
        if cost > left or len(fitting) == MAX_KEYS - 1:
            cuts.append(name)
        else:
            left -= cost
            fitting[name] = value
    fitting[TRUNCATION_MARK] = _mark(cuts or [TRUNCATION_MARK])  # the sender's own
    return fitting


def _fit_object(
    value: Mapping[str, Json], path: tuple[str, ...], cuts: list[str]
) -> dict[str, Json]:
    kept: dict[str, Json] = {}
    for name, inner in value.items():
        inner_path = (*path, name)
        if len(kept) == MAX_KEYS or len(name) > MAX_STRING_LENGTH:
            cuts.append(".".join(inner_path))
        else:
            kept[name] = _fit(inner, inner_path, cuts)
    return kept


def _fit(value: Json, path: tuple[str, ...], cuts: list[str]) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if len(value) <= MAX_STRING_LENGTH:
            return value
        cuts.append(".".join(path))
        return value[:MAX_STRING_LENGTH]
    if isinstance(value, float):
        if math.isfinite(value):
            return value
    elif isinstance(value, int):
        if value in INTEGER_RANGE:
            return value
    elif len(path) < MAX_DEPTH:
        if isinstance(value, Mapping):
            return _fit_object(value, path, cuts)
        return [
            _fit(inner, (*path, str(position)), cuts)
            for position, inner in enumerate(value)
        ]
    cuts.append(".".join(path))
    return None


def _mark(cuts: Sequence[str]) -> list[Json]:
    paths: list[Json] = []
    for cut in cuts:
        path = cut[:_MARKED_PATH_LENGTH]
        if _size({TRUNCATION_MARK: [*paths, path, _MORE]}) > _MARK_BYTES:
            return [*paths, _MORE]
        paths.append(path)
    return paths


def _size(value: Json) -> int:
    return len(pydantic_core.to_json(value))
