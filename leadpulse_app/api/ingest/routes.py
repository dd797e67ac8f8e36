"""Which path is taken by what: a path, how much may be sent there, and its taker.

To add a route, write a taker and name it here.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from leadpulse_app.api.ingest import compatible, native, stubs, webhook
from leadpulse_app.api.ingest.answer import Answer
from leadpulse_app.api.ingest.intake import MAX_EVENT_BYTES, Intake
from leadpulse_app.api.ingest.request import Request

EVENT_PATH = "/api/ingest/event"


class Route(NamedTuple):
    """What a path answers, with or without a slash at its end."""

    take: Callable[[Intake, Request], Awaitable[Answer]]
    """Returns what to answer, or raises a LeadPulseError."""
    body_limit: int
    """Bytes, packed and unpacked."""
    methods: Sequence[str] = ("POST",)


CALL_KINDS = ("track", "identify", "page", "screen", "group", "alias")
"""The calls of Segment's clients; a route may also be named by the first letter."""


def _call_routes(prefix: str) -> dict[str, Route]:
    batch = Route(compatible.take_calls, compatible.MAX_BYTES)
    calls = {
        f"{prefix}/{name}": Route(compatible.call_taker(kind), compatible.MAX_BYTES)
        for kind in CALL_KINDS
        for name in (kind, kind[0])
    }
    return calls | {f"{prefix}/{name}": batch for name in ("batch", "b", "import")}


_POSTHOG = Route(compatible.take_posthog, compatible.MAX_POSTHOG_BYTES)

ROUTES: Mapping[str, Route] = {
    EVENT_PATH: Route(native.take_event, MAX_EVENT_BYTES),
    "/api/ingest/batch": Route(native.take_batch, native.MAX_BATCH_BYTES),
    "/api/webhooks/events": Route(webhook.take_webhook, MAX_EVENT_BYTES),
    **_call_routes("/v1"),
    **_call_routes("/api/s"),
    **_call_routes("/api/s/s2s"),
    "/beacon/v1/batch": Route(compatible.take_calls, compatible.MAX_BYTES),
    "/batch": _POSTHOG,
    "/e": _POSTHOG,
    "/i/v0/e": _POSTHOG,
    "/capture": _POSTHOG,
    "/flags": Route(
        stubs.tell_posthog_flags, compatible.MAX_POSTHOG_BYTES, ("GET", "POST")
    ),
    "/v1/m": Route(stubs.take_metrics, compatible.MAX_BYTES),
}

_KEYED_ROUTES: Sequence[tuple[re.Pattern[str], Route]] = tuple(
    (re.compile(pattern), Route(take, MAX_EVENT_BYTES, ("GET",)))
    for pattern, take in (
        (r"/array/[\w-]{1,256}/config", stubs.tell_posthog_config),
        (r"/array/[\w-]{1,256}/config\.js", stubs.tell_posthog_config_script),
        (r"/v1/projects/[\w-]{1,256}/settings", stubs.tell_segment_settings),
    )
)

_OWN_PLACES = ("/api/ingest/", "/api/s/", "/v1/", "/beacon/", "/array/", "/i/")


def find_route(path: str) -> Route | None:
    """Return what takes the requests of a path."""
    route = ROUTES.get(path) or ROUTES.get(path.removesuffix("/"))
    if route is not None:
        return route
    path = path.removesuffix("/")
    for pattern, keyed in _KEYED_ROUTES:
        if pattern.fullmatch(path):
            return keyed
    return None


def is_ingest_path(path: str) -> bool:
    """Tell whether a path belongs to ingest, be there a route or not."""
    return (
        path in ROUTES
        or path.removesuffix("/") in ROUTES
        or path.startswith(_OWN_PLACES)
    )
