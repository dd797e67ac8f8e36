"""Which leads a page lists, in which order and from where, as its address says it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.intelligence import Risk
from leadpulse_app.domain.lead_filter import LeadFilter, LeadSort
from leadpulse_app.domain.stage import Stage
from leadpulse_app.state.given import read_query, read_uuid

LEADS_PATH = "/leads"
EXPORT_PATH = "/api/leads/export"

FILTER_NAMES = (
    "stage",
    "q",
    "minScore",
    "maxScore",
    "seenWithinDays",
    "risk",
    "owner",
    "tag",
    "event",
)
"""The parameters that leave leads out; the API takes the same."""

NOBODY = "none"
"""What the address says for an owner where leads are to have none."""

MAXIMUM_CURSOR_LENGTH = 500
MAXIMUM_SKIPPED = 100_000_000

_Word = TypeVar("_Word", bound=StrEnum)


EVERYTHING = LeadFilter()


@dataclass(frozen=True)
class LeadAddress:
    """Where a list of leads is."""

    wanted: LeadFilter = EVERYTHING
    sort: LeadSort = LeadSort.SCORE
    cursor: str = ""
    """Where the page before ended; empty for the first page."""
    skipped: int = 0
    """How many leads stood on the pages before; only ever shown."""

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "LeadAddress":
        """Read the address; what can't be read is left out."""
        cursor = parameters.get("cursor", "")
        known = cursor.isascii() and len(cursor) <= MAXIMUM_CURSOR_LENGTH
        return cls(
            wanted=_filter_of(parameters),
            sort=_word(LeadSort, parameters.get("sort", "")) or LeadSort.SCORE,
            cursor=cursor if known else "",
            skipped=min(_number(parameters.get("from", "")) or 0, MAXIMUM_SKIPPED)
            if known and cursor
            else 0,
        )

    @property
    def parameters(self) -> dict[str, str]:
        """What the address holds, without what goes without saying."""
        wanted = self.wanted
        named = {
            "stage": wanted.stage or "",
            "q": wanted.query,
            "minScore": _text(wanted.minimum_score),
            "maxScore": _text(wanted.maximum_score),
            "seenWithinDays": _text(wanted.seen_within_days),
            "risk": wanted.risk or "",
            "owner": NOBODY if wanted.unowned else _text(wanted.owner_id),
            "tag": wanted.tag or "",
            "event": wanted.event_type or "",
            "sort": self.sort if self.sort is not LeadSort.SCORE else "",
            "cursor": self.cursor,
            "from": _text(self.skipped or None),
        }
        return {name: str(value) for name, value in named.items() if value}

    def href(self, path: str = LEADS_PATH) -> str:
        """Return the address as a link."""
        parameters = self.parameters
        return f"{path}?{urlencode(parameters)}" if parameters else path

    def changed(self, **changes: str) -> "LeadAddress":
        """Return the first page of the list with some parameters changed.

        An empty value takes a parameter away; what can't be read is left out.
        """
        parameters = {**self.parameters, "cursor": "", "from": "", **changes}
        return LeadAddress.of(parameters)

    def at(self, cursor: str, skipped: int) -> "LeadAddress":
        """Return the page of the same list that begins after a cursor."""
        return replace(self, cursor=cursor, skipped=skipped)


def _filter_of(parameters: Mapping[str, str]) -> LeadFilter:
    def given(name: str) -> str:
        return read_query(parameters.get(name, ""))

    found: dict[str, object] = {
        "query": given("q"),
        "stage": _word(Stage, given("stage")),
        "minimum_score": _number(given("minScore")),
        "maximum_score": _number(given("maxScore")),
        "seen_within_days": _number(given("seenWithinDays")),
        "risk": _word(Risk, given("risk")),
        "owner_id": read_uuid(given("owner")),
        "unowned": given("owner") == NOBODY,
        "tag": given("tag") or None,
        "event_type": given("event") or None,
    }
    wanted = LeadFilter()
    for name, value in found.items():
        with suppress(InvalidInputError):
            wanted = replace(wanted, **{name: value})
    return wanted


def _word(words: type[_Word], text: str) -> _Word | None:
    return words(text) if text in set(words) else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _text(value: object) -> str:
    return "" if value is None else str(value)
