"""What signs a project's webhooks is found out, and nobody waits for it for long."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest

from leadpulse_app.database import database_url, transaction
from leadpulse_app.domain.errors import UnavailableError
from leadpulse_app.services.ingest import webhook_secrets
from leadpulse_app.services.ingest.webhook_secrets import WebhookSecrets
from leadpulse_app.services.webhooks import make_webhook_secret
from tests.tenants import make_tenant


@pytest.fixture
async def known() -> AsyncIterator[WebhookSecrets]:
    known = WebhookSecrets()
    yield known
    await known.stop()


@contextmanager
def silent_postgres() -> Iterator[None]:
    """Postgres gives no answer about projects while the block runs."""
    with psycopg.connect(database_url()) as holder:
        holder.execute("LOCK TABLE project IN ACCESS EXCLUSIVE MODE")
        yield


async def test_each_project_has_its_own(known: WebhookSecrets) -> None:
    signed, unsigned = await make_tenant(), await make_tenant()
    async with transaction(signed.actor.project_id) as session:
        secret = await make_webhook_secret(session, signed.actor)
    projects = [signed.actor.project_id, unsigned.actor.project_id] * 2
    found = await asyncio.gather(*map(known.secret_of, projects))
    assert found == [secret, None] * 2


async def test_while_postgres_is_silent_all_are_told_so_together(
    known: WebhookSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_secrets, "LOOK_UP_TIMEOUT_SECONDS", 0.5)
    remembered = (await make_tenant()).actor.project_id
    await known.secret_of(remembered)
    loop = asyncio.get_running_loop()
    with silent_postgres():
        began = loop.time()
        asked = [known.secret_of(uuid4()) for _ in range(20)]
        told = asyncio.gather(*asked, return_exceptions=True)
        await asyncio.sleep(0)
        assert await known.secret_of(remembered) is None, "that needs no Postgres"
        assert not told.done()
        for answer in await told:
            assert isinstance(answer, UnavailableError)
        assert loop.time() - began < 5
