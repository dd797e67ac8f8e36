"""What a password has to be before it is hashed."""

from leadpulse_app.domain.errors import InvalidInputError

MINIMUM_PASSWORD_BYTES = 10
MAXIMUM_PASSWORD_BYTES = 72
"""All that bcrypt looks at; a longer one would be cut without a word."""


def password_bytes(password: str) -> bytes:
    """Return a password as the bytes that are hashed.

    Raises:
        InvalidInputError: It is not 10..72 bytes of UTF-8, or holds a NUL.
    """
    try:
        encoded = password.encode()
    except UnicodeEncodeError:
        raise _refused("The password has a character that is not text.") from None
    if len(encoded) < MINIMUM_PASSWORD_BYTES:
        raise _refused(
            f"The password needs at least {MINIMUM_PASSWORD_BYTES} characters."
        )
    if len(encoded) > MAXIMUM_PASSWORD_BYTES:
        raise _refused(f"The password may have at most {MAXIMUM_PASSWORD_BYTES} bytes.")
    if 0 in encoded:
        raise _refused("The password may not hold a NUL character.")
    return encoded


def _refused(message: str) -> InvalidInputError:
    return InvalidInputError(message, details={"password": message})
