"""The orders that leads are listed in, and the places where a page goes on.

Each order is that of an index. A place is told in parts, one after the other, each of
which is one range of that index; together they are all that comes after it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy import ColumnElement, Row, and_, tuple_
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from leadpulse_app.domain.cursor import decode_cursor, encode_cursor
from leadpulse_app.domain.lead_filter import LeadSort

Columns: TypeAlias = ReadOnlyColumnCollection[str, Any]
"""Those of leads, or of what was found of them."""

SORTED_BY = ("id", "score", "created_at", "last_event_at")
"""What a list has to know of a lead to tell where the next page begins."""

_Score = Annotated[int, Field(ge=0, le=2**31 - 1)]
_ScorePosition: TypeAlias = tuple[Literal["score"], _Score, UUID]
_NewestPosition: TypeAlias = tuple[Literal["newest"], datetime, UUID]
_SeenPosition: TypeAlias = tuple[Literal["last_seen"], datetime | None, UUID]
_SCORE_POSITION: TypeAdapter[_ScorePosition] = TypeAdapter(_ScorePosition)
_NEWEST_POSITION: TypeAdapter[_NewestPosition] = TypeAdapter(_NewestPosition)
_SEEN_POSITION: TypeAdapter[_SeenPosition] = TypeAdapter(_SeenPosition)


def order_of(sort: LeadSort, lead: Columns) -> tuple[ColumnElement[Any], ...]:
    """Return what to order leads by."""
    if sort == LeadSort.NEWEST:
        return lead.created_at.desc(), lead.id.desc()
    if sort == LeadSort.LAST_SEEN:
        return lead.last_event_at.desc().nulls_last(), lead.id
    return lead.score.desc(), lead.id


def parts_after(
    cursor: str, sort: LeadSort, lead: Columns
) -> Sequence[ColumnElement[bool]]:
    """Return what comes after a place, in parts.

    Raises:
        InvalidInputError: It is no cursor of a list in this order.
    """
    if sort == LeadSort.NEWEST:
        _, created_at, lead_id = decode_cursor(cursor, _NEWEST_POSITION)
        return [tuple_(lead.created_at, lead.id) < (created_at, lead_id)]
    if sort == LeadSort.LAST_SEEN:
        _, seen_at, lead_id = decode_cursor(cursor, _SEEN_POSITION)
        unseen = lead.last_event_at.is_(None)
        if seen_at is None:
            return [and_(unseen, lead.id > lead_id)]
        return [
            and_(lead.last_event_at == seen_at, lead.id > lead_id),
            lead.last_event_at < seen_at,
            unseen,
        ]
    _, score, lead_id = decode_cursor(cursor, _SCORE_POSITION)
    return [and_(lead.score == score, lead.id > lead_id), lead.score < score]


def cursor_after(lead: Row[Any], sort: LeadSort) -> str:
    """Return the place after a lead."""
    if sort == LeadSort.NEWEST:
        return encode_cursor(("newest", lead.created_at, lead.id), _NEWEST_POSITION)
    if sort == LeadSort.LAST_SEEN:
        return encode_cursor(("last_seen", lead.last_event_at, lead.id), _SEEN_POSITION)
    return encode_cursor(("score", lead.score, lead.id), _SCORE_POSITION)
