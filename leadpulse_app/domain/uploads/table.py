"""Reads a table written as CSV: its header, and row by row its cells."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from leadpulse_app.domain.errors import InvalidInputError

INVALID_ROW = "invalid_row"

_DELIMITERS = ",;\t"


class Problem(NamedTuple):
    """Why a record can't be taken."""

    line: int
    code: str
    message: str


class Row(NamedTuple):
    """A line of the table."""

    line: int
    """Where it begins: the line of the file, from 1."""
    cells: Sequence[str]
    """As many as the header has, or fewer."""


class Table(NamedTuple):
    """A table that is read as far as its header."""

    header: Sequence[str]
    rows: Iterator[Row | Problem]
    """Those with anything in them."""


def is_blank(line: str) -> bool:
    """Return whether a line of a table has nothing in it."""
    return not line.strip(" \t\r\n,;")


def read_table(first: str, others: Iterable[str], *, skipped: int = 0) -> Table:
    """Read a table with commas, semicolons or tabs, whichever its header has most of.

    Args:
        first: The line that the header begins with.
        others: The lines after it, with their ends.
        skipped: How many lines came before.

    Raises:
        InvalidInputError: The header can't be read.
    """
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(chain((first,), others), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader)]
    except csv.Error as error:
        raise InvalidInputError(f"The header can't be read as CSV: {error}") from error

    def rows() -> Iterator[Row | Problem]:
        while True:
            line = skipped + reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                last = skipped + reader.line_num
                place = f"line {line}" if last <= line else f"lines {line} to {last}"
                yield Problem(
                    line,
                    INVALID_ROW,
                    f"The quotes in {place} don't match, or a cell is far too long; "
                    "nothing of it was read",
                )
                continue
            if any(cells[len(header) :]):
                yield Problem(
                    line,
                    INVALID_ROW,
                    f"There are {len(cells)} cells here, and {len(header)} in the "
                    "header",
                )
            elif any(cells):
                yield Row(line, cells[: len(header)])

    return Table(header, rows())
