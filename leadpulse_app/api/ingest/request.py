"""A request as the routes see it, and the write key that it carries."""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qs

from starlette.types import Scope

Headers: TypeAlias = Mapping[bytes, bytes]
"""By their names in lower case."""

KEY_FIELDS = ("apiKey", "writeKey", "api_key", "token")
"""Where a body may carry the write key; the first that does counts."""

MAX_QUERY_FIELDS = 100
"""In the address of a request; where there are more, none is read."""


class Request(NamedTuple):
    """One request whose body has arrived."""

    scope: Scope
    headers: Headers
    body: bytes
    """What it says, unpacked."""
    received_at: datetime
    """In UTC."""

    def header(self, name: bytes) -> str | None:
        """Return a header's value."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def query(self, name: str) -> str | None:
        """Return the first value of a parameter of the address."""
        query: bytes = self.scope["query_string"]
        if not query:
            return None
        try:
            fields = parse_qs(query.decode("latin-1"), max_num_fields=MAX_QUERY_FIELDS)
        except ValueError:  # there are more
            return None
        return next(iter(fields.get(name, ())), None)

    @property
    def visitor_agent(self) -> str | None:
        """The user agent of the visitor; a backend's own is not theirs."""
        return self.header(b"user-agent") if b"origin" in self.headers else None


def find_key(request: Request, places: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the first write key of a request; the order is part of the contract.

    An empty key is none: the next place may have one.

    Args:
        request: The request.
        places: The objects of its body that may carry a key.
    """
    return next(filter(None, _given_keys(request, places)), None)


def _given_keys(
    request: Request, places: Iterable[Mapping[str, Any]]
) -> Iterator[str | None]:
    if (authorization := request.headers.get(b"authorization")) is not None:
        scheme, _, credentials = authorization.partition(b" ")
        match scheme.lower():
            case b"basic":
                yield _basic_user(credentials)
            case b"bearer":
                yield credentials.strip().decode("latin-1")
    if (header := request.header(b"x-write-key")) is not None:
        yield header.partition(":")[0]  # Jitsu's client wants a key in two parts
    for fields in places:
        for field in KEY_FIELDS:
            key = fields.get(field)
            if isinstance(key, str) and "*" not in key:  # some clients mask theirs
                yield key
    yield request.query("writeKey")


def _basic_user(credentials: bytes) -> str:
    try:
        pair = base64.b64decode(credentials.strip(), validate=True)
    except binascii.Error:
        return ""
    return pair.partition(b":")[0].decode("latin-1")
