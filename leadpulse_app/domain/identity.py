"""The names a person is known by, and what it means when two people share one.

A name that is told explicitly, or that only one person can have, joins two leads. An
anonymous id belongs to a device: it never joins people who are known to be different.
"""

from collections.abc import Iterable, Mapping
from enum import Enum, IntEnum, StrEnum
from typing import NamedTuple
from uuid import UUID

from leadpulse_app.domain.fold import FIELDS
from leadpulse_app.domain.traits import read_traits


class AliasKind(StrEnum):
    """What sort of name an alias is; an event is resolved by the first it carries."""

    USER = "user"
    ANONYMOUS = "anonymous"
    EMAIL = "email"


class Alias(NamedTuple):
    """One name of one person within a project."""

    kind: AliasKind
    value: str


def joined_leads(merges: Iterable[tuple[UUID, UUID]]) -> dict[UUID, set[UUID]]:
    """Return for each lead in merges all leads that these join to it, and itself.

    Args:
        merges: The pairs of leads that are one person.
    """
    joined: dict[UUID, set[UUID]] = {}
    for pair in merges:
        ends = (joined.setdefault(lead_id, {lead_id}) for lead_id in pair)
        smaller, larger = sorted(ends, key=len)
        larger |= smaller
        joined |= dict.fromkeys(smaller, larger)
    return joined


class Strength(IntEnum):
    """What an event says by a further name; the stronger are looked at first."""

    EXPLICIT = 0
    """An `alias` says that the person had this id before."""
    EMAIL = 1
    """The person has this email, says a sender that knows who they are."""
    ANONYMOUS_EMAIL = 2
    """Whoever uses the device has this email."""
    ANONYMOUS_ID = 3
    """The person uses this device."""


class Names(NamedTuple):
    """The names that an event carries."""

    user_id: str | None
    anonymous_id: str | None
    email: str | None
    """In lower case."""
    previous_id: str | None

    def further(self) -> dict[Alias, Strength]:
        """Return the names beyond the one that decides which lead the event is of.

        An id that was had before may have been a user id as well as an anonymous
        one, so it stands for both.
        """
        found: dict[Alias, Strength] = {}
        if self.user_id is not None and self.anonymous_id is not None:
            alias = Alias(AliasKind.ANONYMOUS, self.anonymous_id)
            found[alias] = Strength.ANONYMOUS_ID
        if self.email is not None and self.user_id is not None:
            found[Alias(AliasKind.EMAIL, self.email)] = Strength.EMAIL
        elif self.email is not None and self.anonymous_id is not None:
            found[Alias(AliasKind.EMAIL, self.email)] = Strength.ANONYMOUS_EMAIL
        if self.previous_id is not None:
            for kind in (AliasKind.ANONYMOUS, AliasKind.USER):
                found[Alias(kind, self.previous_id)] = Strength.EXPLICIT
            found.pop(self.resolving(), None)
        return found

    def resolving(self) -> Alias:
        """Return the name that decides which lead the event is of.

        Raises:
            ValueError: The event names nobody.
        """
        return resolving_alias(
            user_id=self.user_id, anonymous_id=self.anonymous_id, email=self.email
        )


class Identified(NamedTuple):
    """How far a lead's person is known."""

    email: str | None
    has_user_id: bool

    def differs(self, other: "Identified") -> bool:
        """Whether the two can't be one person, as far as anybody has said."""
        emails = {email.lower() for email in (self.email, other.email) if email}
        return len(emails) == 2 or (self.has_user_id and other.has_user_id)


class Decision(Enum):
    """What to do about a further name of an event."""

    CLAIM = "claim"
    """Nobody has it: it becomes a name of the event's lead."""
    MERGE = "merge"
    """The lead that has it and the event's lead are one person."""
    MOVE = "move"
    """It stands for the event's lead from now on, and the leads stay apart."""
    HAND_OVER = "hand over"
    """The event is about somebody else, who uses the device from now on."""
    LEAVE = "leave"
    """It stays with the lead that has it."""


def decide(
    name: Alias,
    strength: Strength,
    here: Identified,
    there: Identified | None,
    *,
    are_separated: bool,
) -> Decision:
    """Decide what a further name of an event means.

    Args:
        name: The name.
        strength: What the event says by it.
        here: The lead that the event belongs to.
        there: The other lead that has the name, if one has.
        are_separated: Whether a person undid a merge of the two.
    """
    if strength is Strength.ANONYMOUS_EMAIL and (
        (here.email is not None and here.email.lower() != name.value)
        or (there is not None and here.differs(there))
    ):
        return Decision.HAND_OVER
    if there is None:
        return Decision.CLAIM
    if strength is Strength.ANONYMOUS_ID:
        is_other = are_separated or here.differs(there)
        return Decision.MOVE if is_other else Decision.MERGE
    return Decision.LEAVE if are_separated else Decision.MERGE


def read_names(
    *,
    type: str,  # noqa: A002
    user_id: str | None,
    anonymous_id: str | None,
    previous_id: str | None,
    traits: Mapping[str, object] | None,
) -> Names:
    """Return the names that an event carries.

    An edit of a lead's fields names nobody: it is made to one lead and stays there.
    """
    known = read_traits(traits) if traits and type != FIELDS else None
    email = known.get("email") if known else None
    return Names(user_id, anonymous_id, email, previous_id)


def resolving_alias(
    *, user_id: str | None, anonymous_id: str | None, email: str | None
) -> Alias:
    """Return the alias that decides which lead an event belongs to.

    Raises:
        ValueError: None of the three is given.
    """
    if user_id is not None:
        return Alias(AliasKind.USER, user_id)
    if anonymous_id is not None:
        return Alias(AliasKind.ANONYMOUS, anonymous_id)
    if email is not None:
        return Alias(AliasKind.EMAIL, email)
    raise ValueError("an event needs a user id, an anonymous id or an email")
