"""What people write on a lead: tags, and notes."""

import unicodedata

from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.properties import find_unstorable_text

MAXIMUM_TAG_LENGTH = 40
MAXIMUM_TAGS_PER_LEAD = 30
MAXIMUM_NOTE_LENGTH = 5_000


def normalise_tag(tag: str) -> str:
    """Return a tag as it is kept: trimmed and in lower case.

    Raises:
        InvalidInputError: It is not 1..40 printable characters.
    """
    kept = unicodedata.normalize("NFC", tag.strip()).lower()
    if not 1 <= len(kept) <= MAXIMUM_TAG_LENGTH or not kept.isprintable():
        message = f"A tag has 1 to {MAXIMUM_TAG_LENGTH} printable characters"
        raise InvalidInputError(message, details={"tag": message})
    return kept


def normalise_note(body: str) -> str:
    """Return the text of a note, trimmed.

    Raises:
        InvalidInputError: It is not 1..5,000 characters, or can't be stored.
    """
    kept = body.strip()
    if not 1 <= len(kept) <= MAXIMUM_NOTE_LENGTH:
        message = f"A note has 1 to {MAXIMUM_NOTE_LENGTH:,} characters"
    elif find_unstorable_text({"body": kept}) is not None:
        message = "A note may not contain NUL or unpaired surrogates"
    else:
        return kept
    raise InvalidInputError(message, details={"body": message})
