"""Which leads a list shows, and in what order."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from leadpulse_app.domain.annotation import normalise_tag
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import MAX_TYPE_LENGTH
from leadpulse_app.domain.intelligence import Risk
from leadpulse_app.domain.search import words_of
from leadpulse_app.domain.stage import Stage

MAXIMUM_QUERY_LENGTH = 200
MAXIMUM_SCORE = 10_000
MAXIMUM_SEEN_WITHIN_DAYS = 365


class LeadSort(StrEnum):
    """What a list of leads begins with."""

    SCORE = "score"
    """The highest score."""
    NEWEST = "newest"
    """The lead that was seen first most lately."""
    LAST_SEEN = "last_seen"
    """The lead that did something most lately; those that never did come last."""


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """What holds for each lead of a list; what is not given holds for all.

    Raises:
        InvalidInputError: A value is out of its range, or two exclude each other. The
            details name each field that is wrong.
    """

    query: str = ""
    """Words, each of which begins a word of the lead's names; 200 characters at most,
    kept without the white space around them."""
    stage: Stage | None = None
    minimum_score: int | None = None
    """0..10,000, inclusive."""
    maximum_score: int | None = None
    """0..10,000, inclusive."""
    seen_within_days: int | None = None
    """Did something within as many days before now, 1..365."""
    risk: Risk | None = None
    owner_id: UUID | None = None
    """The member who looks after it."""
    unowned: bool = False
    """Nobody looks after it."""
    tag: str | None = None
    """Kept as tags are: trimmed and in lower case."""
    event_type: str | None = None
    """Did this at least once."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "query", self.query.strip())  # it is frozen
        if problems := self._problems():
            raise InvalidInputError(next(iter(problems.values())), details=problems)

    @property
    def is_at_most_a_stage(self) -> bool:
        """Whether it asks for nothing but a stage, or not even that."""
        return self == LeadFilter(stage=self.stage)

    @property
    def is_nobody(self) -> bool:
        """Whether no lead can be left: its search has no letter or digit."""
        return bool(self.query) and not words_of(self.query)

    def _problems(self) -> dict[str, str]:
        problems: dict[str, str] = {}
        if len(self.query) > MAXIMUM_QUERY_LENGTH or not self.query.isprintable():
            problems["query"] = (
                f"A search has up to {MAXIMUM_QUERY_LENGTH} printable characters"
            )
        for name in ("minimum_score", "maximum_score"):
            score = getattr(self, name)
            if score is not None and not 0 <= score <= MAXIMUM_SCORE:
                problems[name] = f"A score is within 0 and {MAXIMUM_SCORE:,}"
        if (
            not problems
            and self.minimum_score is not None
            and self.maximum_score is not None
            and self.minimum_score > self.maximum_score
        ):
            problems["maximum_score"] = "The highest score is below the lowest"
        days = self.seen_within_days
        if days is not None and not 1 <= days <= MAXIMUM_SEEN_WITHIN_DAYS:
            problems["seen_within_days"] = (
                f"The days have to be within 1 and {MAXIMUM_SEEN_WITHIN_DAYS}"
            )
        if self.unowned and self.owner_id is not None:
            problems["owner_id"] = "A lead has an owner or none, not both"
        if self.event_type is not None and not (
            1 <= len(self.event_type) <= MAX_TYPE_LENGTH
            and self.event_type.isprintable()
        ):
            problems["event_type"] = (
                f"A type has 1 to {MAX_TYPE_LENGTH} printable characters"
            )
        if self.tag is not None:
            try:
                object.__setattr__(self, "tag", normalise_tag(self.tag))
            except InvalidInputError as error:
                problems["tag"] = error.message
        return problems
