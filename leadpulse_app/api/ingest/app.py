"""The application that serves the ingest routes of a process."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from leadpulse_app.api.failure import failure, failure_of
from leadpulse_app.api.ingest.answer import (
    Answer,
    cross_origin_headers,
    preflight_response,
    send_answer,
)
from leadpulse_app.api.ingest.body import ClientGoneError, Room, Space, read_body
from leadpulse_app.api.ingest.intake import Intake
from leadpulse_app.api.ingest.request import Headers, Request
from leadpulse_app.api.ingest.routes import find_route
from leadpulse_app.domain.errors import LeadPulseError, NotFoundError
from leadpulse_app.services.ingest import GroupCommit
from leadpulse_app.settings import Settings, get_settings

logger = logging.getLogger(__name__)


class IngestApp:
    """Serves the ingest routes of one process, while its `lifespan` is entered."""

    _intake: Intake

    def __init__(
        self, *, enqueue_hint: Callable[[], None], settings: Settings | None = None
    ) -> None:
        """Prepare.

        Args:
            enqueue_hint: Wakes the scorer; called in a thread, it may block.
            settings: The limits, and the proxies that are trusted; this process's
                own where none are given.
        """
        self._enqueue_hint = enqueue_hint
        self._settings = settings or get_settings()
        self._space = Space()

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Take events on the running event loop; Postgres may be away at first.

        At the end, what was accepted is stored and answered.
        """
        self._intake = Intake(enqueue_hint=self._enqueue_hint, settings=self._settings)
        self._intake.start()
        try:
            yield
        finally:
            await self._intake.stop()

    @property
    def group_commit(self) -> GroupCommit:
        """What stores events, while the lifespan is entered."""
        return self._intake.group_commit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = dict(scope["headers"])
        try:
            response = await self._respond(scope, headers, receive)
        except LeadPulseError as error:
            response = failure_of(error)
        except ClientGoneError:
            return
        except Exception:  # a defect, of which nobody outside is told more
            logger.exception("%s %s failed", scope["method"], scope["path"])
            response = failure_of(LeadPulseError("Something went wrong on our side"))
        if isinstance(response, Answer):
            await send_answer(response, headers, send)
        else:
            response.raw_headers += cross_origin_headers(headers)
            await response(scope, receive, send)

    async def _respond(
        self, scope: Scope, headers: Headers, receive: Receive
    ) -> Answer | Response:
        route = find_route(scope["path"])
        if route is None:
            raise NotFoundError("There is no such ingest route")
        if scope["method"] in route.methods:
            with Room(self._space) as room:
                body = await read_body(
                    headers, receive, limit=route.body_limit, room=room
                )
                request = Request(scope, headers, body, datetime.now(UTC))
                return await route.take(self._intake, request)
        if scope["method"] == "OPTIONS":
            return preflight_response(route.methods, headers)
        allowed = ", ".join(("OPTIONS", *route.methods))
        return failure(
            405,
            "method_not_allowed",
            f"The methods here are {allowed}",
            headers={"Allow": allowed},
        )
