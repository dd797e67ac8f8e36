"""Reads the records of an uploaded file one by one, each with its place in the file.

What is wrong with a record is told in its place, and the reading goes on behind it.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any, NamedTuple, TextIO

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.uploads.table import (
    INVALID_ROW,
    Problem,
    is_blank,
    read_table,
)

MAX_RECORDS = 500_000
"""Of a file: one of ten megabytes with twenty bytes each. More would take minutes."""

PROPERTIES = "properties"

_FIELD_NAMES = {
    "event": "event",
    "eventtype": "event",
    "eventname": "event",
    "anonymousid": "anonymousId",
    "userid": "userId",
    "email": "email",
    "sessionid": "sessionId",
    "timestamp": "timestamp",
    "messageid": "messageId",
    PROPERTIES: PROPERTIES,
}
"""What the fields of an event are called, by their bare names."""

_PERSON = ("anonymousId", "userId", "email")

_SPACE = re.compile(r"[ \t\r\n]*")
_MEMBER_NAME = re.compile(r'[ \t\r\n,]*("(?:[^"\\]|\\.)*+")[ \t\r\n]*:[ \t\r\n]*')
"""`*+`: what could be given back would take a hundred bytes for each character."""

_decode_json = json.JSONDecoder().raw_decode


class Record(NamedTuple):
    """The fields of an event, under their own names and not checked yet."""

    line: int
    """Where it begins: the line of the file, from 1; in a JSON array its number."""
    fields: Mapping[str, Any]


def read_records(file: TextIO) -> Iterator[Record | Problem]:
    """Read a file: JSON if it begins like an array or an object, else CSV.

    CSV has a header line and commas, semicolons or tabs; a column that is no field of
    an event becomes a property. JSON is an array of events, an object with such an
    array under `events`, or an object a line.

    Args:
        file: Opened without translating line ends, at its beginning.

    Raises:
        InvalidInputError: Nothing of it can be read, as its header is wrong.
    """
    for before, record in enumerate(_all_records(file)):
        if before == MAX_RECORDS:
            yield Problem(
                record.line,
                "too_many_rows",
                f"A file holds {MAX_RECORDS:,} events at most; from here on nothing "
                "was read",
            )
            return
        yield record


def _all_records(file: TextIO) -> Iterator[Record | Problem]:
    skipped = 0
    while first := file.readline():
        if first.lstrip(" \t").startswith(("[", "{")):
            return _read_json(first + file.read(), skipped)
        if not is_blank(first):
            return _read_csv(first, file, skipped)
        skipped += 1
    raise InvalidInputError("The file is empty")


def _read_csv(
    first: str, others: Iterable[str], skipped: int
) -> Iterator[Record | Problem]:
    table = read_table(first, others, skipped=skipped)
    columns = _columns(table.header)
    for row in table.rows:
        yield row if isinstance(row, Problem) else _record(row.line, columns, row.cells)


def _columns(header: Sequence[str]) -> Sequence[str]:
    """Return the columns' names, those of an event's fields as they are here.

    Raises:
        InvalidInputError: A name comes twice, or one that is needed is missing.
    """
    columns = [_field_name(name) for name in header]
    for name, times in Counter(columns).items():
        if name and times > 1:
            raise InvalidInputError(f"Line 1: two columns are called {name}")
    if "event" not in columns:
        raise InvalidInputError("Line 1: there has to be a column called event")
    if not any(name in columns for name in _PERSON):
        raise InvalidInputError(
            "Line 1: there has to be a column called anonymousId, userId or email"
        )
    return columns


def _field_name(name: str) -> str:
    bare = re.sub(r"[\s_-]", "", name).lower()
    return _FIELD_NAMES.get(bare, name)


def _record(
    line: int, columns: Sequence[str], cells: Sequence[str]
) -> Record | Problem:
    fields: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for name, cell in zip(columns, cells, strict=False):
        if not cell or not name:
            continue
        if name == PROPERTIES:
            try:
                given = json.loads(cell)
            except (ValueError, RecursionError):
                given = None
            if not isinstance(given, dict):
                return Problem(
                    line, INVALID_ROW, "The cell of properties is no JSON object"
                )
            properties = {**given, **properties}
        elif name in _FIELD_NAMES.values():
            fields[name] = cell.strip()
        else:
            properties[name] = cell
    return Record(line, {**fields, PROPERTIES: properties})


def _read_json(text: str, skipped: int) -> Iterator[Record | Problem]:
    start = _after_space(text, 0)
    if text[start] == "[":
        yield from _read_array(text, start + 1)
        return
    array = _find_events(text, start + 1)
    if array is not None:
        yield from _read_array(text, array)
        return
    try:
        value, end = _decode_json(text, start)
    except (ValueError, RecursionError):
        end = start
    if _after_space(text, end) == len(text):
        yield _json_record(skipped + 1, value)
        return
    for line, part in enumerate(StringIO(text), start=skipped + 1):
        if part.isspace():
            continue
        try:
            value = json.loads(part)
        except (ValueError, RecursionError):
            yield Problem(line, "invalid_json", "This line is not JSON")
        else:
            yield _json_record(line, value)


def _find_events(text: str, position: int) -> int | None:
    """Return where the array called `events` of an object begins, if it has one."""
    while (name := _MEMBER_NAME.match(text, position)) is not None:
        position = name.end()
        if name[1] == '"events"' and text.startswith("[", position):
            return position + 1
        try:
            _, position = _decode_json(text, position)
        except (ValueError, RecursionError):
            return None
    return None


def _read_array(text: str, position: int) -> Iterator[Record | Problem]:
    number = 0
    position = _after_space(text, position)
    if text.startswith("]", position):
        return
    while True:
        number += 1
        try:
            value, position = _decode_json(text, position)
        except (ValueError, RecursionError):
            break
        yield _json_record(number, value)
        position = _after_space(text, position)
        if text.startswith("]", position):
            return
        if not text.startswith(",", position):
            number += 1
            break
        position = _after_space(text, position + 1)
    line = text.count("\n", 0, position) + 1
    yield Problem(
        number,
        "invalid_json",
        f"The file is not JSON from its line {line} on; nothing behind it was read",
    )


def _json_record(line: int, value: object) -> Record | Problem:
    if not isinstance(value, dict):
        return Problem(line, "invalid_event", "The event is not a JSON object")
    return Record(line, {_field_name(name): given for name, given in value.items()})


def _after_space(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    return position if space is None else space.end()
