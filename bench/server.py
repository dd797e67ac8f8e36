"""The product's own web server, with a POST route beside it that does nothing.

What the no-op costs is what the server itself costs: the socket, HTTP, the event loop.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from leadpulse_app.runtime import server

NOOP_PATH = "/bench/noop"

_START = {
    "type": "http.response.start",
    "status": 202,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"16")],
}
_BODY = {"type": "http.response.body", "body": b'{"success":true}'}


def create_web_with_noop() -> ASGIApp:
    """Return the whole product, in a process that granian forked."""
    web = server.create_web()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != NOOP_PATH:
            await web(scope, receive, send)
            return
        while (await receive()).get("more_body", False):
            pass
        await send(_START)
        await send(_BODY)

    return app


if __name__ == "__main__":
    from bench.server import create_web_with_noop as importable

    server.serve(importable, websockets=True)
