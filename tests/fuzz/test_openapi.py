"""The ingest routes answer whatever is generated from OpenAPI as OpenAPI says."""

import os
from itertools import count

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks

from leadpulse_app.api.app import create_api
from tests.fuzz.conftest import Server
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
        "response_headers_conformance",
        "response_schema_conformance",
        "unsupported_method",
    )
]
_config = schemathesis.Config.from_dict(
    {"phases": {"coverage": {"enabled": EXAMPLES > 0}}}
)
_ingest = schemathesis.openapi.from_dict(
    create_api().openapi(), config=_config
).include(tag="Ingest")
_turns = count()


@_ingest.parametrize()
@settings(
    max_examples=EXAMPLES or 15,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_a_route_answers_as_documented(
    case: schemathesis.Case, server: Server, tenant: Tenant
) -> None:
    if next(_turns) % 4:
        case.headers["X-Write-Key"] = tenant.write_key
    response = case.call(base_url=server.url, timeout=20)
    case.validate_response(response, checks=_checks)
