"""Makes inputs of the rows of a file of leads.

A row's message id follows from what it says, so that a file that comes twice, and a row
that a file says twice, count once.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import TextIO

from leadpulse_app.domain.csv import without_guard
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import IngestedEvent, complete_event
from leadpulse_app.domain.lead_fields import (
    read_email,
    read_further_traits,
    read_own_id,
    read_words,
)
from leadpulse_app.domain.reserved import IMPORT
from leadpulse_app.domain.uploads.table import (
    INVALID_ROW,
    Problem,
    Row,
    is_blank,
    read_table,
)

MAX_LEADS = 50_000
"""Rows of a file."""

MAX_COLUMNS = 100

_PLACES = 1_000_000
"""Moments within the second before a file came, for its lines in their order."""

MAX_HEADING_LENGTH = 200


class Meaning(StrEnum):
    """What a column is taken for."""

    EMAIL = "email"
    ANONYMOUS_ID = "anonymousId"
    USER_ID = "userId"
    NAME = "name"
    FIRST_NAME = "firstName"
    LAST_NAME = "lastName"
    COMPANY = "company"
    TRAIT = "trait"
    """Something else that is known; kept, and read by no rule."""
    NOTHING = "nothing"
    """It has no heading, and is left out."""


NAMES = (Meaning.EMAIL, Meaning.ANONYMOUS_ID, Meaning.USER_ID)
"""What a lead is found by; a row needs one of them."""

_MEANINGS = {
    "email": Meaning.EMAIL,
    "emailaddress": Meaning.EMAIL,
    "mail": Meaning.EMAIL,
    "anonymousid": Meaning.ANONYMOUS_ID,
    "userid": Meaning.USER_ID,
    "name": Meaning.NAME,
    "fullname": Meaning.NAME,
    "firstname": Meaning.FIRST_NAME,
    "givenname": Meaning.FIRST_NAME,
    "lastname": Meaning.LAST_NAME,
    "surname": Meaning.LAST_NAME,
    "familyname": Meaning.LAST_NAME,
    "company": Meaning.COMPANY,
    "companyname": Meaning.COMPANY,
    "organization": Meaning.COMPANY,
    "organisation": Meaning.COMPANY,
}
"""By a heading's letters and digits alone."""


@dataclass(frozen=True, slots=True)
class LeadColumn:
    """A column, by its heading."""

    name: str
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class LeadFile:
    """A file of leads that is read as far as its header."""

    columns: Sequence[LeadColumn]
    rows: Iterator[Row | Problem]
    """Of more than `MAX_LEADS`, a problem stands for those that are left out."""

    def read(self, row: Row, *, received_at: datetime) -> IngestedEvent | Problem:
        """Return the input that a row means, or why it means none.

        Args:
            row: Of this file.
            received_at: When the file was uploaded, in UTC.
        """
        try:
            return self._read(row, received_at)
        except InvalidInputError as error:
            return Problem(row.line, INVALID_ROW, error.message)

    def _read(self, row: Row, received_at: datetime) -> IngestedEvent:
        said: dict[Meaning, str] = {}
        traits: dict[str, str] = {}
        for column, cell in zip(self.columns, row.cells, strict=False):
            text = without_guard(cell.strip())
            if text and column.meaning is Meaning.TRAIT:
                traits[column.name] = text
            elif text:
                said[column.meaning] = text
        if said.keys().isdisjoint(NAMES):
            raise InvalidInputError("The row has neither an email nor an id")
        email = _read_if(read_email, said.get(Meaning.EMAIL))
        anonymous_id = _read_if(read_own_id, said.get(Meaning.ANONYMOUS_ID))
        user_id = _read_if(read_own_id, said.get(Meaning.USER_ID))
        name = _read_if(read_words, _name_of(said))
        company = _read_if(read_words, _one_line(said.get(Meaning.COMPANY)))
        known = {"email": email, "name": name, "company": company}
        content = [anonymous_id, user_id, known, traits]
        written = json.dumps(content, sort_keys=True).encode()
        event = complete_event(
            type=IMPORT,
            message_id=f"{IMPORT}:{blake2b(written, digest_size=16).hexdigest()}",
            anonymous_id=anonymous_id,
            user_id=user_id,
            session_id=None,
            properties=read_further_traits(traits),
            timestamp=None,
            sent_at=None,
            received_at=received_at,
            traits={field: text for field, text in known.items() if text} or None,
        )
        # Of rows about one lead, the last is to hold.
        before = timedelta(microseconds=_PLACES - row.line % _PLACES)
        return event._replace(occurred_at=received_at - before)


def open_leads(file: TextIO) -> LeadFile:
    """Begin to read a file of leads: CSV with a header line.

    Args:
        file: Opened without translating line ends, at its beginning.

    Raises:
        InvalidInputError: It is empty, or nothing of it can be read as its header is
            wrong.
    """
    skipped = 0
    while (first := file.readline()) and is_blank(first):
        skipped += 1
    if not first:
        raise InvalidInputError("The file is empty")
    table = read_table(first, file, skipped=skipped)
    return LeadFile(_columns(table.header), _bounded(table.rows))


def _bounded(rows: Iterator[Row | Problem]) -> Iterator[Row | Problem]:
    for before, row in enumerate(rows):
        if before == MAX_LEADS:
            yield Problem(
                row.line,
                "too_many_rows",
                f"A file holds {MAX_LEADS:,} leads at most; from here on nothing was "
                "read",
            )
            return
        yield row


def _columns(header: Sequence[str]) -> Sequence[LeadColumn]:
    if len(header) > MAX_COLUMNS:
        raise InvalidInputError(f"Line 1: there are more than {MAX_COLUMNS} columns")
    if any(len(name) > MAX_HEADING_LENGTH or "\0" in name for name in header):
        message = f"Line 1: a heading has {MAX_HEADING_LENGTH} characters at most"
        raise InvalidInputError(message)
    columns = [LeadColumn(name, _meaning_of(name)) for name in header]
    told = Counter(
        column.name if column.meaning is Meaning.TRAIT else column.meaning.value
        for column in columns
        if column.meaning is not Meaning.NOTHING
    )
    for name, times in told.items():
        if times > 1:
            raise InvalidInputError(f"Line 1: two columns are taken for {name}")
    if not any(column.meaning in NAMES for column in columns):
        raise InvalidInputError(
            "Line 1: there has to be a column called email, anonymous id or user id"
        )
    return columns


def _meaning_of(heading: str) -> Meaning:
    bare = re.sub(r"[\W_]", "", heading).lower()
    return _MEANINGS.get(bare, Meaning.TRAIT if heading else Meaning.NOTHING)


def _name_of(said: Mapping[Meaning, str]) -> str | None:
    parts = [said.get(Meaning.FIRST_NAME), said.get(Meaning.LAST_NAME)]
    return _one_line(said.get(Meaning.NAME) or " ".join(filter(None, parts)))


def _one_line(text: str | None) -> str | None:
    return " ".join(text.split()) if text else None


def _read_if(read: Callable[[str], str], text: str | None) -> str | None:
    return read(text) if text else None
