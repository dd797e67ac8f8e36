"""The words that leads are found by, and those of a search; both are cut the same way.

A lead is found when each word of the search begins a word of the lead.
"""

import unicodedata
from collections.abc import Iterable, Iterator

MAXIMUM_TOKEN_LENGTH = 64
"""Characters; more of a word distinguishes nobody."""

MAXIMUM_TOKENS = 40
"""Words kept of a lead: several names, emails and ids of it."""

MAXIMUM_WORDS = 8
"""Words of a search that count; each is one more look-up."""


def tokens_of(values: Iterable[str | None]) -> frozenset[str]:
    """Return the words that a lead with these names and ids is found by.

    Args:
        values: The most important first: where there are more than 40 different
            words, the first 40 count.
    """
    tokens: dict[str, None] = {}
    for value in values:
        for token in _split(value or ""):
            tokens.setdefault(token)
            if len(tokens) == MAXIMUM_TOKENS:
                return frozenset(tokens)
    return frozenset(tokens)


def words_of(query: str) -> tuple[str, ...]:
    """Return the different words of a search, in order, the first 8 at most."""
    return tuple(dict.fromkeys(_split(query)))[:MAXIMUM_WORDS]


def _split(value: str) -> Iterator[str]:
    token: list[str] = []
    for character in _normalise(value):
        if character.isalnum():
            token.append(character)
        elif token:
            yield "".join(token[:MAXIMUM_TOKEN_LENGTH])
            token.clear()
    if token:
        yield "".join(token[:MAXIMUM_TOKEN_LENGTH])


def _normalise(value: str) -> str:
    if value.isascii():
        return value.lower()
    # Folding brings forth what decomposes again, and the other way round.
    for _ in range(2):
        value = unicodedata.normalize("NFKD", value).casefold()
    return "".join(
        character
        for character in unicodedata.normalize("NFKD", value)
        if not unicodedata.combining(character)
    )
