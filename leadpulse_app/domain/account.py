"""What a person registers with: the email they sign in by and the name shown."""

import re

from leadpulse_app.domain.errors import InvalidInputError

MAXIMUM_EMAIL_LENGTH = 254
"""The longest address that mail can carry (RFC 5321, erratum 1690)."""

MAXIMUM_NAME_LENGTH = 120

_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
)


def normalise_email(email: str) -> str:
    """Return an address trimmed and in lower case, the form accounts are kept under.

    What is valid is what browsers accept in an email field (HTML standard, "valid
    e-mail address"): ASCII alone, so lower case is the same everywhere.

    Raises:
        InvalidInputError: It is no email address.
    """
    normal = email.strip().lower()
    if len(normal) > MAXIMUM_EMAIL_LENGTH or not _EMAIL.fullmatch(normal):
        message = "Enter an email address, like ada@example.com."
        raise InvalidInputError(message, details={"email": message})
    return normal


def normalise_name(name: str) -> str:
    """Return a person's name, trimmed.

    Raises:
        InvalidInputError: It is not 1..120 printable characters.
    """
    normal = name.strip()
    if not normal:
        raise _refused_name("Enter your name.")
    if len(normal) > MAXIMUM_NAME_LENGTH or not normal.isprintable():
        raise _refused_name(
            f"A name has up to {MAXIMUM_NAME_LENGTH} printable characters."
        )
    return normal


def _refused_name(message: str) -> InvalidInputError:
    return InvalidInputError(message, details={"name": message})
