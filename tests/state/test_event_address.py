"""The address of a page of events says which they are, and can be anything."""

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.state.event_address import EventAddress

LEAD = str(uuid4())


@given(
    st.dictionaries(
        st.sampled_from(["type", "show", "before", "lead", "view"]),
        st.text(max_size=300) | st.sampled_from(["bots", "sessions", LEAD]),
    )
)
def test_no_address_is_refused_and_what_was_read_is_read_again(
    parameters: dict[str, str],
) -> None:
    address = EventAddress.of(parameters)
    assert address.event_type.isprintable()
    assert EventAddress.of(address.parameters) == address


def test_a_changed_filter_begins_with_the_newest_and_keeps_the_others() -> None:
    address = EventAddress.of({"type": "signup", "before": "x"})
    assert address.href() == "/events?type=signup&before=x"
    assert address.changed(lead=LEAD).href() == f"/events?type=signup&lead={LEAD}"
    assert address.changed(type="").href() == "/events"


def test_sessions_are_those_of_a_person_and_of_no_type() -> None:
    address = EventAddress.of({"type": "signup", "lead": LEAD, "view": "sessions"})
    assert address.href() == f"/events?lead={LEAD}&view=sessions"
    assert not EventAddress.of({"view": "sessions"}).by_session
    assert address.changed(lead="").href() == "/events"
