"""Drives posthog."""

from datetime import datetime
from typing import Any

from posthog import Posthog

from tests.clients.python.driver import Calls, drive


def connect(host: str, key: str) -> Calls:
    """Return the calls of a client, as its documentation says them."""
    client = Posthog(key, host=host, flush_interval=0.5, max_retries=10)

    def track(
        event: str,
        properties: dict[str, Any],
        user_id: str | None = None,
        anonymous_id: str | None = None,
        timestamp: datetime | None = None,
    ) -> None:
        if user_id is None:
            properties = {**properties, "$process_person_profile": False}
        client.capture(
            event,
            distinct_id=user_id or anonymous_id,
            properties=properties,
            timestamp=timestamp,
        )

    def page(name: str, properties: dict[str, Any], **who: str) -> None:
        track("$pageview", {**properties, "title": name}, **who)

    def screen(name: str, properties: dict[str, Any], **who: str) -> None:
        track("$screen", {**properties, "$screen_name": name}, **who)

    def identify(user_id: str, anonymous_id: str, traits: dict[str, Any]) -> None:
        person = {"$set": traits, "$anon_distinct_id": anonymous_id}
        track("$identify", person, user_id)

    def group(group_id: str, traits: dict[str, Any], user_id: str) -> None:
        client.group_identify("company", group_id, traits, distinct_id=user_id)

    def alias(previous_id: str, user_id: str) -> None:
        client.alias(previous_id, user_id)

    def flush() -> None:
        client.flush(timeout_seconds=None)

    calls = (track, page, screen, identify, group, alias, flush)
    return {
        **{call.__name__: call for call in calls},
        "close": client.shutdown,
    }


if __name__ == "__main__":
    drive(connect)
