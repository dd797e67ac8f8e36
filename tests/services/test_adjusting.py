"""People give a lead points with a note, each adjustment counts once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.adjustment import Adjustment, read_adjustment
from leadpulse_app.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.adjusting import Adjusted, adjust_score
from leadpulse_app.services.events import list_event_types, list_recent_events
from leadpulse_app.services.leads import get_lead
from leadpulse_app.services.queue_health import read_throughput
from tests.services.people import People, settle


@pytest.fixture
def people() -> Iterator[People]:
    settle()  # what other tests left behind
    people = People.create({"visit": 5, "demo": 50})
    yield people
    people.forget_pending()


def adjust(
    people: People,
    lead_id: UUID,
    points: int,
    note: str = "Met them",
    actor: Actor | None = None,
    **more: Any,
) -> Adjusted:
    with people.connection() as connection:
        return adjust_score(
            connection,
            actor or people.actor(),
            lead_id,
            Adjustment(points=points, note=note),
            now=datetime.now(UTC),
            **more,
        )


def test_an_adjustment_is_an_entry_of_its_own_and_stands_up_to_verification(
    people: People,
) -> None:
    lead_id = people.send(user="ada")
    adjust(people, lead_id, 20)
    adjust(people, lead_id, -7)
    settle()
    assert [
        (line["reason"], line["points"], line["delta"])
        for line in people.ledger(lead_id)
    ] == [("scored", 5, 5), ("manual", 20, 20), ("manual", -7, -7)]
    assert people.score(lead_id) == 18
    assert people.differences() == []


def test_a_score_stays_within_its_bounds_whatever_a_person_gives(
    people: People,
) -> None:
    lead_id = people.send(user="ada")
    adjust(people, lead_id, -10_000)
    adjust(people, lead_id, 10_000)
    adjust(people, lead_id, 10_000)
    settle()
    assert [line["delta"] for line in people.ledger(lead_id)] == [5, -5, 10_000, 0]
    assert people.differences() == []


def test_the_same_adjustment_sent_again_counts_once(people: People) -> None:
    lead_id = people.send(user="ada")
    same: dict[str, Any] = {"adjustment_id": uuid4(), "actor": people.actor()}
    assert adjust(people, lead_id, 20, **same).is_new
    assert not adjust(people, lead_id, 20, **same).is_new
    settle()
    again = adjust(people, lead_id, 20, **same)
    assert (again.is_new, again.adjustment_id) == (False, same["adjustment_id"])
    settle()
    assert people.score(lead_id) == 25


@pytest.mark.parametrize("other", [{"points": 21}, {"note": "Else"}, {"actor": None}])
def test_an_id_that_was_given_to_another_adjustment_is_refused(
    people: People, other: dict[str, Any]
) -> None:
    lead_id = people.send(user="ada")
    same: dict[str, Any] = {
        "points": 20,
        "adjustment_id": uuid4(),
        "actor": people.actor(),
    }
    adjust(people, lead_id, **same)
    with pytest.raises(ConflictError):
        adjust(people, lead_id, **same | other)
    settle()
    assert people.score(lead_id) == 25


def test_an_id_that_an_event_has_already_is_refused(people: People) -> None:
    own_id = uuid4()
    lead_id = people.send(user="ada", message_id=f"$adjust:{own_id}")
    with pytest.raises(ConflictError):
        adjust(people, lead_id, 20, adjustment_id=own_id)


def test_a_lead_of_another_project_is_not_found_and_not_adjusted(
    people: People,
) -> None:
    theirs = People.create({"visit": 5})
    lead_id = theirs.send(user="ada")
    settle()
    with pytest.raises(NotFoundError):
        adjust(people, lead_id, 20)
    settle()
    assert theirs.score(lead_id) == 5


def test_one_that_was_merged_away_is_adjusted_as_what_it_is_part_of(
    people: People,
) -> None:
    ada = people.send(user="ada")
    visitor = people.send(anonymous="x")
    settle()
    people.send("identify", user="ada", anonymous="x")
    settle()
    root = people.root(visitor)
    assert root == people.root(ada)
    assert adjust(people, visitor, 20).lead_id == root
    settle()
    assert people.score(ada) == 30
    assert people.differences() == []


async def test_an_adjustment_is_no_behaviour(people: People) -> None:
    at = datetime.now(UTC) - timedelta(hours=30)
    lead_id = people.send(user="ada")
    with people.owner() as connection:
        connection.execute(
            "UPDATE event SET occurred_at = %s WHERE project_id = %s", (at, people.id)
        )
    adjust(people, lead_id, 20)
    settle()
    now = datetime.now(UTC)
    async with transaction(people.id) as session:
        actor = people.actor()
        lead = await get_lead(session, actor, lead_id, now=now)
        (event,) = await list_recent_events(session, actor)
        assert await list_event_types(session, actor) == ("visit",)
        throughput = await read_throughput(session, actor, now=now)
    assert (lead.score, lead.last_event_at, lead.events_last_24h) == (25, at, 0)
    assert lead.velocity == 0
    assert event.type == "visit"
    assert throughput.events == 1


async def test_a_lead_that_only_people_acted_on_was_never_seen(people: People) -> None:
    lead_id = people.add_lead()
    adjust(people, lead_id, 20)
    settle()
    async with transaction(people.id) as session:
        lead = await get_lead(session, people.actor(), lead_id, now=datetime.now(UTC))
    assert (lead.score, lead.last_event_at) == (20, None)


@pytest.mark.parametrize(
    ("points", "note", "field"),
    [
        (0, "x", "points"),
        (10_001, "x", "points"),
        (-10_001, "x", "points"),
        (True, "x", "points"),
        (1.5, "x", "points"),
        ("5", "x", "points"),
        (None, "x", "points"),
        (10**400, "x", "points"),
        (5, "", "note"),
        (5, "  \n ", "note"),
        (5, "x" * 501, "note"),
        (5, "a\0b", "note"),
        (5, "\ud800", "note"),
        (5, None, "note"),
        (5, ["x"], "note"),
    ],
)
def test_what_is_no_adjustment_is_refused_by_field(
    points: object, note: object, field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_adjustment(points, note)
    assert list(refused.value.details or {}) == [field]


def test_a_note_is_kept_without_the_space_around_it() -> None:
    assert read_adjustment(-10_000, "  a\nb ").note == "a\nb"
