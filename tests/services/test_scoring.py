import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadpulse_app.database import connection_info, get_pool
from leadpulse_app.services.scoring import score_pending
from tests.services.scoring_project import (
    NOON,
    ScoringProject,
    score_all,
    score_once,
)

POINTS = {"visit": 5, "demo": 50, "leave": -20, "jackpot": 9_000, "fall": -9_500}


@pytest.fixture
def project() -> Iterator[ScoringProject]:
    score_all()  # what other tests left behind
    project = ScoringProject.create(POINTS)
    yield project
    project.forget_pending()


def deltas(ledger: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [(row["type"], row["delta"], row["reason"]) for row in ledger]


def test_an_event_scores_its_lead_and_explains_itself(project: ScoringProject) -> None:
    lead_id = project.add_lead()
    project.add_event(lead_id, "demo", message_id="m1")
    result = score_once()
    assert (result.project_ids, result.leads, result.events) == ({project.id}, 1, 1)
    (entry,) = project.ledger(lead_id)
    assert entry["rule_id"] == project.rule_ids["demo"]
    assert (entry["message_id"], entry["ruleset_version"]) == ("m1", 1)
    assert (entry["points"], entry["delta"]) == (50, 50)
    assert (entry["old_score"], entry["new_score"]) == (0, 50)
    lead = project.lead(lead_id)
    assert (lead["score"], lead["stage"], lead["sequence"]) == (50, "hot", 1)
    assert (lead["last_event_at"], lead["last_message_id"]) == (NOON, "m1")
    assert project.pending() == 0
    assert not score_once().found_work


def test_an_event_sent_twice_counts_once(project: ScoringProject) -> None:
    lead_id = project.add_lead()
    for _ in range(2):
        project.add_event(lead_id, "demo", message_id="m1")
        score_all()
    assert project.lead(lead_id)["score"] == 50
    assert len(project.ledger(lead_id)) == 1


def test_an_event_without_a_rule_gets_one_entry_worth_nothing(
    project: ScoringProject,
) -> None:
    lead_id = project.add_lead()
    project.add_event(lead_id, "scroll")
    score_all()
    (entry,) = project.ledger(lead_id)
    assert (entry["rule_id"], entry["points"], entry["delta"]) == (None, 0, 0)


def test_the_ledger_says_what_clamping_took(project: ScoringProject) -> None:
    lead_id = project.add_lead()
    for minute, event_type in enumerate(("leave", "jackpot", "jackpot", "fall")):
        project.add_event(lead_id, event_type, minute=minute)
    score_all()
    assert [(row["points"], row["delta"]) for row in project.ledger(lead_id)] == [
        (-20, 0),
        (9_000, 9_000),
        (9_000, 1_000),
        (-9_500, -9_500),
    ]
    assert project.lead(lead_id)["score"] == 500


def test_a_late_event_appends_the_differences_it_makes(project: ScoringProject) -> None:
    lead_id = project.add_lead()
    project.add_event(lead_id, "leave", minute=1)
    project.add_event(lead_id, "visit", minute=2)
    score_all()
    project.add_event(lead_id, "demo", minute=0)
    score_all()
    assert deltas(project.ledger(lead_id)) == [
        ("leave", 0, "clamped"),
        ("visit", 5, "scored"),
        ("demo", 50, "scored"),
        ("leave", -20, "refolded"),
    ]
    lead = project.lead(lead_id)
    assert (lead["score"], lead["last_event_at"]) == (35, NOON + timedelta(minutes=2))
    assert project.differences() == []


def test_a_late_event_leaves_earlier_events_their_ruleset_versions(
    project: ScoringProject,
) -> None:
    lead_id = project.add_lead()
    project.add_event(lead_id, "visit", minute=1)
    score_all()
    project.publish({"visit": 100, "leave": -100})
    project.add_event(lead_id, "leave", minute=0)
    score_all()
    ledger = project.ledger(lead_id)
    assert [(row["ruleset_version"], row["points"]) for row in ledger] == [
        (1, 5),
        (2, -100),
    ]
    assert project.lead(lead_id)["score"] == 5
    assert project.differences() == []


def test_a_published_ruleset_is_in_force_for_the_next_event(
    project: ScoringProject,
) -> None:
    lead_id = project.add_lead()
    project.add_event(lead_id, "visit", minute=0)
    score_all()
    project.publish({"visit": 7})
    project.add_event(lead_id, "visit", minute=1)
    score_all()
    assert [row["delta"] for row in project.ledger(lead_id)] == [5, 7]
    assert project.differences() == []


def test_identifying_fills_a_leads_fields_in_fold_order(
    project: ScoringProject,
) -> None:
    lead_id = project.add_lead()
    new = {"name": " Ada ", "email": "ada@example.com"}
    project.add_event(lead_id, "identify", minute=1, traits=new)
    score_all()
    old = {"name": "A.", "company": "Acme"}
    project.add_event(lead_id, "identify", minute=0, traits=old)
    score_all()
    lead = project.lead(lead_id)
    assert (lead["name"], lead["email"], lead["company"]) == (
        "Ada",
        "ada@example.com",
        "Acme",
    )
    assert project.differences() == []


def test_a_lead_gives_up_a_bounded_part_of_its_backlog(project: ScoringProject) -> None:
    lead_id = project.add_lead()
    for minute in range(7):
        project.add_event(lead_id, "visit", minute=minute)
    events = [score_once(limit_events_per_lead=2).events for _ in range(4)]
    assert events == [2, 2, 3, 0]  # as many as it has entries, once it has more
    assert project.lead(lead_id)["score"] == 35


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_order_of_arrival_ends_at_the_reference_score(
    project: ScoringProject, data: st.DataObject
) -> None:
    lead_id = project.add_lead()
    sent = data.draw(
        st.lists(
            st.tuples(st.integers(0, 4), st.sampled_from([*POINTS, "scroll"])),
            min_size=1,
            max_size=12,
        )
    )
    messages = [
        (minute, f"{lead_id}-{number}", event_type)
        for number, (minute, event_type) in enumerate(sent)
    ]
    arrivals = data.draw(st.permutations([*messages, *messages[::3]]))
    for minute, message_id, event_type in arrivals:
        project.add_event(lead_id, event_type, minute=minute, message_id=message_id)
        if data.draw(st.booleans(), label="score now"):
            score_once(limit_events_per_lead=data.draw(st.integers(1, 3)))
    score_all(limit_events_per_lead=2)

    expected = 0
    for _, _, event_type in sorted(messages):
        expected = max(0, min(10_000, expected + POINTS.get(event_type, 0)))
    assert project.lead(lead_id)["score"] == expected
    assert {row["message_id"] for row in project.ledger(lead_id)} == {
        message_id for _, message_id, _ in messages
    }
    assert project.differences() == []


def test_scorers_side_by_side_score_each_event_once(project: ScoringProject) -> None:
    leads = [project.add_lead() for _ in range(6)]
    for minute in range(20):
        for lead_id in leads:
            project.add_event(lead_id, "visit", minute=minute)
    start = threading.Barrier(3)

    def drain() -> None:
        start.wait()
        while project.pending():
            score_once(limit_leads=2, limit_events_per_lead=3)

    threads = [threading.Thread(target=drain) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [project.lead(lead_id)["score"] for lead_id in leads] == [100] * 6
    assert [len(project.ledger(lead_id)) for lead_id in leads] == [20] * 6
    assert project.differences() == []


def test_a_lead_that_another_transaction_holds_is_passed_over(
    project: ScoringProject,
) -> None:
    held, free = project.add_lead(), project.add_lead()
    for lead_id in (held, free):
        project.add_event(lead_id, "visit")
    with project.connection() as connection:
        connection.execute("SELECT FROM lead WHERE id = %s FOR NO KEY UPDATE", (held,))
        assert score_once().leads == 1
        assert project.lead(free)["score"] == 5
    score_all()
    assert project.lead(held)["score"] == 5


def test_a_scorer_that_dies_before_its_commit_loses_nothing(
    project: ScoringProject,
) -> None:
    lead_id = project.add_lead()
    project.add_event(lead_id, "demo")
    with psycopg.connect(connection_info()) as dying:
        assert score_pending(dying).events == 1
        with project.owner() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(%s, 5000)", (dying.info.backend_pid,)
            )
        with pytest.raises(psycopg.OperationalError):
            dying.commit()
    assert (project.lead(lead_id)["score"], project.pending()) == (0, 1)
    score_all()
    assert project.lead(lead_id)["score"] == 50
    assert project.differences() == []


def break_rules(project: ScoringProject) -> None:
    project.publish_stored([{"event_type": "demo"}])


def break_ledger(project: ScoringProject) -> None:
    """Make Postgres refuse what scoring writes."""
    rule = {"id": str(project.id), "name": "twice", "event_type": "demo", "points": 1}
    project.publish_stored([rule, rule])


@pytest.mark.parametrize("break_scoring", [break_rules, break_ledger])
def test_a_failing_lead_is_set_aside_and_its_neighbours_are_scored(
    project: ScoringProject, break_scoring: Callable[[ScoringProject], None]
) -> None:
    neighbours = [ScoringProject.create(POINTS) for _ in range(3)]
    lead_ids = [neighbour.add_lead() for neighbour in neighbours]
    failing = project.add_lead()
    break_scoring(project)
    neighbours[0].add_event(lead_ids[0], "demo")
    project.add_event(failing, "demo")
    for neighbour, lead_id in zip(neighbours[1:], lead_ids[1:], strict=True):
        neighbour.add_event(lead_id, "demo")

    result = score_once()
    assert (result.leads, result.failures) == (3, 1)
    for neighbour, lead_id in zip(neighbours, lead_ids, strict=True):
        assert neighbour.lead(lead_id)["score"] == 50
    assert (project.lead(failing)["score"], project.pending()) == (0, 1)
    (job,) = project.rows("SELECT * FROM failed_job WHERE lead_id = %s", failing)
    assert job["attempts"] == 1
    assert "Error" in job["error"] or "Violation" in job["error"]
    assert len(job["error"]) <= 1_000
    assert project.differences() == []


def delay(project: ScoringProject, lead_id: UUID) -> int | None:
    """Whole seconds for which a lead is set aside, counted from its failure."""
    (row,) = project.rows(
        "SELECT s.until - f.failed_at AS delay FROM failed_job AS f"
        " JOIN set_aside AS s USING (project_id, lead_id) WHERE f.lead_id = %s",
        lead_id,
    )
    return None if row["delay"] is None else row["delay"] // timedelta(seconds=1)


def let_the_delay_pass(project: ScoringProject) -> None:
    with get_pool().connection() as connection:
        connection.execute(
            "UPDATE set_aside SET until = clock_timestamp()"
            " WHERE project_id = %s AND until IS NOT NULL",
            (project.id,),
        )


def test_a_failing_lead_is_tried_again_five_times_with_doubling_delays(
    project: ScoringProject,
) -> None:
    lead_id = project.add_lead()
    break_rules(project)
    project.add_event(lead_id, "demo")
    delays = []
    for _ in range(6):
        assert score_once().failures == 1
        delays.append(delay(project, lead_id))
        project.add_event(lead_id, "visit")
        assert score_once().failures == 0  # a new event does not bring it back
        let_the_delay_pass(project)
    assert delays == [3, 6, 12, 24, 48, None]
    assert score_once().failures == 0
    assert project.pending() == 7


def test_a_lead_recovers_once_its_scoring_works(project: ScoringProject) -> None:
    lead_id = project.add_lead()
    break_rules(project)
    project.add_event(lead_id, "demo")
    score_all()
    project.publish(POINTS)
    let_the_delay_pass(project)
    score_all()
    assert project.lead(lead_id)["score"] == 50
    for table in ("failed_job", "set_aside"):
        assert not project.rows(f"SELECT FROM {table} WHERE lead_id = %s", lead_id)
    assert project.differences() == []


def test_scoring_does_not_block_new_events_of_the_same_lead(
    project: ScoringProject,
) -> None:
    lead_id = project.add_lead()
    project.add_event(lead_id, "visit")
    with psycopg.connect(connection_info()) as scoring:
        score_pending(scoring)
        project.add_event(lead_id, "visit", minute=1)
    score_all()
    assert project.lead(lead_id)["score"] == 10


def test_a_backlog_in_reverse_order_costs_few_refolds(project: ScoringProject) -> None:
    lead_id = project.add_lead()
    for minute in reversed(range(60)):
        project.add_event(lead_id, "visit", minute=minute)
    sizes = []
    while result := score_once(limit_events_per_lead=4).events:
        sizes.append(result)
    assert sum(sizes) == 60
    assert all(later >= earlier for earlier, later in pairwise(sizes[:-1]))
    assert len(sizes) <= 6
    assert project.differences() == []
