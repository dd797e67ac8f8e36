"""Serves the browser script from memory, compressed once.

`ls.js` is the source. What is served is `ls.min.js`, which is made from it by
`python -m tests.sdk.minified`; a test fails where the two have come apart.
"""

import gzip
import hashlib
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

SDK_PATH = "/sdk/ls.js"

_SCRIPT = Path(__file__).with_name("ls.min.js")

_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=300",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}
"""A page keeps the script for five minutes: a fix soon reaches every visitor."""


@cache
def compressed_script() -> bytes:
    """Return the script as it goes over the wire."""
    return gzip.compress(_SCRIPT.read_bytes(), compresslevel=9, mtime=0)


@cache
def _tag() -> str:
    return f'"{hashlib.sha256(compressed_script()).hexdigest()[:16]}"'


async def serve_sdk(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request for the script, as an ASGI application."""
    await _answer(Headers(scope=scope))(scope, receive, send)


def _answer(asked: Headers) -> Response:
    headers = {**_HEADERS, "ETag": _tag()}
    if _tag() in asked.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = compressed_script()
    if "gzip" in asked.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        body = gzip.decompress(body)
    return Response(body, media_type="text/javascript", headers=headers)
