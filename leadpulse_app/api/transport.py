"""What holds for every exchange with the API: a cap on bodies, and no caching."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadpulse_app.api.failure import failure_of
from leadpulse_app.domain.errors import TooLargeError

MAXIMUM_BODY_BYTES = 64 * 1024
"""Far above any form or setting; events come in through the ingest routes."""

EVENT_UPLOAD_PATH = "/api/events/batch"
LEAD_UPLOAD_PATH = "/api/leads/import"

MAXIMUM_UPLOAD_BYTES = 10 * 1024 * 1024
"""Of an uploaded file; what wraps it in a form comes on top."""


class Transport:
    """Refuses bodies over the cap and marks every answer as not to be kept."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an exchange on within its limits."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = MAXIMUM_BODY_BYTES
        refusal = "The body is over 64 KB"
        if scope["path"] in (EVENT_UPLOAD_PATH, LEAD_UPLOAD_PATH):
            limit += MAXIMUM_UPLOAD_BYTES
            refusal = "The file is over 10 MB"
        if _declared_length(scope) > limit:
            await failure_of(TooLargeError(refusal))(scope, receive, send)
            return
        received = 0

        async def receive_capped() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413)
            return message

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "no-store"
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self.app(scope, receive_capped, send_marked)


def _declared_length(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isdecimal() else 0
