"""What a list of leads can be narrowed to, and what it is narrowed to now."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.events import list_event_types
from leadpulse_app.services.leads import count_by_stage
from leadpulse_app.services.ownership import list_members
from leadpulse_app.services.tagging import list_tags
from leadpulse_app.state import words
from leadpulse_app.state.lead_address import LeadAddress

_ON_PHONES = (
    ("minScore", "maxScore"),
    ("seenWithinDays",),
    ("risk",),
    ("owner",),
    ("tag",),
    ("event",),
)
"""The filters of the sheet; stage and search have places of their own."""


@dataclass(frozen=True)
class Named:
    """Something to choose, as it is sent and as it is read."""

    value: str
    name: str


@dataclass(frozen=True, eq=False)
class LeadChoices:
    """What there is to choose from; each is one reading of it, equal to no other."""

    members: tuple[Named, ...]
    tags: tuple[str, ...]
    event_types: tuple[str, ...]
    counts: Mapping[Stage, int]
    """How many leads are in each stage."""


@dataclass(frozen=True)
class ShownFilters:
    """The filters as their fields show them; empty where they leave out nothing."""

    minimum_score: str = ""
    maximum_score: str = ""
    score: str = ""
    """The range in words."""
    seen_within_days: str = ""
    risk: str = ""
    owner: str = ""
    tag: str = ""
    event_type: str = ""
    without_score: str = ""
    """The address without the range."""
    count: str = ""
    """How many of them are set."""


NO_FILTERS = ShownFilters()


async def read_choices(session: AsyncSession, actor: Actor) -> LeadChoices:
    """Return what the actor's leads can be narrowed to.

    Args:
        session: A transaction scoped to the actor's project.
        actor: Who asks.
    """
    return LeadChoices(
        members=tuple(
            Named(str(member.id), member.name)
            for member in await list_members(session, actor)
        ),
        tags=await list_tags(session, actor),
        event_types=await list_event_types(session, actor),
        counts=await count_by_stage(session, actor),
    )


def shown_filters(address: LeadAddress) -> ShownFilters:
    """Return the filters of an address as their fields show them."""
    given = address.parameters
    low, high = given.get("minScore", ""), given.get("maxScore", "")
    count = sum(any(name in given for name in names) for names in _ON_PHONES)
    return ShownFilters(
        minimum_score=low,
        maximum_score=high,
        score=_score_words(low, high),
        seen_within_days=given.get("seenWithinDays", ""),
        risk=given.get("risk", ""),
        owner=given.get("owner", ""),
        tag=given.get("tag", ""),
        event_type=given.get("event", ""),
        without_score=address.changed(minScore="", maxScore="").href(),
        count=words.number(count) if count else "",
    )


def _score_words(low: str, high: str) -> str:
    if low and high:
        return f"{low} to {high}"
    if high:
        return f"up to {high}"
    return f"{low} or more" if low else ""
