"""Drives rudder-sdk-python."""

from rudderstack.analytics.client import Client

from tests.clients.python.driver import Calls, drive


def connect(host: str, key: str) -> Calls:
    """Return the calls of a client; they are named as they are asked for."""
    client = Client(key, host=host)
    calls = ("identify", "track", "page", "screen", "group", "alias", "flush")
    return {
        **{name: getattr(client, name) for name in calls},
        "close": client.shutdown,
    }


if __name__ == "__main__":
    drive(connect)
