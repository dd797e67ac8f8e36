"""Whatever a client sends is an event that can be stored, or is refused as invalid."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadpulse_app.domain.clients.posthog import (
    event_user_agent,
    open_parcel,
    read_event,
)
from leadpulse_app.domain.clients.segment import call_user_agent, read_call
from leadpulse_app.domain.errors import InvalidInputError
from leadpulse_app.domain.event import (
    EARLIEST_OCCURRENCE,
    IngestedEvent,
    parse_native_event,
)
from leadpulse_app.domain.properties import find_unstorable_text

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)

# fmt: off
NAMES = st.sampled_from([
    "type", "event", "userId", "anonymousId", "previousId", "groupId", "messageId",
    "sessionId", "from", "to", "traits", "context", "properties", "page",
    "timestamp", "originalTimestamp", "sentAt", "name", "email", "company",
    "distinct_id", "uuid", "offset", "sent_at", "batch", "$set", "$set_once",
    "alias", "$group_set", "$group_type", "$group_key", "$anon_distinct_id",
    "$device_id", "$is_identified", "$session_id", "$current_url", "userAgent",
    "$raw_user_agent",
])
WORDS = st.sampled_from([
    "track", "page", "screen", "identify", "group", "alias", "$identify",
    "$create_alias", "$pageview", "$groupidentify", "$screen", "$set", "company",
    "2026-11-24T01:00:00Z", "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59", "a@example.com", "u", "\0",
])
# fmt: on
NUMBERS = (
    st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from([10**400, -(10**400), 2**63])
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=8)
    ),
    max_leaves=30,
)
OBJECTS = st.dictionaries(NAMES, JSON, max_size=12)

Read = Callable[[Any], IngestedEvent]

READERS: dict[str, Read] = {
    "native": lambda sent: parse_native_event(sent, received_at=NOW),
    "segment": lambda sent: read_call(sent, sent_at=None, received_at=NOW),
    "posthog": lambda sent: read_event(sent, sent_at=None, received_at=NOW),
}


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=50)
@given(sent=OBJECTS | JSON)
def test_anything_is_an_event_or_is_refused(reader: str, sent: Any) -> None:
    try:
        event = READERS[reader](sent)
    except InvalidInputError as refused:
        assert refused.message  # noqa: PT017
        return
    assert event.alias.value
    assert 1 <= len(event.message_id) <= 256
    assert 1 <= len(event.type) <= 64
    assert EARLIEST_OCCURRENCE <= event.occurred_at <= NOW
    texts = {**event.properties, "": [event.message_id, event.alias.value, event.type]}
    assert find_unstorable_text(texts) is None


@settings(max_examples=50)
@given(sent=OBJECTS | JSON, address=st.none() | st.text(max_size=20))
def test_anything_may_be_opened_and_asked_for_its_user_agent(
    sent: Any, address: str | None
) -> None:
    assert isinstance(call_user_agent(sent), str | None)
    assert isinstance(event_user_agent(sent), str | None)
    try:
        open_parcel(sent, sent_at=address)
    except InvalidInputError as refused:
        assert refused.message  # noqa: PT017
