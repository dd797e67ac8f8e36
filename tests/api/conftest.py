"""A caller of the JSON API, as a browser or a script would be one."""

from collections.abc import AsyncIterator

import httpx
import pytest

from leadpulse_app.api.app import create_api
from leadpulse_app.settings import get_settings


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A caller with a cookie jar of its own, on the public address."""
    transport = httpx.ASGITransport(create_api(), raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url=get_settings().public_url
    ) as caller:
        yield caller
