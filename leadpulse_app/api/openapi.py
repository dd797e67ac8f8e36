"""What OpenAPI says of the ingest routes, which another, leaner app serves.

Left out are a slash at the end, which each may have, and the short names of batches.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from leadpulse_app.api.ingest.routes import CALL_KINDS
from leadpulse_app.domain.event import MAX_ID_LENGTH, MAX_TYPE_LENGTH
from leadpulse_app.domain.webhook import SIGNATURE_HEADER

_Schema = dict[str, Any]


def _object(
    properties: Mapping[str, _Schema], *required: str, **more: object
) -> _Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        **({"required": list(required)} if required else {}),
        **more,
    }


def _list(items: _Schema) -> _Schema:
    return {"type": "array", "items": items}


_TEXT = {"type": "string"}
_NUMBER = {"type": "integer", "minimum": 0}
_ID = {"type": "string", "minLength": 1, "maxLength": MAX_ID_LENGTH}
_MOMENT = {"type": "string", "format": "date-time"}
_FIELDS = {"type": "object", "additionalProperties": True}
_KEY = {
    **_TEXT,
    "description": (
        "The write key. It may also come as the user of Basic, as Bearer, as "
        "X-Write-Key, or as ?writeKey=."
    ),
    "examples": ["pk_…"],
}
_KEY_HEADER = {
    "name": "X-Write-Key",
    "in": "header",
    "schema": _TEXT,
    "description": "The write key; it comes before the one in the body.",
}
_SIGNATURE = {
    "name": SIGNATURE_HEADER,
    "in": "header",
    "schema": _TEXT,
    "description": "`sha256=` and the HMAC of the body; needed once a secret is set.",
}
_PATH_KEY = {
    "name": "key",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": r"^[A-Za-z0-9_-]{1,256}$"},
    "description": "The write key.",
}

_NATIVE_EVENT = _object(
    {
        "apiKey": _KEY,
        "event": {
            "type": "string",
            "pattern": f"^[A-Za-z0-9_]{{1,{MAX_TYPE_LENGTH}}}$",
            "examples": ["page_view"],
        },
        "anonymousId": _ID,
        "userId": {**_ID, "description": "This or anonymousId is needed."},
        "messageId": _ID,
        "sessionId": _ID,
        "timestamp": _MOMENT,
        "sentAt": _MOMENT,
        "properties": _FIELDS,
    },
    "event",
)
_CALL = _object(
    {
        "type": {"enum": list(CALL_KINDS)},
        "event": {**_TEXT, "description": "The name of a `track`."},
        "userId": _TEXT,
        "anonymousId": _TEXT,
        "messageId": _TEXT,
        "previousId": {**_TEXT, "description": "Of an `alias`."},
        "groupId": {**_TEXT, "description": "Of a `group`."},
        "properties": _FIELDS,
        "traits": _FIELDS,
        "context": _FIELDS,
        "timestamp": _MOMENT,
        "sentAt": _MOMENT,
        "writeKey": _KEY,
    }
)
_POSTHOG_EVENT = _object(
    {
        "event": _TEXT,
        "distinct_id": _TEXT,
        "properties": _FIELDS,
        "timestamp": _MOMENT,
        "uuid": _TEXT,
        "api_key": _KEY,
    }
)
_WEBHOOK = _object(
    {
        "event_type": _TEXT,
        "lead_email": {**_TEXT, "description": "This or lead_id is needed."},
        "lead_id": _TEXT,
        "id": _TEXT,
        "timestamp": _MOMENT,
        "metadata": _FIELDS,
        "apiKey": _KEY,
    },
    "event_type",
)
_REJECTED = {
    **_list(
        _object(
            {"index": _NUMBER, "code": _TEXT, "message": _TEXT},
            "index",
            "code",
            "message",
        )
    ),
    "description": "The events that were not accepted, and why; they are kept.",
}
_ONE_STORED = _object(
    {
        "success": {"const": True},
        "status": {"enum": ["queued", "duplicate"]},
        "eventId": _ID,
    },
    "success",
    "status",
    "eventId",
)
_BATCH_STORED = _object(
    {
        "success": {"const": True},
        "accepted": _NUMBER,
        "duplicates": _NUMBER,
        "rejected": _REJECTED,
    },
    "success",
    "accepted",
    "duplicates",
    "rejected",
)
_TOLD = _object(
    {
        "success": {"const": True},
        "status": {"const": 1},
        "accepted": _NUMBER,
        "rejected": _REJECTED,
    },
    "success",
    "status",
    "accepted",
    "rejected",
)

_RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}}}


def _json(schema: _Schema) -> _Schema:
    return {"content": {"application/json": {"schema": schema}}}


def _failure(description: str) -> _Schema:
    return {
        **_json({"$ref": "#/components/schemas/Failure"}),
        "description": description,
    }


_TOO_LARGE = _failure("The body is over its cap.")
_NOT_NOW = {**_failure("Not now; send it again."), "headers": _RETRY_AFTER}


def _operation(
    summary: str, description: str, responses: Mapping[str, _Schema], **more: object
) -> _Schema:
    return {
        "tags": ["Ingest"],
        "summary": summary,
        "operationId": re.sub(r"\W+", "_", summary.lower()).strip("_"),
        "description": description,
        **more,
        "responses": dict(responses),
    }


def _taker(
    summary: str,
    description: str,
    body: _Schema,
    stored: Mapping[str, _Schema],
    parameters: Sequence[_Schema] = (),
) -> _Schema:
    return {
        "post": _operation(
            summary,
            description,
            {
                **stored,
                "400": _failure("It can't be read; details name the field."),
                "401": _failure("The key is missing, unknown or revoked."),
                "413": _TOO_LARGE,
                "429": {**_failure("Too many events."), "headers": _RETRY_AFTER},
                "503": _NOT_NOW,
            },
            parameters=[*parameters, _KEY_HEADER],
            requestBody={"required": True, **_json(body)},
        )
    }


def _kept(schema: _Schema) -> _Schema:
    return {"202": {**_json(schema), "description": "It is kept; scoring follows."}}


_ANSWERED = {
    "200": {**_json(_TOLD), "description": "All that could be accepted is kept."}
}


def _calls(prefix: str, client: str) -> dict[str, _Schema]:
    path_call = {
        "name": "call",
        "in": "path",
        "required": True,
        "schema": {"enum": [name for kind in CALL_KINDS for name in (kind, kind[0])]},
        "description": "What kind of call it is, or its first letter.",
    }
    call = _taker(
        f"Send Call of {client}",
        f"Take one call as {client}'s clients send it.",
        _CALL,
        {**_ANSWERED, "404": _failure("There is no such call.")},
        [path_call],
    )
    return {f"{prefix}/{{call}}": call, f"{prefix}/batch": _calls_batch(client)}


def _calls_batch(client: str) -> _Schema:
    return _taker(
        f"Send Batch of {client}",
        "Take calls of all kinds. One that can't be accepted never fails the others.",
        _object({"batch": _list(_CALL), "sentAt": _MOMENT, "writeKey": _KEY}, "batch"),
        _ANSWERED,
    )


def _posthog(path: str) -> _Schema:
    described = _taker(
        f"Send Events of PostHog ({path})",
        "Take an event, a list of them, or a `batch`, as PostHog's clients send them.",
        {
            "anyOf": [
                _POSTHOG_EVENT,
                _list(_POSTHOG_EVENT),
                _object({"api_key": _KEY, "batch": _list(_POSTHOG_EVENT)}, "batch"),
            ]
        },
        _ANSWERED,
    )
    del described["post"]["responses"]["429"]  # they are told 503 instead
    return described


def _stub(
    method: str,
    summary: str,
    media_type: str = "application/json",
    parameters: Sequence[_Schema] = (),
) -> _Schema:
    schema = _FIELDS if media_type == "application/json" else _TEXT
    said = {
        "content": {media_type: {"schema": schema}},
        "description": "What the client waits for.",
    }
    return {
        method: _operation(
            summary,
            "Keeps a client for browsers quiet; nothing is kept.",
            {
                "200": said,
                **({"404": _failure("This can't be a key.")} if parameters else {}),
                "413": _TOO_LARGE,
                "503": _NOT_NOW,
            },
            parameters=list(parameters),
        )
    }


INGEST_PATHS: dict[str, Any] = {
    "/api/ingest/event": _taker(
        "Send Event",
        "Take one event. It is on disk once this answers, and it scores its lead at "
        "most once however often it is sent under the same messageId. Any origin may "
        "send; the body is read as JSON whatever its type.",
        _NATIVE_EVENT,
        _kept(_ONE_STORED),
    ),
    "/api/ingest/batch": _taker(
        "Send Events",
        "Take events, each as `/api/ingest/event` does. One that can't be accepted "
        "never fails the others.",
        _object(
            {"apiKey": _KEY, "sentAt": _MOMENT, "events": _list(_NATIVE_EVENT)},
            "events",
        ),
        _kept(_BATCH_STORED),
    ),
    "/api/webhooks/events": _taker(
        "Send Webhook",
        "Take an event of another system about a lead.",
        _WEBHOOK,
        _kept(_ONE_STORED),
        [_SIGNATURE],
    ),
    **_calls("/v1", "Segment"),
    **_calls("/api/s", "Jitsu"),
    **_calls("/api/s/s2s", "Jitsu's Servers"),
    "/beacon/v1/batch": _calls_batch("RudderStack's Pages"),
    **{path: _posthog(path) for path in ("/batch", "/e", "/i/v0/e", "/capture")},
    "/flags": {
        **_stub("get", "Ask PostHog's Flags"),
        **_stub("post", "Post for PostHog's Flags"),
    },
    "/array/{key}/config": _stub(
        "get", "Ask PostHog's Configuration", parameters=[_PATH_KEY]
    ),
    "/array/{key}/config.js": _stub(
        "get", "Ask PostHog's Script", "text/javascript", parameters=[_PATH_KEY]
    ),
    "/v1/projects/{key}/settings": _stub(
        "get", "Ask Segment's Settings", parameters=[_PATH_KEY]
    ),
    "/v1/m": _stub("post", "Tell Segment's Metrics"),
}
