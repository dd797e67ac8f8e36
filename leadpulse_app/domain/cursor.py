"""Opaque positions in a list, so that a page begins where the last one ended."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from leadpulse_app.domain.errors import InvalidInputError

Position = TypeVar("Position")


def check_limit(limit: int, most: int) -> None:
    """Let only a page of a length go on that a list gives.

    Raises:
        InvalidInputError: It is not within 1..`most`.
    """
    if not 1 <= limit <= most:
        message = f"The limit has to be within 1 and {most}"
        raise InvalidInputError(message, details={"limit": message})


def encode_cursor(position: Position, shape: TypeAdapter[Position]) -> str:
    """Return a position as URL-safe text without padding."""
    return urlsafe_b64encode(shape.dump_json(position)).rstrip(b"=").decode()


def decode_cursor(cursor: str, shape: TypeAdapter[Position]) -> Position:
    """Return the position that a cursor stands for.

    Raises:
        InvalidInputError: It is not a cursor of a list of this shape.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return shape.validate_json(urlsafe_b64decode(padded))
    except (ValidationError, ValueError):
        message = "The cursor is not one that this list gave out"
        raise InvalidInputError(message, details={"cursor": message}) from None
