"""A version applied to the past: once to each lead, whatever happens meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from leadpulse_app.database import connection_info, get_pool, transaction
from leadpulse_app.domain.errors import ForbiddenError
from leadpulse_app.models import Role
from leadpulse_app.services.rescoring import (
    RescoreProgress,
    get_rescore,
    rescore_some,
    start_rescore,
)
from tests.services.people import People, settle
from tests.services.scoring_project import ScoringProject, score_all

POINTS = {"visit": 5, "demo": 50, "leave": -20}
NEW_POINTS = {"visit": 7, "demo": 40, "leave": -20}


@pytest.fixture
def people() -> Iterator[People]:
    settle()  # what other tests left behind
    rescore_all()
    people = People.create(POINTS)
    yield people
    people.forget_pending()


async def start(project: ScoringProject, role: Role = Role.ADMIN) -> None:
    assert isinstance(project, People)
    actor = replace(project.actor(), role=role)
    async with transaction(project.id) as session:
        await start_rescore(session, actor, project.version)


async def progress(people: People) -> RescoreProgress:
    async with transaction(people.id) as session:
        found = await get_rescore(session, people.actor())
    assert found is not None
    return found


def rescore_once(limit: int = 200) -> UUID | None:
    with get_pool().connection() as connection, connection.transaction():
        return rescore_some(connection, limit_leads=limit)


def rescore_all(limit: int = 200) -> None:
    while rescore_once(limit):
        pass


def lines(people: People, lead_id: UUID) -> list[tuple[str, int, str, int]]:
    return [
        (row["type"], row["delta"], row["reason"], row["ruleset_version"])
        for row in people.ledger(lead_id)
    ]


async def test_what_was_scored_before_counts_by_the_new_version(people: People) -> None:
    lead_id = people.send("visit", user="ada")
    people.send("leave", user="ada", minute=1)
    people.send("demo", user="ada", minute=2)
    settle()
    people.publish(NEW_POINTS)
    await start(people)
    rescore_all()
    assert people.score(lead_id) == 40
    assert lines(people, lead_id)[-3:] == [
        ("visit", 2, "rescored", 2),
        ("leave", -2, "rescored", 2),
        ("demo", -10, "rescored", 2),
    ]
    assert people.differences() == []
    told = await progress(people)
    assert (told.version, told.leads, told.all_leads, told.failures) == (2, 1, 1, 0)
    assert told.finished_at is not None
    # A late event meets the others as they count by now.
    people.send("visit", user="ada", minute=-1)
    settle()
    assert people.score(lead_id) == 40
    assert people.differences() == []


async def test_without_a_rescore_the_past_stays_as_it_was_scored(
    people: People,
) -> None:
    lead_id = people.send("demo", user="ada")
    settle()
    people.publish(NEW_POINTS)
    people.send("demo", user="ada", minute=1)
    settle()
    assert people.score(lead_id) == 90


async def test_a_rescore_goes_on_where_a_crash_left_it(people: People) -> None:
    leads = [people.send("demo", user=f"user {number}") for number in range(5)]
    settle()
    people.publish(NEW_POINTS)
    await start(people)
    assert rescore_once(2) == people.id
    dying = psycopg.connect(connection_info())
    rescore_some(dying, limit_leads=2)
    dying.close()  # as a killed worker does: without a commit
    assert (await progress(people)).leads == 2
    rescore_all(2)
    assert [people.score(lead_id) for lead_id in leads] == [40] * 5
    assert all(len(people.ledger(lead_id)) == 2 for lead_id in leads)
    told = await progress(people)
    assert (told.leads, told.all_leads) == (5, 5)
    assert people.differences() == []


async def test_events_and_merges_meanwhile_are_counted_once(people: People) -> None:
    one = people.send("demo", anonymous="phone")
    other = people.send("demo", anonymous="laptop", minute=1)
    last = people.send("visit", anonymous="tablet", minute=2)
    settle()
    people.publish(NEW_POINTS)
    await start(people)
    rescore_once(1)
    people.send("visit", anonymous="phone", minute=3)
    people.send("visit", user="ada", anonymous="laptop", minute=4)
    people.send("visit", user="ada", anonymous="phone", minute=5)
    people.send("leave", anonymous="tablet", minute=6)
    settle()
    assert people.differences() == []
    rescore_once(1)
    assert people.differences() == []
    for merge in people.merges():
        people.unmerge(merge)
    rescore_all(1)
    assert people.differences() == []
    assert {people.score(lead_id) for lead_id in (one, other)} <= {40, 47, 54}
    assert people.score(last) == 0


async def test_a_newer_rescore_takes_the_place_of_an_older_one(people: People) -> None:
    leads = [people.send("demo", user=f"user {number}") for number in range(3)]
    settle()
    people.publish(NEW_POINTS)
    await start(people)
    rescore_once(1)
    people.publish(POINTS | {"demo": 9})
    await start(people)
    rescore_all(1)
    assert [people.score(lead_id) for lead_id in leads] == [9] * 3
    rows = people.rows(
        "SELECT version, leads, finished_at FROM rescore ORDER BY version"
    )
    assert [(row["version"], row["leads"]) for row in rows] == [(2, 1), (3, 3)]
    assert all(row["finished_at"] for row in rows)
    assert people.differences() == []


async def test_a_lead_whose_rules_cannot_be_read_keeps_its_score(
    people: People,
) -> None:
    good = people.send("demo", user="ada")
    settle()
    people.publish_stored([{"id": "no rule"}])
    with people.owner() as connection:
        connection.execute(
            "UPDATE project SET ruleset_version = 1 WHERE id = %s", (people.id,)
        )
    await start(people)
    rescore_all()
    assert people.score(good) == 50
    assert (await progress(people)).failures == 1
    assert people.differences() == []


async def test_a_lead_that_cannot_be_folded_holds_up_no_other(people: People) -> None:
    broken = people.send("demo", user="ada", email="ada@example.com")
    fine = people.send("demo", user="grace", minute=1)
    settle()
    people.publish(NEW_POINTS)
    await start(people)
    with people.owner() as connection:
        connection.execute(
            "UPDATE event SET traits = '[1]' WHERE lead_id = %s", (broken,)
        )
    try:
        rescore_all()
        assert people.score(fine) == 40
        assert people.score(broken) == 50
        assert (await progress(people)).failures == 1
        (difference,) = people.differences()
        assert difference.lead_id == broken
    finally:
        with people.owner() as connection:
            connection.execute(
                "UPDATE event SET traits = %s WHERE lead_id = %s",
                (Jsonb({"email": "ada@example.com"}), broken),
            )


async def test_caps_fit_and_expiry_hold_for_the_past_too(people: People) -> None:
    lead_id = people.send("visit", user="ada", email="ada@acme.example")
    for minute in range(1, 5):
        people.send("visit", user="ada", minute=minute)
    settle()
    people.publish_stored(
        [
            rule(people, "visit", 5, cap={"times": 2, "per": "day"}),
            rule(people, "demo", 50, expires_after_days=1),
            {
                "id": "00000000-0000-4000-8000-000000000001",
                "name": "Acme",
                "kind": "fit",
                "points": 15,
                "conditions": {
                    "conditions": [
                        {
                            "field": "lead.email",
                            "operator": "contains",
                            "value": "@ACME.",
                        }
                    ]
                },
            },
        ],
        {"group_caps": {"behaviour": 8}, "thresholds": {"warm": 23, "hot": 24}},
    )
    people.send("demo", user="ada", minute=9)
    await start(people)
    rescore_all()
    settle()
    lead = people.lead(lead_id)
    assert (lead["score"], lead["stage"]) == (23, "warm")
    assert people.differences() == []


async def test_the_ledger_says_that_a_version_holds_though_it_gives_the_same(
    people: People,
) -> None:
    lead_id = people.send("demo", user="ada")
    settle()
    people.publish_stored(
        [rule(people, "demo", 50)],
        {"thresholds": {"warm": 1, "hot": 2, "qualified": 3}},
    )
    await start(people)
    rescore_all()
    assert people.lead(lead_id)["stage"] == "qualified"
    assert lines(people, lead_id)[-1] == ("demo", 0, "rescored", 2)
    assert people.differences() == []


async def test_a_lead_that_somebody_holds_is_waited_for_by_the_next_step(
    people: People,
) -> None:
    held = people.send("demo", user="ada")
    settle()
    people.publish(NEW_POINTS)
    await start(people)
    with people.connection() as connection:
        connection.execute("SELECT FROM lead WHERE id = %s FOR UPDATE", (held,))
        with pytest.raises(psycopg.errors.LockNotAvailable):
            rescore_once()
    rescore_all()
    assert people.score(held) == 40


async def test_only_an_admin_rescores(people: People) -> None:
    with pytest.raises(ForbiddenError):
        await start(people, Role.MEMBER)


def rule(people: People, event_type: str, points: int, **more: Any) -> dict[str, Any]:
    return {
        "id": str(people.rule_ids[event_type]),
        "name": event_type,
        "event_type": event_type,
        "points": points,
    } | more


def test_nobody_waits_for_a_rescore() -> None:
    score_all()
    rescore_all()
    assert rescore_once() is None
