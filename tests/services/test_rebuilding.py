"""A rebuild sets right what was altered by hand, and leaves alone what is right."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from leadpulse_app.domain.errors import ConflictError, ForbiddenError, NotFoundError
from leadpulse_app.models import Role
from leadpulse_app.services.rebuilding import (
    RebuiltLeads,
    count_leads,
    rebuild_lead,
    rebuild_leads,
)
from tests.services.people import People, settle
from tests.services.scoring_project import ScoringProject, score_all
from tests.services.test_failed_jobs import admin

POINTS = {"visit": 5, "demo": 50, "leave": -20}


@pytest.fixture
def project() -> Iterator[ScoringProject]:
    score_all()  # what other tests left behind
    project = ScoringProject.create(POINTS)
    yield project
    project.forget_pending()


def add_scored(project: ScoringProject) -> UUID:
    lead_id = project.add_lead()
    for minute, event_type in enumerate(("leave", "demo", "visit", "scroll")):
        project.add_event(lead_id, event_type, minute=minute)
    score_all()
    return lead_id


def alter(project: ScoringProject, lead_id: UUID, change: str) -> None:
    with project.owner() as connection:
        connection.execute(f"UPDATE lead SET {change} WHERE id = %s", (lead_id,))


def rebuild(project: ScoringProject, lead_id: UUID) -> UUID:
    with project.connection() as connection:
        return rebuild_lead(connection, admin(project), lead_id=lead_id)


def rebuild_all(project: ScoringProject, *, limit: int) -> list[RebuiltLeads]:
    steps: list[RebuiltLeads] = []
    after = None
    while not steps or after is not None:
        with project.connection() as connection:
            step = rebuild_leads(connection, admin(project), after=after, limit=limit)
        steps.append(step)
        after = step.last_id
    return steps


def everything(project: ScoringProject) -> list[list[dict[str, Any]]]:
    return [
        project.rows("SELECT * FROM lead ORDER BY id"),
        project.rows("SELECT * FROM score_entry ORDER BY lead_id, sequence"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        "score = 9999",
        "score = 0, stage = 'cold'",
        "stage = 'qualified'",
        "sequence = 0",
        "email = 'eve@example.com'",
        "last_event_at = NULL, last_message_id = NULL",
    ],
)
def test_what_was_altered_by_hand_is_set_right(
    project: ScoringProject, change: str
) -> None:
    lead_id = add_scored(project)
    before = everything(project)
    alter(project, lead_id, change)
    assert project.differences() != []
    assert rebuild(project, lead_id) == lead_id
    assert everything(project) == before
    assert project.differences() == []


def test_a_rebuilt_lead_goes_on_being_scored(project: ScoringProject) -> None:
    lead_id = add_scored(project)
    alter(project, lead_id, "score = 7, sequence = 1")
    rebuild(project, lead_id)
    project.add_event(lead_id, "visit", minute=9)
    project.add_event(lead_id, "demo", minute=1)  # late
    score_all()
    assert project.lead(lead_id)["score"] == 110
    assert project.differences() == []


def test_an_entry_that_is_too_much_is_taken_back_by_another(
    project: ScoringProject,
) -> None:
    lead_id = add_scored(project)
    with project.owner() as connection:
        connection.execute(
            """
            INSERT INTO score_entry
            SELECT project_id, lead_id, sequence + 1, event_id, rule_id,
                ruleset_version, points, 100, 'refolded', new_score, new_score + 100
            FROM score_entry WHERE lead_id = %s ORDER BY sequence DESC LIMIT 1
            """,
            (lead_id,),
        )
    rebuild(project, lead_id)
    assert [entry["new_score"] for entry in project.ledger(lead_id)][-2:] == [155, 55]
    assert project.lead(lead_id)["score"] == 55
    assert project.differences() == []


def test_a_healthy_project_is_left_as_it_is(project: ScoringProject) -> None:
    for _ in range(5):
        add_scored(project)
    before = everything(project)
    steps = rebuild_all(project, limit=2)
    assert [step.leads for step in steps] == [2, 2, 1]
    assert everything(project) == before


def test_a_project_is_rebuilt_in_steps_and_again(project: ScoringProject) -> None:
    lead_ids = [add_scored(project) for _ in range(4)]
    before = everything(project)
    with project.connection() as connection:
        assert count_leads(connection, admin(project)) == 4
    for lead_id in lead_ids:
        alter(project, lead_id, "score = 1, sequence = 2, stage = 'cold'")
    for _ in range(2):
        rebuild_all(project, limit=2)
        assert everything(project) == before
        assert project.differences() == []


def test_a_lead_comes_with_those_merged_into_it() -> None:
    people = People.create(POINTS)
    visitor = people.send("visit", anonymous="a1")
    known = people.send("demo", user="u1")
    people.send("visit", anonymous="a1", user="u1", minute=1)
    settle()
    before = everything(people)
    for lead_id in (visitor, known):
        alter(people, lead_id, "score = 77, sequence = 9")
    assert rebuild(people, known) == visitor
    assert everything(people) == before
    for lead_id in (visitor, known):
        alter(people, lead_id, "score = 77, sequence = 9")
    rebuild_all(people, limit=1)
    assert everything(people) == before
    assert people.differences() == []


def test_a_lead_whose_rules_can_not_be_read_does_not_stop_the_others(
    project: ScoringProject,
) -> None:
    lead_ids = [add_scored(project) for _ in range(3)]
    broken = lead_ids[1]
    with project.owner() as connection:
        connection.execute(
            "UPDATE score_entry SET ruleset_version = 99 WHERE lead_id = %s", (broken,)
        )
    for lead_id in lead_ids:
        alter(project, lead_id, "score = 1")
    (step,) = rebuild_all(project, limit=10)
    assert [failed.lead_id for failed in step.unrebuilt] == [broken]
    assert {project.lead(lead_id)["score"] for lead_id in lead_ids} == {55}
    with pytest.raises(ConflictError):
        rebuild(project, broken)


def test_only_an_admin_rebuilds_and_only_the_project_s_own(
    project: ScoringProject,
) -> None:
    lead_id = add_scored(project)
    other = ScoringProject.create(POINTS)
    for unknown in (lead_id, uuid4()):
        with pytest.raises(NotFoundError):
            rebuild(other, unknown)
    member = replace(admin(project), role=Role.MEMBER)
    with project.connection() as connection:
        with pytest.raises(ForbiddenError):
            rebuild_lead(connection, member, lead_id=lead_id)
        with pytest.raises(ForbiddenError):
            rebuild_leads(connection, member)
