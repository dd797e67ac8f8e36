"""Whatever is sent to an ingest route is stored once, or refused with the reason.

Nothing fails on our side, and nobody waits forever.
"""

import asyncio
import base64
import gzip
import json
import logging
import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadpulse_app.api.ingest import IngestApp
from leadpulse_app.api.ingest.routes import ROUTES
from leadpulse_app.settings import get_settings
from tests.api.ingest.sending import rejected_events, stored_events
from tests.tenants import Tenant, make_tenant

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))
"""Requests of a kind."""

PATIENCE_SECONDS = 20.0
"""Far above what any request may take, on a busy machine too."""

_fuzz = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

PATHS = [
    *(path for path, route in ROUTES.items() if "POST" in route.methods),
    "/v1/batch/",
    "/e/",
    "/api/s/track/",
]


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Ingest in this process, without limits on how much is sent."""
    limitless = {"ingest_rate": 0, "ingest_rate_per_address": 0}
    app = IngestApp(
        enqueue_hint=lambda: None,
        settings=get_settings().model_copy(update=limitless),
    )
    async with (
        app.lifespan(),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://test"
        ) as client,
    ):
        yield client


@pytest.fixture(scope="module")
async def tenant() -> Tenant:
    return await make_tenant()


_any_text = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["", "\0", "a\0b", "\ud800", "x" * 300, "é" * 5_000, "$fields", "2026-13-01", "∞"]
)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | _any_text
)
_anything = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_any_text, inner, max_size=4)
    ),
    max_leaves=12,
)
_moments = st.sampled_from(
    [
        "2026-11-24T01:48:25.088+00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:60Z",
        "1e3",
    ]
)
_ids = st.sampled_from(["a", "b", "c@example.com", "x" * 256])
_emails = st.sampled_from(["a@example.com", "@", "b@" + "x" * 300])
_traits = st.fixed_dictionaries(
    {}, optional={"email": _emails | _anything, "name": _any_text, "company": _anything}
)
_FIELDS: Mapping[str, st.SearchStrategy[Any]] = {
    "event": st.sampled_from(["page_view", "identify", "$identify", "$create_alias"]),
    "type": st.sampled_from(["track", "page", "identify", "alias", "group", "screen"]),
    "event_type": st.sampled_from(["signup", "$set"]),
    "properties": _traits,
    "traits": _traits,
    "metadata": _traits,
    "context": st.fixed_dictionaries({}, optional={"traits": _traits}),
    "$set": _traits,
    **dict.fromkeys(
        (
            *("anonymousId", "userId", "messageId", "sessionId", "previousId"),
            *("groupId", "distinct_id", "uuid", "lead_id", "lead_email", "id"),
        ),
        _ids,
    ),
    **dict.fromkeys(("timestamp", "sentAt", "sent_at", "offset"), _moments),
}
_hostile = {name: valid | _anything for name, valid in _FIELDS.items()}
_NEEDED = ("event", "type", "event_type", "userId", "distinct_id", "lead_id")
_events = st.fixed_dictionaries({}, optional=_hostile) | st.fixed_dictionaries(
    {name: _FIELDS[name] for name in _NEEDED},
    optional={name: value for name, value in _hostile.items() if name not in _NEEDED},
)
_batches = st.builds(
    lambda events, more: {"batch": events, "events": events, **more},
    st.lists(_events | _anything, max_size=6),
    st.dictionaries(st.sampled_from(["sentAt", "sent_at", "batch"]), _anything),
)
_payloads = _events | _batches | st.lists(_events, max_size=4) | _anything


def _written(payload: object, *, escaped: bool) -> bytes:
    """Write JSON, or what is nearly so: NaN stays, and half a surrogate pair."""
    text = json.dumps(payload, ensure_ascii=escaped)
    return text.encode(errors="surrogatepass")


_clean = st.builds(_written, _payloads, escaped=st.booleans())
_odd = st.sampled_from(
    [
        b"",
        b" ",
        b"null",
        b"{",
        b"\xff\xfe{}",
        b'{"a":1,"a":2,"event":"x","event":"y"}',
        b"data=",
        b"data=%7B%7D&data=1",
        b"data=" + b"&a=1" * 100_000,
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"batch":' * 200 + b"[]" + b"}" * 200,
        b'{"batch":[' + b"{}," * 50_000 + b"{}]}",
        b'{"batch":[' + b"[" * 1_000 + b"]" * 1_000 + b"]}",
        b'{"properties":{' + b",".join(b'"%d":1' % n for n in range(100_000)) + b"}}",
        b'{"event":"a","userId":"b","properties":{"' + b"k" * 20_000 + b'":1}}',
        b'{"batch":[' + b"1," * 400_000 + b"1]}",
    ]
)


def _cut(body: bytes, at: float) -> bytes:
    return body[: int(len(body) * at)]


def _flip(body: bytes, at: float) -> bytes:
    place = int(len(body) * at)
    return body[:place] + b"\xa5" + body[place + 1 :]


_share = st.floats(0, 1, exclude_max=True)
_bodies = st.one_of(
    _clean,
    _clean,
    _odd,
    st.builds(gzip.compress, _clean | _odd, st.just(1)),
    st.builds(lambda body: gzip.compress(body) * 2, _clean),
    st.builds(lambda body: gzip.compress(gzip.compress(body)), _clean),
    st.builds(_cut, _clean | st.builds(gzip.compress, _clean), _share),
    st.builds(_flip, _clean | st.builds(gzip.compress, _clean), _share),
    st.builds(lambda body: b"data=" + quote(body).encode(), _clean),
    st.builds(lambda body: b"data=" + base64.b64encode(body), _clean),
    st.sampled_from([1, 7, 50]).map(lambda mb: gzip.compress(bytes(mb << 20), 9)),
    st.binary(max_size=200),
)
_HEADERS: Mapping[str, st.SearchStrategy[str]] = {
    "Authorization": st.sampled_from(
        ["", "Basic", "Basic =", "Basic AAAA", "Bearer", "Bearer \xff", "Digest x", ":"]
    ),
    "Content-Encoding": st.sampled_from(["gzip", "br", "deflate, gzip", "identity"]),
    "Content-Type": st.sampled_from(["text/plain", "multipart/form-data", "\xff", ""]),
    "Content-Length": st.sampled_from(["0", "7", "-1", "1e3", "9" * 40, "\xb2"]),
    "Origin": st.sampled_from(["null", "https://example.com", "\xff"]),
    "User-Agent": st.sampled_from(["", "Googlebot/2.1", "\xff" * 4_000]),
    "X-Forwarded-For": st.sampled_from(["", "::1, x", "1.1.1.1, \xff"]),
    "X-Webhook-Signature": st.sampled_from(["", "sha256=", "\xff"]),
}
_headers = st.fixed_dictionaries({}, optional=_HEADERS)
_queries = st.just("") | st.sampled_from(
    [
        "?writeKey=",
        "?writeKey=%00",
        "?_=1e400&sent_at=" + "9" * 400,
        "?%ff&&=&;",
        "?_=-1",
        "?" + "a=1&" * 2_000,
    ]
)


@_fuzz
@given(
    path=st.sampled_from(PATHS),
    body=_bodies,
    headers=_headers,
    query=_queries,
    keyed=st.integers(0, 7).map(bool),
)
async def test_whatever_is_sent_is_answered_and_what_is_wrong_is_said(
    client: httpx.AsyncClient,
    tenant: Tenant,
    caplog: pytest.LogCaptureFixture,
    *,
    path: str,
    body: bytes,
    headers: dict[str, str],
    query: str,
    keyed: bool,
) -> None:
    raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    if keyed:
        raw.pop(b"Authorization", None)
        raw[b"X-Write-Key"] = tenant.write_key.encode()
    async with asyncio.timeout(PATIENCE_SECONDS):
        answer = await client.post(path + query, content=body, headers=raw)
    said = answer.json()
    if answer.is_success:
        assert keyed or path in ("/flags", "/v1/m")
    else:
        assert 400 <= answer.status_code < 500, answer.text
        assert said["code"].isidentifier()
        assert said["message"]
        assert said["error"] == said["message"]
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


@_fuzz
@given(sent=st.lists(_events | _anything, max_size=8), route=st.integers(0, 2))
async def test_each_event_of_a_batch_is_stored_once_or_kept_with_the_reason(
    client: httpx.AsyncClient, *, sent: list[object], route: int
) -> None:
    path, name, identity = (
        ("/api/ingest/batch", "events", "messageId"),
        ("/v1/batch", "batch", "messageId"),
        ("/batch", "batch", "uuid"),
    )[route]
    for event in sent:
        if isinstance(event, dict) and event.get(identity) in (None, ""):
            event[identity] = str(uuid4())
    body = _written({name: sent}, escaped=True)
    tenant = await make_tenant()
    key = {"X-Write-Key": tenant.write_key}
    answers = [
        await client.post(path, content=body, headers=key) for _ in ("once", "again")
    ]
    stored, kept = await stored_events(tenant), await rejected_events(tenant)
    if answers[0].status_code == 400:  # it is not JSON
        assert (stored, kept) == ([], [])
        return
    first, second = (answer.json() for answer in answers)
    assert first["rejected"] == second["rejected"]
    refused = {told["index"] for told in first["rejected"]}
    accepted = [event for at, event in enumerate(sent) if at not in refused]
    assert {event.message_id for event in stored} == {
        str(event[identity]) for event in accepted
    }
    assert len(stored) == len({event.message_id for event in stored})
    assert Counter((row.code, row.message) for row in kept) == Counter(
        2 * [(told["code"], told["message"]) for told in first["rejected"]]
    )
