"""Random events, merges and unmerges against a model that knows only the end."""

import asyncio
import random
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from leadpulse_app.domain.errors import ConflictError, UnavailableError
from leadpulse_app.domain.event import IngestedEvent
from leadpulse_app.services.ingest import GroupCommit
from tests.services.people import People, link_once, settle
from tests.services.scoring_project import NOON, score_once

POINTS = {"visit": 5, "demo": 50, "leave": -20, "jackpot": 9_990}
TYPES = (*POINTS, "scroll", "identify")


@pytest.fixture
def people() -> Iterator[People]:
    settle()  # what other tests left behind
    people = People.create(POINTS)
    yield people
    people.forget_pending()


def assert_whole(people: People) -> None:
    """Compare scores with a fold that knows nothing of how they came about.

    Also: every event was scored once, and each lead's root is where its merges lead.
    """
    assert people.pending() == people.links() == 0
    groups: dict[UUID, set[UUID]] = {}
    for merge in people.merges():
        group = {
            lead
            for end in (merge["lead_id"], merge["other_id"])
            for lead in groups.get(end, {end})
        }
        groups |= dict.fromkeys(group, group)

    def end_of(lead_id: UUID) -> UUID:
        return min(groups.get(lead_id, {lead_id}))

    scores: dict[UUID, int] = defaultdict(int)
    for event in people.rows(
        "SELECT lead_id, type FROM event ORDER BY occurred_at, message_id"
    ):
        root = end_of(event["lead_id"])
        points = POINTS.get(event["type"], 0)
        scores[root] = max(0, min(10_000, scores[root] + points))
    leads = people.rows("SELECT id, root_id, score FROM lead")
    for lead in leads:
        root = end_of(lead["id"])
        assert lead["root_id"] == (None if root == lead["id"] else root)
        if lead["root_id"] is None:
            assert lead["score"] == scores[lead["id"]]
    (once,) = people.rows(
        "SELECT (SELECT count(*) FROM event) AS events, count(DISTINCT event_id)"
        " AS scored, count(*) AS entries FROM score_entry"
        " WHERE reason IN ('scored', 'clamped')"
    )
    assert once["events"] == once["scored"] == once["entries"]
    assert people.differences() == []


names = st.one_of(
    st.fixed_dictionaries(
        {"user": st.sampled_from("uvw")},
        optional={
            "anonymous": st.sampled_from("abc"),
            "previous": st.sampled_from("abuv"),
            "email": st.sampled_from(("x@example.com", "y@example.com")),
        },
    ),
    st.fixed_dictionaries(
        {"anonymous": st.sampled_from("abc")},
        optional={"email": st.sampled_from(("x@example.com", "y@example.com"))},
    ),
    st.fixed_dictionaries({"email": st.sampled_from(("x@example.com", "z@b.example"))}),
)
steps = st.one_of(
    st.tuples(st.just("send"), names, st.sampled_from(TYPES), st.integers(0, 9)),
    st.tuples(st.just("score"), st.integers(1, 3)),
    st.tuples(st.just("link")),
    st.tuples(st.just("unmerge"), st.integers(0, 9)),
)


@settings(
    max_examples=30,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a step is slow to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=st.lists(steps, min_size=5, max_size=40))
def test_any_history_ends_where_the_model_does(
    people: People, history: list[tuple[object, ...]]
) -> None:
    people = People.create(POINTS)
    for step in history:
        match step:
            case ("send", dict(named), str(event_type), int(minute)):
                people.send(event_type, minute=minute, **named)
            case ("score", int(limit)):
                score_once(limit_leads=limit, limit_events_per_lead=limit)
            case ("link",):
                link_once()
            case ("unmerge", int(place)):
                if merges := people.merges():
                    people.unmerge(merges[place % len(merges)])
    settle()
    assert_whole(people)


def random_event(chance: random.Random) -> IngestedEvent:
    user, anonymous, email, previous = (
        chance.choice((None, None, *some))
        for some in ("uvw", "abcd", ("x@example.com", "y@example.com"), "abuv")
    )
    if user is None and anonymous is None:
        anonymous = chance.choice("abcd")
    occurred_at = NOON + timedelta(minutes=chance.randrange(60))
    return IngestedEvent(
        message_id=str(uuid4()),
        type=chance.choice(TYPES),
        anonymous_id=anonymous,
        user_id=user,
        session_id=None,
        properties={},
        timestamp=None,
        sent_at=None,
        received_at=occurred_at,
        occurred_at=occurred_at,
        previous_id=previous if chance.random() < 0.2 else None,
        traits={"email": email} if email else None,
    )


async def test_everything_at_once_neither_deadlocks_nor_loses_an_event(
    people: People, caplog: pytest.LogCaptureFixture
) -> None:
    """Scorers, linkers, a person and ingest work on the same few people."""
    chance = random.Random(7)
    is_sending = threading.Event()
    is_sending.set()

    def repeat(work: Callable[[], object]) -> None:
        while is_sending.is_set() or people.pending() or people.links():
            work()

    def undo() -> None:
        if is_sending.is_set():
            for merge in people.merges()[:2]:
                with suppress(ConflictError, UnavailableError):
                    people.unmerge(merge)

    def score() -> None:
        score_once(limit_leads=5, limit_events_per_lead=3)

    commit = GroupCommit(enqueue_hint=lambda: None)
    commit.start()
    workers = [
        asyncio.create_task(asyncio.to_thread(repeat, work))
        for work in (score, score, link_once, link_once, undo)
    ]
    for _ in range(40):
        events = [random_event(chance) for _ in range(10)]
        await asyncio.gather(*(commit.submit(people.id, event) for event in events))
    await commit.stop()
    is_sending.clear()
    await asyncio.gather(*workers)  # whatever a worker raised, a deadlock say
    assert caplog.messages == []
    (sent,) = people.rows("SELECT count(*) AS n FROM event WHERE type <> '$fields'")
    assert sent["n"] == 400
    (tried,) = people.rows("SELECT count(*) AS n FROM lead_merge")
    assert tried["n"] > 0
    assert_whole(people)
