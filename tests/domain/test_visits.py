"""What one lead did falls into sessions, each event into one."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadpulse_app.domain.visits import (
    MAXIMUM_PATH_LENGTH,
    SESSION_GAP,
    group_by_session,
    page_of,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Happened:
    minute: int
    session_id: str | None = None

    @property
    def occurred_at(self) -> datetime:
        return NOON + timedelta(minutes=self.minute)


def minutes(*events: Happened) -> list[list[int]]:
    return [[event.minute for event in group] for group in group_by_session(events)]


def test_a_named_session_is_one_however_long_it_pauses() -> None:
    assert minutes(Happened(300, "a"), Happened(0, "a")) == [[300, 0]]


def test_another_name_begins_another_session_at_once() -> None:
    assert minutes(Happened(1, "b"), Happened(0, "a")) == [[1], [0]]


def test_without_names_a_pause_of_more_than_half_an_hour_ends_a_session() -> None:
    assert minutes(Happened(61), Happened(31), Happened(1), Happened(-30)) == [
        [61, 31, 1],
        [-30],
    ]


def test_what_a_backend_sends_meanwhile_is_of_the_named_session_around_it() -> None:
    assert minutes(Happened(9, "a"), Happened(5), Happened(0, "a")) == [[9, 5, 0]]
    assert minutes(Happened(9, "b"), Happened(5), Happened(0, "a")) == [[9, 5], [0]]


@given(
    st.lists(
        st.builds(
            Happened,
            st.integers(0, 400),
            st.one_of(st.none(), st.sampled_from(["a", "b"])),
        )
    )
)
def test_every_event_is_in_one_session_and_stays_in_its_place(
    events: list[Happened],
) -> None:
    events.sort(key=lambda event: -event.minute)
    groups = list(group_by_session(events))
    assert [event for group in groups for event in group] == events
    assert all(groups)
    for group in groups:
        assert len({event.session_id for event in group} - {None}) <= 1


@given(st.lists(st.builds(Happened, st.integers(0, 400)), min_size=1), st.data())
def test_a_timeline_cut_between_sessions_has_the_same_sessions(
    events: list[Happened], data: st.DataObject
) -> None:
    events.sort(key=lambda event: -event.minute)
    groups = list(group_by_session(events))
    cut = data.draw(st.integers(0, len(groups)))
    rest = events[sum(map(len, groups[:cut])) :]
    assert groups[:cut] + list(group_by_session(rest)) == groups
    assert all(
        later[-1].occurred_at - earlier[0].occurred_at > SESSION_GAP
        for later, earlier in pairwise(groups)
    )


@pytest.mark.parametrize(
    ("properties", "page"),
    [
        ({"path": "/pricing"}, "/pricing"),
        ({"url": "https://example.com/docs?x=1#top"}, "/docs"),
        ({"path": "/a", "url": "https://example.com/b"}, "/a"),
        ({"path": ""}, None),
        ({"path": 7, "url": None}, None),
        ({"url": "https://[nonsense"}, None),
        ({"url": "https://example.com"}, None),
        ({}, None),
        ({"path": "/" * 5_000}, "/" * MAXIMUM_PATH_LENGTH),
    ],
)
def test_an_event_tells_its_page_by_path_or_address(
    properties: dict[str, object], page: str | None
) -> None:
    assert page_of(properties) == page
