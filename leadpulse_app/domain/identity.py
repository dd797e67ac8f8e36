"""The names a person is known by: an anonymous id, a user id, an email."""

from dataclasses import dataclass
from enum import StrEnum


class AliasKind(StrEnum):
    """What sort of name an alias is; an event is resolved by the first it carries."""

    USER = "user"
    ANONYMOUS = "anonymous"
    EMAIL = "email"


@dataclass(frozen=True, slots=True, order=True)
class Alias:
    """One name of one person within a project."""

    kind: AliasKind
    value: str


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
