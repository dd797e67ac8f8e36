"""What a filter asks of leads, as conditions and as ways to find the leads by it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlmodel import SQLModel, col

from leadpulse_app.domain.intelligence import Risk, silence_of
from leadpulse_app.domain.lead_filter import MAXIMUM_SCORE, LeadFilter
from leadpulse_app.domain.search import words_of
from leadpulse_app.models import Event, LeadTag, LeadToken

LEAD = SQLModel.metadata.tables["lead"]

_LAST_CHARACTER = "\U0010ffff"
"""No word contains it, and none that begins with another sorts after that and it."""


def conditions_on_leads(
    project_id: UUID, wanted: LeadFilter, now: datetime
) -> Sequence[ColumnElement[bool]]:
    """Return what is asked of the rows of leads, that they are roots included."""
    lead = LEAD.c
    return [
        lead.project_id == project_id,
        lead.root_id.is_(None),
        *_own_conditions(wanted, now),
    ]


def own_conditions_of_found(
    project_id: UUID, wanted: LeadFilter, now: datetime
) -> Sequence[ColumnElement[bool]]:
    """Return what `conditions_on_leads` does, for leads that are looked up by id.

    With `root_id IS NULL`, Postgres may look each up in the index of a list.
    """
    lead = LEAD.c
    return [
        lead.project_id == project_id,
        func.coalesce(lead.root_id, lead.id) == lead.id,
        *_own_conditions(wanted, now),
    ]


def conditions_beside_leads(
    project_id: UUID, wanted: LeadFilter, lead_id: ColumnElement[UUID]
) -> Sequence[ColumnElement[bool]]:
    """Return what is asked of the words, tags and events of a root with this id."""
    conditions: list[ColumnElement[bool]] = [
        _exists(
            col(LeadToken.project_id) == project_id,
            col(LeadToken.lead_id) == lead_id,
            *_begins_with(word),
        )
        for word in words_of(wanted.query)
    ]
    for kind, holds in _traces(wanted):
        member = LEAD.alias("member")
        conditions.append(
            or_(
                _exists(
                    col(kind.project_id) == project_id,
                    col(kind.lead_id) == lead_id,
                    holds,
                ),
                select(literal(1))
                .select_from(member)
                .join(kind, col(kind.lead_id) == member.c.id)
                .where(
                    member.c.project_id == project_id,
                    member.c.root_id == lead_id,
                    col(kind.project_id) == project_id,
                    holds,
                )
                .offset(0)
                .exists(),
            )
        )
    return conditions


def ways_to_find(
    project_id: UUID, wanted: LeadFilter, now: datetime
) -> Iterator[tuple[Select[Any], LeadFilter]]:
    """Yield a selection of roots for each part of the filter that an index is read by.

    Each yields all the roots that this part holds for, some perhaps more than once;
    those likely to be few come first. With it comes what is still to be asked of them.
    """
    lead = LEAD.c
    roots = select(lead.id).where(lead.project_id == project_id, lead.root_id.is_(None))
    for word in sorted(words_of(wanted.query), key=len, reverse=True):
        having = select(col(LeadToken.lead_id)).where(
            col(LeadToken.project_id) == project_id, *_begins_with(word)
        )
        yield having, wanted
    if wanted.tag is not None:
        tagged = _roots_of(project_id, LeadTag, col(LeadTag.tag) == wanted.tag)
        yield tagged, replace(wanted, tag=None)
    if wanted.event_type is not None:
        did = _roots_of(project_id, Event, col(Event.type) == wanted.event_type)
        yield did, replace(wanted, event_type=None)
    if wanted.owner_id is not None:
        yield roots.where(lead.owner_id == wanted.owner_id), wanted
    if scored := _score_range(wanted):
        yield roots.where(*scored), wanted
    if wanted.risk is not None:
        seen, unseen = by_silence(wanted.risk, now)
        both = union_all(roots.where(seen), roots.where(unseen)).subquery()
        yield select(both.c.id), wanted
    if wanted.seen_within_days is not None:
        yield roots.where(_seen_within(wanted.seen_within_days, now)), wanted
    if wanted.stage is not None:
        yield roots.where(lead.stage == wanted.stage), wanted


def _roots_of(
    project_id: UUID, kind: type[LeadTag] | type[Event], holds: ColumnElement[bool]
) -> Select[Any]:
    """Return the roots of the leads that some rows were written for."""
    origin = LEAD.alias("origin")
    root_id = (
        select(func.coalesce(origin.c.root_id, origin.c.id))
        .where(origin.c.project_id == project_id, origin.c.id == col(kind.lead_id))
        .scalar_subquery()
    )
    return select(root_id.label("id")).where(col(kind.project_id) == project_id, holds)


def _own_conditions(wanted: LeadFilter, now: datetime) -> Iterator[ColumnElement[bool]]:
    lead = LEAD.c
    if wanted.is_nobody:
        yield false()
    if wanted.stage is not None:
        yield lead.stage == wanted.stage
    yield from _score_range(wanted)
    if wanted.seen_within_days is not None:
        yield _seen_within(wanted.seen_within_days, now)
    if wanted.risk is not None:
        yield or_(*by_silence(wanted.risk, now))
    if wanted.owner_id is not None:
        yield lead.owner_id == wanted.owner_id
    if wanted.unowned:
        yield lead.owner_id.is_(None)


def _score_range(wanted: LeadFilter) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.minimum_score:
        conditions.append(LEAD.c.score >= wanted.minimum_score)
    if wanted.maximum_score is not None and wanted.maximum_score < MAXIMUM_SCORE:
        conditions.append(LEAD.c.score <= wanted.maximum_score)
    return conditions


def _seen_within(days: int, now: datetime) -> ColumnElement[bool]:
    return LEAD.c.last_event_at >= now - timedelta(days=days)


def by_silence(
    risk: Risk, now: datetime
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return when leads that did something are at a risk, and when the others are."""
    shortest, longest = silence_of(risk)

    def is_silent(since: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        bounds = [since <= now - shortest] if shortest else []
        return bounds if longest is None else [*bounds, since > now - longest]

    lead = LEAD.c
    return (
        and_(*is_silent(lead.last_event_at)),
        and_(lead.last_event_at.is_(None), *is_silent(lead.created_at)),
    )


def _begins_with(word: str) -> Sequence[ColumnElement[bool]]:
    token = col(LeadToken.token)
    return [token >= word, token < word + _LAST_CHARACTER]


def _traces(
    wanted: LeadFilter,
) -> Iterator[tuple[type[LeadTag] | type[Event], ColumnElement[bool]]]:
    """Yield the rows asked for that stay with the lead which they were written for."""
    if wanted.tag is not None:
        yield LeadTag, col(LeadTag.tag) == wanted.tag
    if wanted.event_type is not None:
        yield Event, col(Event.type) == wanted.event_type


def _exists(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    # OFFSET keeps it a question about one lead: as a join, it may begin with all rows.
    return select(literal(1)).where(*conditions).offset(0).exists()
