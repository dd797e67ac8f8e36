"""The routes of rules answer whatever is generated from OpenAPI as OpenAPI says."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks

from leadpulse_app.api.app import create_api
from tests.product import ROOT, STOP_SECONDS, free_port, wait_for
from tests.tenants import Tenant

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""Requests to a route; where none are asked for, as many as a run of all tests has
the time for."""

load_all_checks()
_checks = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    )
]
_config = schemathesis.Config.from_dict(
    {"phases": {"coverage": {"enabled": EXAMPLES > 0}}}
)
_rules = schemathesis.openapi.from_dict(create_api().openapi(), config=_config).include(
    tag="Rules"
)


@pytest.fixture(scope="module")
def api(engines: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the JSON API is served."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("api") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                *("-m", "granian", "--interface", "asgi", "--factory"),
                *("--host", "127.0.0.1", "--port", str(port)),
                "leadpulse_app.api.app:create_api",
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        wait_for(lambda: _answers(address), seconds=60, what=f"a start (see {log})")
        yield address
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
    assert "Traceback" not in log.read_text(), log.read_text()


def _answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/api/health", timeout=5).ok
    except requests.ConnectionError:
        return False


@_rules.parametrize()
@settings(
    max_examples=EXAMPLES or 10,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_a_route_answers_as_documented(
    case: schemathesis.Case, api: str, tenant: Tenant
) -> None:
    case.headers.update(tenant.bearer)
    response = case.call(base_url=api, timeout=20)
    case.validate_response(response, checks=_checks)
