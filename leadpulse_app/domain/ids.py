"""Identifiers that sort by the time they were made (UUID version 7, RFC 9562)."""

import secrets
from datetime import datetime
from uuid import UUID

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62


def uuid7(now: datetime) -> UUID:
    """Return a new identifier: 48 bits of milliseconds, then 74 random bits.

    Args:
        now: The time to carry, with a time zone.
    """
    milliseconds = int(now.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    noise = secrets.randbits(74)
    return UUID(
        int=milliseconds << 80
        | _VERSION_7
        | (noise >> 62) << 64
        | _VARIANT
        | noise & 0x3FFF_FFFF_FFFF_FFFF
    )
