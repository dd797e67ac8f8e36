"""Points lapse when they are due, with no event to make them."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadpulse_app.database import get_pool
from leadpulse_app.services.scoring import ScoringResult, expire_points
from tests.services.people import People, settle
from tests.services.scoring_project import NOON

DAY = timedelta(days=1)


@pytest.fixture
def people() -> Iterator[People]:
    settle()  # what other tests left behind
    expire_all()
    people = People.create({"visit": 5, "demo": 50})
    publish(people)
    yield people
    people.forget_pending()


def publish(people: People, **more: Any) -> None:
    """Let what demos give lapse after a day."""
    ids = people.rule_ids
    demo = {"points": 50, "expires_after_days": 1} | more
    visit = {"points": 5}
    people.publish_stored(
        [
            {"id": str(ids[each]), "name": each, "event_type": each} | says
            for each, says in (("visit", visit), ("demo", demo))
        ]
    )


def expire_once(limit: int = 200) -> ScoringResult:
    with get_pool().connection() as connection, connection.transaction():
        return expire_points(connection, limit_leads=limit)


def expire_all() -> None:
    while expire_once().found_work:
        pass


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def minutes_since_noon(moment: datetime) -> float:
    return (moment - NOON) / timedelta(minutes=1)


def send_demo(people: People, user: str, *, due_in: timedelta) -> Any:
    """Send a demo whose points lapse at a moment from now."""
    at = datetime.now(UTC) + due_in - DAY
    return people.send("demo", user=user, minute=minutes_since_noon(at))


def next_expiries(people: People) -> list[dict[str, Any]]:
    return people.rows("SELECT * FROM next_expiry WHERE project_id = %s", people.id)


def test_a_lead_changes_its_stage_at_the_moment_its_points_lapse(
    people: People,
) -> None:
    lead_id = send_demo(people, "ada", due_in=timedelta(seconds=1))
    people.send("visit", user="ada")
    settle()
    assert people.lead(lead_id)["stage"] == "hot"
    (planned,) = next_expiries(people)
    assert not expire_once().found_work
    wait_until(lambda: expire_once().found_work)
    assert datetime.now(UTC) >= planned["due_at"]
    lead = people.lead(lead_id)
    assert (lead["score"], lead["stage"]) == (5, "cold")
    assert lead["last_expiry_at"] == planned["due_at"]
    *_, change = people.rows(
        "SELECT * FROM stage_change WHERE lead_id = %s ORDER BY id", lead_id
    )
    assert (change["old_stage"], change["new_stage"]) == ("hot", "cold")
    assert (change["reason"], change["changed_at"]) == ("expired", planned["due_at"])
    assert [
        (line["type"], line["points"], line["delta"], line["reason"])
        for line in people.ledger(lead_id)
    ] == [
        ("visit", 5, 5, "scored"),
        ("demo", 50, 50, "scored"),
        ("demo", -50, -50, "expired"),
    ]
    assert next_expiries(people) == []
    assert people.differences() == []


def test_what_is_over_already_when_it_arrives_is_given_and_taken_back(
    people: People,
) -> None:
    lead_id = people.send("demo", user="ada", minute=-3 * 24 * 60)
    settle()
    assert people.score(lead_id) == 0
    assert [line["reason"] for line in people.ledger(lead_id)] == ["scored", "expired"]
    assert people.differences() == []


def test_an_event_from_before_points_lapsed_is_folded_before_that(
    people: People,
) -> None:
    lead_id = send_demo(people, "ada", due_in=-timedelta(hours=1))
    settle()
    before = minutes_since_noon(datetime.now(UTC) - timedelta(hours=2))
    people.send("demo", user="ada", minute=before)
    after = minutes_since_noon(datetime.now(UTC) - timedelta(minutes=2))
    people.send("visit", user="ada", minute=after)
    settle()
    assert people.score(lead_id) == 55
    assert people.differences() == []


def test_of_several_sweeps_at_once_one_takes_each_lead(people: People) -> None:
    leads = [
        send_demo(people, f"user {number}", due_in=timedelta(seconds=1))
        for number in range(20)
    ]
    settle()
    wait_until(
        lambda: all(row["due_at"] < datetime.now(UTC) for row in next_expiries(people))
    )
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda _: expire_once(7), range(12)))
    while (last := expire_once(7)).found_work:  # what all of them had found held
        done.append(last)
    assert sum(result.leads for result in done) == 20
    assert [people.score(lead_id) for lead_id in leads] == [0] * 20
    assert all(len(people.ledger(lead_id)) == 2 for lead_id in leads)
    assert people.differences() == []


def test_a_merge_takes_over_what_is_to_lapse_and_an_unmerge_gives_it_back(
    people: People,
) -> None:
    at = minutes_since_noon(datetime.now(UTC) - timedelta(hours=1))
    phone = people.send("demo", anonymous="phone", minute=at)
    laptop = people.send("demo", anonymous="laptop", minute=at + 1)
    settle()
    assert {row["lead_id"] for row in next_expiries(people)} == {phone, laptop}
    for device in ("phone", "laptop"):
        people.send("visit", user="ada", anonymous=device, minute=at + 2)
    settle()
    assert len(next_expiries(people)) == 1
    assert people.differences() == []
    for merge in people.merges():
        people.unmerge(merge)
    assert {phone, laptop} <= {row["lead_id"] for row in next_expiries(people)}
    assert people.differences() == []


def test_a_lead_that_cannot_be_folded_holds_up_no_other(people: People) -> None:
    broken = send_demo(people, "broken", due_in=timedelta(seconds=1))
    fine = send_demo(people, "fine", due_in=timedelta(seconds=1))
    settle()
    with people.owner() as connection:
        connection.execute(
            "ALTER TABLE score_entry ADD CONSTRAINT refuse_lead"
            f" CHECK (lead_id <> '{broken}' OR reason <> 'expired') NOT VALID"
        )
    try:
        wait_until(lambda: expire_once().found_work)
        expire_all()
        assert people.score(fine) == 0
        assert people.score(broken) == 50
        (job,) = people.rows("SELECT lead_id FROM failed_job")
        assert job["lead_id"] == broken
    finally:
        with people.owner() as connection:
            connection.execute("ALTER TABLE score_entry DROP CONSTRAINT refuse_lead")
            connection.execute(
                "UPDATE set_aside SET until = now() WHERE project_id = %s",
                (people.id,),
            )
    expire_all()
    assert people.score(broken) == 0
    assert people.rows("SELECT lead_id FROM failed_job") == []
    assert people.differences() == []


def test_points_of_a_version_without_expiry_stay(people: People) -> None:
    lead_id = send_demo(people, "ada", due_in=timedelta(seconds=1))
    publish(people, expires_after_days=None)
    settle()
    assert next_expiries(people) == []
    assert people.score(lead_id) == 50
    assert people.differences() == []
