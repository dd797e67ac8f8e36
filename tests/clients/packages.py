"""The packages that the tests drive. To add one: its script, and a line here."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.clients.driver import Client, node_client, python_client

Start = Callable[[str, str, str], AbstractContextManager[Client]]
"""Starts a script with the product's address and a write key."""


@dataclass(frozen=True)
class Package:
    """A package, and where it does less than the others."""

    name: str
    script: str
    start: Start | None = None
    """None for one that runs in a browser."""
    lacks: frozenset[str] = frozenset()
    """Calls that it doesn't have."""
    takes_times: bool = True
    """Whether a caller can say when an event happened."""
    writes_dates: bool = True
    """Whether a date among the properties is sent as one."""
    resends: bool = True
    """Whether it sends again what was refused or could not be delivered."""
    heeds_retry_after: bool = True
    """Whether it waits for as long as it is asked to."""


Connect = Callable[[Package, str, str], AbstractContextManager[Client]]
"""Starts a package's client with the product's address and a write key."""

FOUR = (
    Package("segment-analytics-python", "segment", python_client),
    Package("rudder-sdk-python", "rudderstack", python_client, heeds_retry_after=False),
    Package("posthog", "posthog", python_client),
    Package("@segment/analytics-node", "segment", node_client),
)
"""Those that every run of the tests drives."""

OTHERS = (
    Package("posthog-node", "posthog", node_client, heeds_retry_after=False),
    Package("@rudderstack/rudder-sdk-node", "rudderstack", node_client),
    Package(
        *("@jitsu/js", "jitsu", node_client, frozenset({"alias", "screen"})),
        takes_times=False,
        resends=False,
    ),
    Package("@segment/analytics-next", "segment"),
    Package("posthog-js", "posthog", lacks=frozenset({"screen"}), writes_dates=False),
    Package("@rudderstack/analytics-js", "rudderstack", lacks=frozenset({"screen"})),
)
