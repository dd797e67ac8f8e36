"""Sends to the ingest routes and reads what was stored."""

import gzip
import json
from typing import Any

import httpx
from sqlmodel import col, select

from leadpulse_app.database import transaction
from leadpulse_app.models import Event, QuarantinedEvent, RejectedEvent
from tests.tenants import Tenant

UNKNOWN_KEY = "pk_" + "0" * 48


async def post(
    client: httpx.AsyncClient,
    path: str,
    body: object,
    *,
    key: str | None = None,
    packed: bool = False,
    **options: Any,
) -> httpx.Response:
    """Post a body, as JSON where it is not bytes, perhaps with a key in its header."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {**options.pop("headers", {})}
    if key is not None:
        headers["X-Write-Key"] = key
    return await client.post(
        path,
        content=gzip.compress(content) if packed else content,
        headers=headers,
        **options,
    )


def assert_error(answer: httpx.Response, status: int, code: str) -> dict[str, str]:
    """Check an error's envelope and return its details."""
    assert answer.status_code == status, answer.text
    envelope = answer.json()
    assert envelope["success"] is False
    assert envelope["code"] == code
    assert envelope["error"] == envelope["message"] != ""
    details: dict[str, str] = envelope.get("details", {})
    return details


async def stored_events(tenant: Tenant) -> list[Event]:
    """Return a project's events in the order in which they were stored."""
    async with transaction(tenant.actor.project_id) as session:
        return list(
            (await session.scalars(select(Event).order_by(col(Event.id)))).all()
        )


async def stored_event(tenant: Tenant, message_id: str) -> Event:
    """Return the event of a message id."""
    async with transaction(tenant.actor.project_id) as session:
        query = select(Event).where(Event.message_id == message_id)
        return (await session.scalars(query)).one()


async def rejected_events(tenant: Tenant) -> list[RejectedEvent]:
    """Return what was rejected of a project."""
    async with transaction(tenant.actor.project_id) as session:
        query = select(RejectedEvent).order_by(col(RejectedEvent.id))
        return list((await session.scalars(query)).all())


async def quarantine_of(tenant: Tenant, message_id: str) -> str | None:
    """Return why an event is kept apart."""
    event = await stored_event(tenant, message_id)
    async with transaction(tenant.actor.project_id) as session:
        query = select(QuarantinedEvent.reason).where(
            QuarantinedEvent.event_id == event.id
        )
        return (await session.scalars(query)).one_or_none()
