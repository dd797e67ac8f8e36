"""OpenAPI tells of every ingest route, and of none that isn't there."""

import re

import pytest

from leadpulse_app.api.ingest.compatible import take_posthog
from leadpulse_app.api.ingest.routes import ROUTES, find_route
from leadpulse_app.api.openapi import INGEST_PATHS

METHODS = {
    re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))): {
        method.upper() for method in item
    }
    for path, item in INGEST_PATHS.items()
}


@pytest.mark.parametrize("path", ROUTES)
def test_every_route_is_described(path: str) -> None:
    described = next(
        methods for pattern, methods in METHODS.items() if pattern.fullmatch(path)
    )
    assert described == set(ROUTES[path].methods)


@pytest.mark.parametrize("path", INGEST_PATHS)
def test_every_description_is_of_a_route(path: str) -> None:
    item = INGEST_PATHS[path]
    (operation, *_) = item.values()
    for parameter in operation.get("parameters", ()):
        values = parameter["schema"].get("enum", ["pk_0"])
        path = path.replace(f"{{{parameter['name']}}}", values[-1])
    route = find_route(path)
    assert route is not None
    assert {method.upper() for method in item} == set(route.methods)


@pytest.mark.parametrize("path", sorted(ROUTES.keys() & INGEST_PATHS.keys()))
def test_posthogs_clients_are_never_told_429(path: str) -> None:
    takes_posthog = ROUTES[path].take is take_posthog
    described = INGEST_PATHS[path].get("post", {}).get("responses", {})
    assert takes_posthog is ("429" not in described and "401" in described)


def test_no_two_operations_have_one_name() -> None:
    names = [
        operation["operationId"]
        for item in INGEST_PATHS.values()
        for operation in item.values()
    ]
    assert len(names) == len(set(names))
