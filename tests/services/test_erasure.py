import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
)
from leadpulse_app.domain.event import parse_native_event
from leadpulse_app.models import Membership, Role
from leadpulse_app.services.actors import Actor, resolve_actor
from leadpulse_app.services.erasure import erase_leads, erase_project
from leadpulse_app.services.ingest import GroupCommit
from leadpulse_app.services.projects import create_project
from tests.services.people import People, settle
from tests.tenants import make_tenant

OF_LEADS = """
    SELECT c.relname FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = %s
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
"""


@pytest.fixture
def people() -> People:
    return People.create({"visit": 10, "identify": 0})


async def erase(people: People, *lead_ids: UUID, role: Role = Role.ADMIN) -> int:
    actor = replace(people.actor(), role=role)
    async with transaction(people.id) as session:
        return await erase_leads(session, actor, lead_ids)


def orphans(people: People) -> dict[str, int]:
    with people.owner() as connection:
        tables = [name for (name,) in connection.execute(OF_LEADS, ("lead_id",))]
        found = {
            table: connection.execute(
                f"SELECT count(*) FROM {table} AS t WHERE t.project_id = %s AND NOT"
                " EXISTS (SELECT FROM lead WHERE (lead.project_id, lead.id)"
                " = (t.project_id, t.lead_id))",
                (people.id,),
            ).fetchall()[0][0]
            for table in tables
        }
    return {table: count for table, count in found.items() if count}


def mentions(people: People, word: str) -> list[str]:
    with people.owner() as connection:
        tables = [name for (name,) in connection.execute(OF_LEADS, ("project_id",))]
        return [
            table
            for table in tables
            if connection.execute(
                f"SELECT count(*) FROM {table} AS t"
                " WHERE project_id = %s AND strpos(t::text, %s) > 0",
                (people.id, word),
            ).fetchall()[0][0]
        ]


async def test_nothing_of_a_person_is_left_and_the_rest_verifies(
    people: People,
) -> None:
    lead = people.send("identify", user="ada-1", email="ada@example.com", name="Ada")
    people.send(user="ada-1", anonymous="ada-device")
    people.send(anonymous="ada-device")
    other = people.send(user="bob")
    settle()
    with people.connection() as connection:
        connection.execute(
            "INSERT INTO lead_tag (project_id, tag, lead_id) VALUES (%s, 'x', %s)",
            (people.id, lead),
        )
        connection.execute(
            "INSERT INTO rejected_event (project_id, id, received_at, code, message,"
            " payload) VALUES (%s, %s, now(), 'c', 'm', %s)",
            (people.id, uuid4(), '{"userId": "ada-1"}'),
        )
    people.send(user="ada-1")
    assert await erase(people, lead) == 1
    for word in ("ada-1", "ada-device", "ada@example.com"):
        assert mentions(people, word) == []
    assert mentions(people, str(lead)) == ["erased_lead"]
    assert orphans(people) == {}
    assert people.differences() == []
    assert people.score(other) == 10
    again = people.send(user="ada-1")
    settle()
    assert again != lead
    assert people.score(again) == 10
    with pytest.raises(NotFoundError):
        await erase(people, lead)


async def test_who_was_merged_for_a_while_still_adds_up(people: People) -> None:
    one = people.send(user="u1", minute=0)
    two = people.send(anonymous="a2", minute=1)
    settle()
    people.send(user="u1", anonymous="a2", minute=2)
    settle()
    people.send(anonymous="a2", minute=3)
    settle()
    (merge,) = people.merges()
    people.unmerge(merge)
    settle()
    assert people.differences() == []
    root = min(one, two)
    assert await erase(people, root) == 1
    assert people.differences() == []
    settle()
    assert people.differences() == []
    assert orphans(people) == {}


async def test_a_member_takes_its_whole_person_along(people: People) -> None:
    one = people.send(user="u1")
    two = people.send(anonymous="a2", minute=1)
    people.send(user="u1", anonymous="a2", minute=2)
    settle()
    assert people.root(one) == people.root(two)
    assert await erase(people, max(one, two)) == 1
    assert people.rows("SELECT id FROM lead WHERE project_id = %s", people.id) == []
    assert orphans(people) == {}


async def test_only_an_admin_erases_and_only_the_project_s_leads(
    people: People,
) -> None:
    other = People.create({"visit": 10})
    mine, theirs = people.send(user="u1"), other.send(user="u1")
    with pytest.raises(ForbiddenError):
        await erase(people, mine, role=Role.MEMBER)
    with pytest.raises(NotFoundError):
        await erase(people, mine, theirs)
    with people.connection() as connection, pytest.raises(psycopg.Error):
        connection.execute("SELECT erase_leads(%s, %s)", (other.id, [theirs]))
    assert other.lead(theirs)["id"] == theirs
    assert people.lead(mine)["id"] == mine


async def test_ingest_and_scoring_go_on_while_leads_are_erased(
    people: People,
) -> None:
    commit = GroupCommit(enqueue_hint=lambda: None)
    commit.start()
    over = asyncio.Event()

    async def send(sender: int) -> None:
        number = 0
        while not over.is_set():
            number += 1
            payload = {
                "event": "visit",
                "anonymousId": f"visitor-{(sender + number) % 8}",
                "userId": f"user-{number % 5}",
            }
            event = parse_native_event(payload, received_at=datetime.now(UTC))
            await commit.submit(people.id, event)

    senders = [asyncio.create_task(send(sender)) for sender in range(4)]
    scoring = asyncio.create_task(asyncio.to_thread(_score_until, over))
    erased = 0
    async with asyncio.timeout(30):
        while erased < 40:
            leads = people.rows(
                "SELECT id FROM lead WHERE project_id = %s AND root_id IS NULL"
                " ORDER BY random() LIMIT 2",
                people.id,
            )
            if not leads:
                await asyncio.sleep(0.01)  # until ingest has made some again
                continue
            with suppress(NotFoundError):
                erased += await erase(people, *(lead["id"] for lead in leads))
    over.set()
    await asyncio.gather(*senders, scoring)
    await commit.stop()
    settle()
    assert orphans(people) == {}
    assert people.differences() == []


def _score_until(over: asyncio.Event) -> None:
    while not over.is_set():
        settle()


async def test_nothing_of_a_project_is_left(people: People) -> None:
    other = People.create({"visit": 10})
    kept = other.send(user="u1")
    people.send("identify", user="u1", email="ada@example.com")
    people.send(anonymous="a1")
    settle()
    people.send(user="u1")
    async with transaction(people.id) as session:
        await erase_project(session, people.actor())
    assert mentions(people, str(people.id)) == []
    assert people.rows("SELECT id FROM project WHERE id = %s", people.id) == []
    assert other.score(kept) == 10


async def test_a_project_stays_that_is_the_only_one_of_a_member() -> None:
    ada, eve = await make_tenant(), await make_tenant(name="Eve")
    now = datetime.now(UTC)
    async with transaction(ada.actor.project_id) as session:
        session.add(
            Membership(
                project_id=ada.actor.project_id,
                user_id=eve.actor.user_id,
                role=Role.MEMBER,
                created_at=now,
            )
        )
    with pytest.raises(ConflictError, match="your only project"):
        async with transaction(ada.actor.project_id) as session:
            await erase_project(session, ada.actor)
    async with transaction(ada.actor.project_id) as session:
        await create_project(session, ada.actor, name="Second", now=now)
    async with transaction(eve.actor.project_id) as session:
        await erase_project(session, eve.actor)
    with pytest.raises(ConflictError, match="the only project of Eve"):
        async with transaction(ada.actor.project_id) as session:
            await erase_project(session, ada.actor)
    async with transaction() as session:
        assert (await resolve_actor(session, eve.token)).role is Role.MEMBER


async def test_of_two_last_projects_that_are_erased_at_once_one_stays() -> None:
    ada = await make_tenant()
    now = datetime.now(UTC)
    async with transaction(ada.actor.project_id) as session:
        made = await create_project(session, ada.actor, name="Second", now=now)
    actors = (ada.actor, replace(ada.actor, project_id=made.id))

    async def attempt(actor: Actor) -> bool:
        with suppress(ConflictError):
            async with transaction(actor.project_id) as session:
                await erase_project(session, actor)
                return True
        return False

    assert sorted(await asyncio.gather(*map(attempt, actors))) == [False, True]
    async with transaction() as session:
        await resolve_actor(session, ada.token)
