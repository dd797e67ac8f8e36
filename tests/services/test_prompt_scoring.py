"""Somebody who waits for a lead sees it scored, unless its scoring is held up."""

from uuid import UUID, uuid4

import pytest

from leadpulse_app.database import get_pool
from leadpulse_app.services.prompt_scoring import score_promptly
from tests.services.people import People, settle


@pytest.fixture
def people() -> People:
    return People.create({"visit": 10})


def score(people: People, lead_id: UUID) -> None:
    with people.connection() as connection:
        score_promptly(connection, people.id, lead_id)


def test_a_lead_is_scored_and_no_other(people: People) -> None:
    ada, bob = people.send(user="ada"), people.send(user="bob")
    score(people, ada)
    assert (people.score(ada), people.score(bob)) == (10, 0)
    assert people.pending() == 1
    score(people, ada)
    assert people.score(ada) == 10
    settle()
    assert people.differences() == []


def test_a_lead_that_was_merged_away_stands_for_its_root(people: People) -> None:
    device = people.send(anonymous="device")
    ada = people.send(user="ada")
    people.send(user="ada", anonymous="device")
    settle()
    people.send(anonymous="device")
    for lead_id in (device, ada):
        score(people, lead_id)
        assert people.score(lead_id) == 40
    assert people.differences() == []


def test_a_lead_that_is_set_aside_waits_and_one_that_is_gone_is_nothing(
    people: People,
) -> None:
    ada = people.send(user="ada")
    with get_pool().connection() as connection:
        connection.execute(
            "INSERT INTO set_aside (project_id, lead_id) VALUES (%s, %s)",
            (people.id, ada),
        )
    score(people, ada)
    score(people, uuid4())
    assert (people.score(ada), people.pending()) == (0, 1)
    with get_pool().connection() as connection:
        connection.execute("DELETE FROM set_aside WHERE project_id = %s", (people.id,))
    settle()


def test_another_projects_lead_is_left_alone(people: People) -> None:
    theirs = People.create({"visit": 10})
    lead_id = theirs.send(user="ada")
    score(people, lead_id)
    assert (theirs.score(lead_id), theirs.pending()) == (0, 1)
    settle()
