import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine

from leadpulse_app import __version__, database
from leadpulse_app.api.app import create_api
from leadpulse_app.api.transport import MAXIMUM_BODY_BYTES
from leadpulse_app.database import connection_info
from leadpulse_app.services.worker_presence import announce_worker
from leadpulse_app.settings import get_settings
from tests.tenants import make_tenant

NOTHING_LISTENS = "127.0.0.1:1"

DOWNLOADS = ("/api/leads/export", "/api/leads/{lead_id}/data")


@pytest.fixture(params=["refuses", "hangs"])
async def postgres_away(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    """Point the process at a place where Postgres is not."""
    async with AsyncExitStack() as stack:
        address = NOTHING_LISTENS
        if request.param == "hangs":
            server = await asyncio.start_server(_keep_silent, "127.0.0.1")
            stack.push_async_callback(server.wait_closed)
            stack.callback(server.close)
            address = "{}:{}".format(*server.sockets[0].getsockname())
        engine = create_async_engine(
            f"postgresql+psycopg://nobody@{address}/nothing",
            connect_args={"connect_timeout": 2},
        )
        stack.push_async_callback(engine.dispose)
        monkeypatch.setattr(database, "get_engine", lambda: engine)
        yield


@pytest.fixture
def environment(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[str, str], None]]:
    """Set a variable as it would have been set before the start."""

    def change(name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        get_settings.cache_clear()

    yield change
    monkeypatch.undo()
    get_settings.cache_clear()


async def _keep_silent(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await reader.read()
    writer.close()


async def test_health_says_what_works_to_anybody(client: httpx.AsyncClient) -> None:
    with psycopg.connect(connection_info(), autocommit=True) as worker:
        announce_worker(worker)
        answer = await client.get("/api/health")
    assert answer.status_code == 200
    health = answer.json()["data"]
    assert health.pop("pending") >= 0
    assert health == {
        "status": "ok",
        "postgres": True,
        "redis": True,
        "worker": True,
        "version": __version__,
    }


async def test_without_a_worker_health_is_degraded_and_the_process_ready(
    client: httpx.AsyncClient,
) -> None:
    health = (await client.get("/api/health")).json()["data"]
    assert (health["status"], health["worker"]) == ("degraded", False)
    assert (await client.get("/api/health/ready")).status_code == 200


async def test_health_counts_the_leads_that_wait(client: httpx.AsyncClient) -> None:
    tenant = await make_tenant()
    before = (await client.get("/api/health")).json()["data"]["pending"]
    for _ in range(3):
        lead_id = await tenant.add_lead()
        for _ in range(2):
            event = await tenant.add_event(lead_id)
            await tenant.add_pending(event)
    after = (await client.get("/api/health")).json()["data"]["pending"]
    assert after == before + 3


@pytest.mark.usefixtures("postgres_away")
async def test_health_is_quick_to_say_that_postgres_is_away(
    client: httpx.AsyncClient,
) -> None:
    began = time.monotonic()
    answer = await client.get("/api/health")
    assert time.monotonic() - began < 2
    assert answer.status_code == 200
    health = answer.json()["data"]
    assert health["status"] == "degraded"
    assert (health["postgres"], health["worker"]) == (False, False)
    assert health["pending"] is None
    ready = await client.get("/api/health/ready")
    assert ready.status_code == 503
    assert ready.headers["retry-after"] == "5"


@pytest.mark.usefixtures("postgres_away")
async def test_without_postgres_a_route_asks_to_come_back(
    client: httpx.AsyncClient,
) -> None:
    account = {"email": "a@example.com", "password": "long enough", "name": "Ada"}
    answer = await client.post("/api/auth/register", json=account)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["code"] == "unavailable"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("GET", "/api/leads/", 404, "not_found"),
        ("DELETE", "/api/rules", 405, "method_not_allowed"),
        ("GET", "/api/leads", 401, "unauthenticated"),
        ("GET", "/api/leads/export", 401, "unauthenticated"),
        ("POST", "/api/auth/logout", 401, "unauthenticated"),
    ],
)
async def test_every_refusal_has_the_same_shape(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    body = answer.json()
    assert body == {
        "success": False,
        "error": body["message"],
        "code": code,
        "message": body["message"],
    }
    assert answer.headers["cache-control"] == "no-store"


async def test_a_body_over_the_cap_is_refused_whether_declared_or_not(
    client: httpx.AsyncClient,
) -> None:
    async def undeclared() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * (MAXIMUM_BODY_BYTES // 2)

    declared = b" " * (MAXIMUM_BODY_BYTES + 1)
    for content in (declared, undeclared()):
        answer = await client.post(
            "/api/auth/login",
            content=content,
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 413
        assert answer.json()["code"] == "too_large"


async def test_what_breaks_inside_is_logged_and_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = create_api()

    @app.get("/api/broken")
    async def break_down() -> None:
        raise ZeroDivisionError("a secret")

    async with _caller(app) as caller:
        answer = await caller.get("/api/broken")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "secret" not in answer.text
    assert "a secret" in caplog.text


async def test_every_described_route_answers_in_the_envelope(
    client: httpx.AsyncClient,
) -> None:
    tenant = await make_tenant()
    schema = (await client.get("/api/openapi.json")).json()
    lead_id = str(await tenant.add_lead())
    rules = (await client.get("/api/rules", headers=tenant.bearer)).json()["data"]
    known = {
        "{lead_id}": lead_id,
        "{rule_id}": rules["rules"][0]["id"],
        "{version}": str(rules["version"]),
    }
    for path, item in schema["paths"].items():
        if "get" not in item or path in DOWNLOADS:
            continue
        if not path.startswith("/api/"):  # another app's
            continue
        address = path
        for name, value in known.items():
            address = address.replace(name, value)
        answer = await client.get(address, headers=tenant.bearer)
        assert answer.status_code == 200, path
        assert answer.json().keys() == {"success", "data"}, path
        assert answer.headers["cache-control"] == "no-store", path


async def test_the_schema_tells_of_ingest_and_of_no_422(
    client: httpx.AsyncClient,
) -> None:
    schema = (await client.get("/api/openapi.json")).json()
    assert "/api/ingest/event" in schema["paths"]
    for item in schema["paths"].values():
        for operation in item.values():
            assert "422" not in operation["responses"]


async def test_the_documentation_shows_every_route_and_loads_nothing(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/api/docs")
    schema = (await client.get("/api/openapi.json")).json()
    for path in schema["paths"]:
        assert f"<code>{path}</code>" in page.text
    assert "src=" not in page.text
    assert "<link" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_only_listed_origins_may_read_and_never_with_cookies(
    environment: Callable[[str, str], None],
) -> None:
    environment("LEADPULSE_CORS_ORIGINS", "https://listed.example")
    async with _caller(create_api()) as caller:
        for origin, let_in in (
            ("https://listed.example", "https://listed.example"),
            ("https://elsewhere.example", None),
        ):
            answer = await caller.get("/api/health", headers={"Origin": origin})
            assert answer.headers.get("access-control-allow-origin") == let_in
            assert "access-control-allow-credentials" not in answer.headers


async def test_behind_https_the_cookie_travels_on_nothing_else(
    environment: Callable[[str, str], None],
) -> None:
    tenant = await make_tenant()
    environment("LEADPULSE_PUBLIC_URL", "https://leads.example")
    async with _caller(create_api()) as caller:
        answer = await caller.post("/api/auth/logout", headers=tenant.bearer)
    assert "; Secure" in answer.headers["set-cookie"]


def _caller(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")
