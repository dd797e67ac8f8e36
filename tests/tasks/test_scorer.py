import threading
import time
from collections.abc import Callable

import psycopg
import pytest

from leadpulse_app.database import connection_info, database_url
from leadpulse_app.tasks.scorer import THREADS, Scorer
from tests.services.people import People
from tests.services.scoring_project import ScoringProject, score_all


@pytest.fixture
def project() -> ScoringProject:
    score_all()
    return ScoringProject.create({"visit": 5})


def scorers_waiting_for_a_table() -> int:
    with psycopg.connect(connection_info()) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE relation = 'pending'::regclass"
            " AND NOT granted"
        ).fetchone()
    assert row is not None
    return int(row[0])


def is_waiting_for(backend: int) -> bool:
    with psycopg.connect(database_url()) as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE %s = ANY (pg_blocking_pids(pid)))",
            (backend,),
        ).fetchone()
    return row == (True,)


def deadlocks() -> int:
    with psycopg.connect(database_url()) as connection:
        row = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert row is not None
    return int(row[0])


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_who_comes_while_enough_threads_score_is_not_needed_and_not_forgotten(
    project: ScoringProject,
) -> None:
    lead_id = project.add_lead()
    project.add_event(lead_id, "visit")
    scorer = Scorer()
    threads = [
        threading.Thread(target=scorer.run, kwargs={"for_seconds": 60})
        for _ in range(THREADS)
    ]
    with psycopg.connect(database_url()) as holder:
        holder.execute("LOCK TABLE pending IN ACCESS EXCLUSIVE MODE")
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 10
        while scorers_waiting_for_a_table() < THREADS:
            assert time.monotonic() < deadline
        assert scorer.run(for_seconds=60)  # at once: the others have every place
    for thread in threads:
        thread.join()
    assert project.lead(lead_id)["score"] == 5
    assert project.pending() == 0


def test_a_scorer_leaves_off_when_its_time_is_up(project: ScoringProject) -> None:
    project.add_event(project.add_lead(), "visit")
    scorer = Scorer()
    assert not scorer.run(for_seconds=0)
    assert scorer.run(for_seconds=60)


def test_a_stopped_scorer_finishes_its_transaction_and_no_more(
    project: ScoringProject,
) -> None:
    lead_id = project.add_lead()
    project.add_event(lead_id, "visit")
    scorer = Scorer()
    scorer.stop()
    assert not scorer.run(for_seconds=60)
    assert project.lead(lead_id)["score"] == 5


def test_what_is_scored_is_linked_and_what_linking_adds_is_scored() -> None:
    score_all()
    people = People.create({"visit": 5})
    visitor = people.send(anonymous="a", email="ada@example.com")
    people.send(anonymous="b", minute=1)
    known = people.send(user="u", anonymous="b", minute=2)
    people.send(anonymous="a", email="grace@example.com", name="Grace", minute=3)
    assert Scorer().run(for_seconds=60)
    assert people.pending() == people.links() == 0
    assert people.score(known) == 10
    assert people.score(visitor) == 10
    (grace,) = people.rows("SELECT name, score FROM lead WHERE email LIKE 'grace@%%'")
    assert grace == {"name": "Grace", "score": 0}


def test_a_scorer_that_postgres_ends_for_a_deadlock_tries_again() -> None:
    score_all()
    people = People.create({"visit": 5})
    lead_id = people.send(user="ada", anonymous="device")
    victims = deadlocks()
    scorer = threading.Thread(target=Scorer().run, kwargs={"for_seconds": 60})
    with people.connection() as other:
        other.execute(
            "INSERT INTO lead_alias (project_id, kind, value, lead_id)"
            " VALUES (%s, 'anonymous', 'device', %s)",
            (people.id, lead_id),
        )
        scorer.start()
        wait_until(lambda: is_waiting_for(other.info.backend_pid))
        # Postgres ends the one that has waited for longer when it finds the circle.
        other.execute("SELECT FROM lead WHERE id = %s FOR UPDATE", (lead_id,))
        raise psycopg.Rollback
    scorer.join()
    wait_until(lambda: deadlocks() > victims)
    assert people.score(lead_id) == 5
    assert people.pending() == 0
    assert people.differences() == []
