"""The ingest routes in this process, and a project to send to."""

from collections.abc import AsyncIterator

import httpx
import pytest

from leadpulse_app.api.ingest import IngestApp
from tests.tenants import Tenant, make_tenant


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = IngestApp(enqueue_hint=lambda: None)
    transport = httpx.ASGITransport(app)
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client


@pytest.fixture
async def tenant() -> Tenant:
    return await make_tenant()
