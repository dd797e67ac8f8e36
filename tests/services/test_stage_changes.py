"""A change of stage is noted once, with when what it followed happened."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.services.people import People, settle
from tests.services.scoring_project import NOON


@pytest.fixture
def people() -> Iterator[People]:
    people = People.create({"visit": 5, "demo": 50})
    yield people
    people.forget_pending()


def changes(people: People, lead_id: UUID) -> list[tuple[Any, ...]]:
    return [
        tuple(row.values())
        for row in people.rows(
            "SELECT old_stage, new_stage, score, reason, changed_at FROM stage_change"
            " WHERE lead_id = %s ORDER BY id",
            lead_id,
        )
    ]


def test_a_change_is_dated_by_the_behaviour_that_it_followed(people: People) -> None:
    lead_id = people.send("visit", user="ada", minute=1)
    settle()
    assert changes(people, lead_id) == []
    people.send("demo", user="ada", minute=2, message_id="once")
    people.send("visit", user="ada", minute=3)
    settle()
    moment = NOON + timedelta(minutes=3)
    assert changes(people, lead_id) == [("cold", "qualified", 60, "scored", moment)]


def test_what_changes_no_stage_is_not_noted(people: People) -> None:
    lead_id = people.send("demo", user="ada")
    settle()
    noted = changes(people, lead_id)
    people.send("visit", user="ada", minute=1)
    settle()
    assert changes(people, lead_id) == noted
    assert len(noted) == 1


def test_a_correction_is_dated_by_when_it_was_made(people: People) -> None:
    ada = people.send("demo", anonymous="device")
    settle()
    grace = people.send("visit", user="grace", minute=1)
    settle()
    before = datetime.now(UTC)
    people.send("visit", user="grace", anonymous="device", minute=2)
    settle()
    root = people.root(ada)
    assert people.root(grace) == root
    *_, (old, new, score, reason, changed_at) = changes(people, root)
    assert (old, new, score, reason) == ("hot", "qualified", 60, "merged")
    assert changed_at >= before
