"""What OpenAPI says of the ingest routes, which another, leaner app serves."""

from typing import Any

_ID = {"type": "string", "minLength": 1, "maxLength": 256}
_MOMENT = {"type": "string", "format": "date-time"}
_FAILURE = {
    "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}
    }
}
_RETRY_AFTER = {"headers": {"Retry-After": {"schema": {"type": "integer"}}}}

INGEST_PATHS: dict[str, Any] = {
    "/api/ingest/event": {
        "post": {
            "tags": ["Ingest"],
            "summary": "Send Event",
            "operationId": "send_event",
            "description": (
                "Take one event. It is on disk once this answers, and it scores its "
                "lead at most once however often it is sent under the same messageId. "
                "Any origin may send; the body is read as JSON whatever its type."
            ),
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["event"],
                            "properties": {
                                "apiKey": {
                                    "type": "string",
                                    "description": (
                                        "The write key. It may also come as the "
                                        "user of Basic, as Bearer, as X-Write-Key, "
                                        "or as ?writeKey=."
                                    ),
                                    "examples": ["pk_…"],
                                },
                                "event": {
                                    "type": "string",
                                    "minLength": 1,
                                    "maxLength": 64,
                                    "examples": ["page_view"],
                                },
                                "anonymousId": _ID,
                                "userId": {
                                    **_ID,
                                    "description": "This or anonymousId is needed.",
                                },
                                "messageId": _ID,
                                "sessionId": _ID,
                                "timestamp": _MOMENT,
                                "sentAt": _MOMENT,
                                "properties": {
                                    "type": "object",
                                    "additionalProperties": True,
                                },
                            },
                        }
                    }
                },
            },
            "responses": {
                "202": {
                    "description": "It is kept; scoring follows.",
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["success", "status", "eventId"],
                                "properties": {
                                    "success": {"const": True},
                                    "status": {"enum": ["queued", "duplicate"]},
                                    "eventId": _ID,
                                },
                            }
                        }
                    },
                },
                "400": {**_FAILURE, "description": "Invalid; details name the field."},
                "401": {**_FAILURE, "description": "The key is unknown or revoked."},
                "413": {**_FAILURE, "description": "The body is over its cap."},
                "503": {
                    **_FAILURE,
                    **_RETRY_AFTER,
                    "description": "Not now; send it again.",
                },
            },
        }
    }
}
