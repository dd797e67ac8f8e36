"""What people may say of a lead, and the names that they may give it."""

from collections.abc import Mapping

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import ID_RULE, MAX_ID_LENGTH
from leadpulse_app.domain.properties import (
    MAX_BYTES,
    Json,
    find_unstorable_text,
    sanitise_properties,
)
from leadpulse_app.domain.traits import MAXIMUM_TRAIT_LENGTH, read_traits


def read_email(text: str) -> str:
    """Return an email as it is kept: trimmed and in lower case.

    Raises:
        InvalidInputError: It is none.
    """
    kept = text.strip()
    known = read_traits({"email": kept}) or {}
    if len(kept) > MAXIMUM_TRAIT_LENGTH or "email" not in known or _is_odd(kept):
        raise InvalidInputError("The email has to be like ada@example.com")
    return known["email"]


def read_words(text: str) -> str:
    """Return a name, or the name of a company, trimmed.

    Raises:
        InvalidInputError: It is not 1..255 printable characters.
    """
    kept = text.strip()
    if not 1 <= len(kept) <= MAXIMUM_TRAIT_LENGTH or not kept.isprintable():
        message = f"Names have 1 to {MAXIMUM_TRAIT_LENGTH} printable characters"
        raise InvalidInputError(message)
    return kept


def read_own_id(text: str) -> str:
    """Return an anonymous id or a user id, as its sender writes it.

    Raises:
        InvalidInputError: It is not 1..256 characters, or can't be stored.
    """
    if not 1 <= len(text) <= MAX_ID_LENGTH or _is_odd(text):
        raise InvalidInputError(f"An id {ID_RULE}")
    return text


def read_further_traits(traits: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return what else is known of a lead.

    Raises:
        InvalidInputError: It is over the limits of an event's properties, or holds
            text that can't be stored.
    """
    if find_unstorable_text(traits) is not None:
        message = "Traits may not contain NUL or unpaired surrogates"
        raise InvalidInputError(message)
    kept = sanitise_properties(traits)
    if kept != traits:
        message = (
            f"Traits are at most 50, on two levels, of {MAX_BYTES // 1024} KB in all"
        )
        raise InvalidInputError(message)
    return kept


def _is_odd(text: str) -> bool:
    return find_unstorable_text({"text": text}) is not None
