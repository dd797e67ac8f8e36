"""The product's own web server, with routes beside it for those who measure it.

One does nothing: what it costs is what the server itself costs, the socket, HTTP, the
event loop. The other says how many boards the process follows.
"""

import json

from starlette.types import ASGIApp, Receive, Scope, Send

from leadpulse_app.runtime import server

NOOP_PATH = "/bench/noop"
BOARDS_PATH = "/bench/boards"

_START = {
    "type": "http.response.start",
    "status": 202,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"16")],
}
_BOARDS_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json")],
}
_BODY = {"type": "http.response.body", "body": b'{"success":true}'}


def create_web_with_noop() -> ASGIApp:
    """Return the whole product, in a process that granian forked."""
    web = server.create_web()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == BOARDS_PATH:
            await send(_BOARDS_START)
            await send({"type": "http.response.body", "body": _boards()})
            return
        if scope["type"] != "http" or scope["path"] != NOOP_PATH:
            await web(scope, receive, send)
            return
        while (await receive()).get("more_body", False):
            pass
        await send(_START)
        await send(_BODY)

    return app


def _boards() -> bytes:
    from leadpulse_app.state.live import hub  # Reflex is loaded by this process alone

    return json.dumps({"boards": hub.board_count}).encode()


if __name__ == "__main__":
    from bench.server import create_web_with_noop as importable

    server.serve(importable, websockets=True)
