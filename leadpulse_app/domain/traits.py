"""What an event says of its person, whatever the sender's client calls it.

Only what a lead is known as is kept: an email, a name and a company.
"""

import re
from collections.abc import Mapping

MAXIMUM_TRAIT_LENGTH = 255
"""Characters kept of a trait. No email that can be delivered to is longer
(RFC 5321, section 4.5.3.1), so a cut never makes one."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")

_FIRST_NAMES = ("firstName", "first_name", "firstname")
_LAST_NAMES = ("lastName", "last_name", "lastname")


def read_traits(given: Mapping[str, object]) -> dict[str, str] | None:
    """Return the traits in an object that a client sends them in.

    An email is written in lower case. A name may come in two parts, and a company
    as an object with a name.

    Args:
        given: The properties of an `identify`, its `traits`, or the like.

    Returns:
        `email`, `name` and `company`, as far as they are there; None if none is.
    """
    email = _text(given.get("email") or given.get("$email"))
    if email is not None and not _EMAIL.fullmatch(email):
        email = None
    company = given.get("company")
    if isinstance(company, Mapping):
        company = company.get("name")
    traits = {
        "email": email and email.lower(),
        "name": _text(given.get("name") or given.get("$name")) or _full_name(given),
        "company": _text(company) or _text(given.get("company_name")),
    }
    return {name: text for name, text in traits.items() if text} or None


def _full_name(given: Mapping[str, object]) -> str | None:
    parts = [
        next((text for name in names if (text := _text(given.get(name)))), None)
        for names in (_FIRST_NAMES, _LAST_NAMES)
    ]
    return _text(" ".join(filter(None, parts)))


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    return value.strip()[:MAXIMUM_TRAIT_LENGTH].rstrip() or None
