"""What people say of a project: its name, its site, and where its days begin."""

import re
from functools import lru_cache
from zoneinfo import available_timezones

from leadpulse_app.domain.errors import InvalidInputError

MAXIMUM_PROJECT_NAME = 120
MAXIMUM_DOMAIN_LENGTH = 253
"""Of a host name (RFC 1035, section 3.1, without the root's dot)."""

MAXIMUM_KEY_NAME = 120

_DOMAIN = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])"
)


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """Return the names of all time zones of the IANA database, in their order."""
    return tuple(sorted(available_timezones() - {"localtime", "Factory"}))


def read_time_zone(name: str) -> str:
    """Return the time zone of this name.

    Raises:
        InvalidInputError: There is none.
    """
    if name not in time_zones():
        raise _refused("timeZone", "Choose a time zone, like Europe/Berlin.")
    return name


def read_project_name(name: str) -> str:
    """Return a project's name, trimmed.

    Raises:
        InvalidInputError: It is not 1..120 printable characters.
    """
    return _read_name(name, "name", MAXIMUM_PROJECT_NAME)


def read_key_name(name: str) -> str:
    """Return a write key's name, trimmed.

    Raises:
        InvalidInputError: It is not 1..120 printable characters.
    """
    return _read_name(name, "name", MAXIMUM_KEY_NAME)


def read_domain(domain: str) -> str | None:
    """Return a site's host name in lower case, or None where nothing is said.

    What people paste is taken too: a scheme, a path and a port are left out.

    Raises:
        InvalidInputError: It is no host name.
    """
    host = re.sub(r"^https?://", "", domain.strip().lower())
    host = re.split(r"[/?#:]", host, maxsplit=1)[0].rstrip(".")
    if not host and not domain.strip():
        return None
    if len(host) > MAXIMUM_DOMAIN_LENGTH or not _DOMAIN.fullmatch(host):
        raise _refused("domain", "Enter a host name, like www.example.com.")
    return host


def _read_name(name: str, field: str, longest: int) -> str:
    normal = name.strip()
    if not 1 <= len(normal) <= longest or not normal.isprintable():
        raise _refused(field, f"A name has 1 to {longest} printable characters.")
    return normal


def _refused(field: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, details={field: message})
