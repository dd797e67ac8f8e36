from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest

from leadpulse_app.database import get_pool
from leadpulse_app.services.verification import verify
from tests.services.scoring_project import ScoringProject, score_all


@pytest.fixture
def project() -> Iterator[ScoringProject]:
    project = ScoringProject.create({"visit": 5, "demo": 50, "leave": -20})
    yield project
    project.forget_pending()


@pytest.fixture
def lead_id(project: ScoringProject) -> UUID:
    lead_id = project.add_lead()
    for minute, event_type in enumerate(("leave", "demo", "visit", "scroll")):
        project.add_event(lead_id, event_type, minute=minute, message_id=event_type)
    score_all()
    return lead_id


def test_what_was_scored_has_no_differences(
    project: ScoringProject, lead_id: UUID
) -> None:
    project.add_event(lead_id, "demo", minute=9)  # still pending
    with get_pool().connection() as connection:
        found = verify(connection)
    assert found.projects >= 1
    assert found.leads >= 1
    assert project.differences() == []


def test_an_event_whose_lead_is_not_there_is_found(project: ScoringProject) -> None:
    event_lead = project.add_lead()
    project.add_event(event_lead, "visit")
    missing = uuid4()
    with project.owner() as connection:
        connection.execute(
            "UPDATE event SET lead_id = %s WHERE project_id = %s", (missing, project.id)
        )
    (difference,) = project.differences()
    assert difference.message == f"it has events of lead {missing}, which is not there"


def test_it_reads_the_same_connection_as_before(
    project: ScoringProject, lead_id: UUID
) -> None:
    with get_pool().connection() as connection:
        before = connection.isolation_level
        verify(connection)
        assert connection.isolation_level is before


def alter(statement: str) -> Callable[[ScoringProject, UUID], None]:
    def change(project: ScoringProject, lead_id: UUID) -> None:
        with project.owner() as connection:
            connection.execute(statement, {"lead": lead_id, "project": project.id})

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            alter("UPDATE lead SET score = 56 WHERE id = %(lead)s"),
            "its score is 56 and its events make 55",
        ),
        (
            alter("UPDATE lead SET stage = 'cold' WHERE id = %(lead)s"),
            "its stage is cold and its events make it hot",
        ),
        (
            alter("UPDATE lead SET sequence = 5 WHERE id = %(lead)s"),
            "it counts 5 ledger entries and there are 4",
        ),
        (
            alter("UPDATE lead SET last_message_id = 'demo' WHERE id = %(lead)s"),
            "its last event is demo and should be scroll",
        ),
        (
            alter("UPDATE lead SET name = 'Eve' WHERE id = %(lead)s"),
            "its email, name or company is not what its events say",
        ),
        (
            alter("DELETE FROM score_entry WHERE lead_id = %(lead)s AND sequence = 2"),
            "ledger entry 2 is missing",
        ),
        (
            alter(
                "UPDATE score_entry SET delta = 6, new_score = 56"
                " WHERE lead_id = %(lead)s AND sequence = 3"
            ),
            "ledger entry 4 starts from 55 and the one before it ends at 56",
        ),
        (
            alter("DELETE FROM score_entry WHERE lead_id = %(lead)s AND sequence = 4"),
            "event scroll is neither pending nor in the ledger",
        ),
        (
            alter(
                "INSERT INTO pending SELECT project_id, lead_id, id FROM event"
                " WHERE lead_id = %(lead)s AND type = 'demo'"
            ),
            "event demo is pending and in the ledger",
        ),
        (
            alter("UPDATE score_entry SET event_id = 0 WHERE sequence = 2"),
            "the ledger has an entry for event number 0 of somebody else",
        ),
        (
            alter("UPDATE ruleset SET rules = '[7]' WHERE project_id = %(project)s"),
            "ruleset version 1 can't be read",
        ),
        (
            alter("UPDATE event SET type = 'visit' WHERE message_id = 'demo'"),
            "its score is 55 and its events make 10",
        ),
    ],
)
def test_it_finds_what_was_altered_by_hand(
    project: ScoringProject,
    lead_id: UUID,
    change: Callable[[ScoringProject, UUID], None],
    message: str,
) -> None:
    change(project, lead_id)
    differences = project.differences()
    assert {difference.lead_id for difference in differences} == {lead_id}
    assert any(message in difference.message for difference in differences)


def test_it_finds_a_rule_that_gave_another_delta(
    project: ScoringProject, lead_id: UUID
) -> None:
    with project.owner() as connection:
        connection.execute(
            "UPDATE score_entry SET rule_id = %s WHERE lead_id = %s AND sequence = 2",
            (uuid4(), lead_id),
        )
    messages = {difference.message for difference in project.differences()}
    demo = project.rule_ids["demo"]
    assert f"event demo took 0 points by rule {demo} and should take 50 points" in (
        messages
    )


def test_a_project_that_can_not_be_read_is_a_failure() -> None:
    stranger = ScoringProject()
    with get_pool().connection() as connection:
        connection.execute(
            "INSERT INTO pending (project_id, lead_id, event_id) VALUES (%s, %s, 1)",
            (stranger.id, uuid4()),
        )
    try:
        (difference,) = stranger.differences()
    finally:
        stranger.forget_pending()
    assert difference.lead_id is None
    assert difference.message == "the project can't be read under its own scope"
