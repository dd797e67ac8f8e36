"""Answers as JSON to whoever asks, on whatever site their page is."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson
from starlette.responses import Response
from starlette.types import Send

from leadpulse_app.api.ingest.request import Headers

PREFLIGHT_SECONDS = 24 * 60 * 60
"""How long a browser may remember a preflight; each caps it further."""

_VARY = ((b"vary", b"Origin"),)


class Answer(NamedTuple):
    """What a route answers."""

    status: int
    body: bytes
    media_type: bytes = b"application/json"


def answer(status: int, content: Mapping[str, object]) -> Answer:
    """Return an answer of this content."""
    return Answer(status, orjson.dumps(content))


async def send_answer(answer: Answer, headers: Headers, send: Send) -> None:
    """Send an answer. A Starlette response would do it for several times the cost."""
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (b"content-length", b"%d" % len(answer.body)),
                (b"content-type", answer.media_type),
                *cross_origin_headers(headers),
            ],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})


def cross_origin_headers(headers: Headers) -> Sequence[tuple[bytes, bytes]]:
    """Return what lets a page of any site read the answer."""
    origin = headers.get(b"origin")
    if origin is None:
        return _VARY
    return (
        *_VARY,
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", b"Retry-After"),
    )


def preflight_response(methods: Sequence[str], headers: Headers) -> Response:
    """Return what lets a page of any site send with these methods."""
    response = Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Methods": ", ".join(methods),
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        },
    )
    if (asked := headers.get(b"access-control-request-headers")) is not None:
        response.raw_headers.append((b"access-control-allow-headers", asked))
    return response
