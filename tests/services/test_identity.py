from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from leadpulse_app.database import connection_info
from leadpulse_app.domain.errors import ConflictError, NotFoundError
from leadpulse_app.services.identity import link_pending, unmerge
from leadpulse_app.services.scoring import score_pending
from tests.services.people import People, link_once, settle
from tests.services.scoring_project import score_all, score_once

POINTS = {"visit": 5, "demo": 50, "leave": -20, "jackpot": 9_990}


@pytest.fixture
def people() -> Iterator[People]:
    settle()  # what other tests left behind
    people = People.create(POINTS)
    yield people
    settle()
    assert people.differences() == []
    assert people.links() == people.pending() == 0
    people.forget_pending()


def owner_of(people: People, kind: str, value: str) -> UUID | None:
    rows = people.rows(
        "SELECT lead_id FROM lead_alias WHERE kind = %s AND value = %s", kind, value
    )
    return rows[0]["lead_id"] if rows else None


def identity_version(people: People) -> int:
    (row,) = people.rows("SELECT identity_version AS n FROM project")
    return int(row["n"])


def test_a_visitor_who_signs_in_is_one_lead(people: People) -> None:
    visitor = people.send(anonymous="a")
    known = people.send("demo", user="u", anonymous="a", minute=1)
    assert visitor != known
    settle()
    assert people.root(known) == visitor
    lead = people.lead(visitor)
    assert (lead["score"], lead["anonymous_id"], lead["user_id"]) == (55, "a", "u")
    people.send("visit", user="u", minute=2)
    people.send("visit", anonymous="a", minute=3)
    settle()
    assert people.score(visitor) == 65
    assert len(people.merges()) == 1


def test_a_name_that_nobody_has_is_taken_without_linking(people: People) -> None:
    lead_id = people.send(user="u", anonymous="a", email="ada@example.com")
    score_all()
    assert people.links() == 0
    assert owner_of(people, "anonymous", "a") == lead_id
    assert owner_of(people, "email", "ada@example.com") == lead_id
    assert people.send(anonymous="a") == lead_id
    assert people.send(email="ada@example.com") == lead_id


def test_a_person_on_two_devices_is_one_lead(people: People) -> None:
    phone = people.send(anonymous="phone")
    laptop = people.send("demo", anonymous="laptop", minute=1)
    settle()
    people.send(user="u", anonymous="phone", minute=2)
    people.send(user="u", anonymous="laptop", minute=3)
    settle()
    assert people.root(laptop) == people.root(phone) == phone
    assert people.score(phone) == 65


def test_an_email_that_is_already_another_leads_joins_them(people: People) -> None:
    first = people.send("demo", user="u1", email="ada@example.com")
    second = people.send(user="u2", email="ada@example.com", minute=1)
    settle()
    assert people.root(second) == first
    assert people.score(first) == 55


def test_a_visitor_who_gives_the_email_of_a_lead_is_that_lead(people: People) -> None:
    known = people.send("demo", email="ada@example.com")
    visitor = people.send(anonymous="a", minute=1)
    people.send("identify", anonymous="a", email="ADA@example.com", minute=2)
    settle()
    assert people.root(visitor) == known
    assert people.score(known) == 55


def test_a_second_email_on_a_device_is_somebody_else_from_then_on(
    people: People,
) -> None:
    first = people.send("demo", anonymous="a", email="ada@example.com", name="Ada")
    settle()
    people.send(
        "visit", anonymous="a", email="grace@example.com", name="Grace", minute=1
    )
    settle()
    lead = people.lead(first)
    assert (lead["score"], lead["email"], lead["name"]) == (
        55,
        "ada@example.com",
        "Ada",
    )
    second = people.send(anonymous="a", minute=2)
    assert second != first
    settle()
    lead = people.lead(second)
    assert (lead["score"], lead["email"], lead["name"], lead["anonymous_id"]) == (
        5,
        "grace@example.com",
        "Grace",
        "a",
    )
    assert people.merges() == []
    assert identity_version(people) == 1
    assert [row["type"] for row in people.ledger(second)] == ["$fields", "visit"]


def test_a_second_email_that_a_lead_has_hands_the_device_to_that_lead(
    people: People,
) -> None:
    grace = people.send("demo", user="g", email="grace@example.com")
    first = people.send(anonymous="a", email="ada@example.com")
    settle()
    long_id = "m" * 256
    people.send(
        anonymous="a",
        email="grace@example.com",
        name="Grace",
        minute=1,
        message_id=long_id,
    )
    settle()
    assert people.send(anonymous="a", minute=2) == grace
    settle()
    assert (people.score(grace), people.score(first)) == (55, 10)
    assert people.lead(grace)["name"] == "Grace"
    given = people.ledger(grace)[1]
    assert given["type"] == "$fields"
    assert len(given["message_id"]) <= 256


def test_leads_with_different_emails_are_not_merged_by_an_anonymous_id(
    people: People,
) -> None:
    ada = people.send(anonymous="a", email="ada@example.com")
    settle()
    grace = people.send("demo", user="g", email="grace@example.com", anonymous="a")
    settle()
    assert people.merges() == []
    assert (people.score(ada), people.score(grace)) == (5, 50)
    assert people.send(anonymous="a", minute=1) == grace


def test_two_user_ids_on_one_device_stay_two_leads(people: People) -> None:
    ada = people.send(user="u1", anonymous="a")
    grace = people.send("demo", user="u2", anonymous="a", minute=1)
    settle()
    assert people.merges() == []
    assert people.send(anonymous="a", minute=2) == grace
    people.send(user="u1", anonymous="a", minute=3)
    settle()
    assert people.send(anonymous="a", minute=4) == ada


def test_an_email_given_on_one_users_device_does_not_join_the_user_who_has_it(
    people: People,
) -> None:
    grace = people.send("demo", user="u2", email="grace@example.com")
    ada = people.send(user="u1", anonymous="a")
    settle()
    people.send("identify", anonymous="a", email="grace@example.com", minute=1)
    settle()
    assert people.merges() == []
    assert people.send(anonymous="a", minute=2) == grace
    assert people.send(user="u1", minute=2) == ada
    settle()
    assert (people.score(ada), people.score(grace)) == (10, 55)


def test_many_users_under_one_anonymous_id_cost_two_links(people: People) -> None:
    leads = [people.send(user=f"u{n}", anonymous="shared") for n in range(10)]
    score_all()
    assert people.links() == 2
    settle()
    assert people.merges() == []
    assert people.send(anonymous="shared") == leads[-1]


def test_an_alias_joins_whoever_had_the_id_before(people: People) -> None:
    visitor = people.send(anonymous="old")
    customer = people.send("demo", user="old", minute=1)
    new = people.send("alias", user="new", previous="old", minute=2)
    settle()
    assert {people.root(lead) for lead in (visitor, customer, new)} == {visitor}
    assert people.score(new) == 55


def test_an_alias_of_an_unknown_id_keeps_it_for_later(people: People) -> None:
    new = people.send("alias", user="new", previous="old")
    settle()
    assert people.send(user="old", minute=1) == new
    assert people.send(anonymous="old", minute=1) == new


def test_a_merge_lists_what_came_with_it_in_the_roots_ledger(people: People) -> None:
    root = people.send("jackpot", anonymous="a", minute=5)
    other = people.send("demo", user="u", minute=1)
    settle()
    before = people.ledger(other)
    people.send("scroll", user="u", anonymous="a", minute=6)
    settle()
    assert [(row["type"], row["delta"], row["reason"]) for row in people.ledger(root)][
        1:
    ] == [("demo", 50, "merged"), ("jackpot", -40, "merged")]
    assert people.score(root) == 10_000
    assert people.ledger(other)[: len(before)] == before
    assert people.lead(other)["score"] == 50


def test_an_unmerge_gives_both_sides_their_own_scores(people: People) -> None:
    visitor = people.send("jackpot", anonymous="a", minute=0)
    known = people.send("demo", user="u", anonymous="a", minute=1)
    settle()
    people.send("visit", anonymous="a", minute=2)
    people.send("leave", user="u", minute=3)
    people.send("demo", user="u", minute=-1)
    settle()
    assert people.score(visitor) == 9_980
    (merge,) = people.merges()
    people.unmerge(merge)
    assert people.root(known) == known
    assert people.score(visitor) == 9_995
    assert people.score(known) == 80
    assert people.differences() == []
    shown = [people.lead(lead)["user_id"] for lead in (visitor, known)]
    assert shown == [None, "u"]
    people.send("visit", user="u", minute=4)
    settle()
    assert (people.score(visitor), people.score(known)) == (9_995, 85)


def test_leads_that_a_person_separated_are_not_merged_again(people: People) -> None:
    visitor = people.send(anonymous="a", email="ada@example.com")
    known = people.send("demo", user="u", anonymous="a", minute=1)
    settle()
    people.unmerge(people.merges()[0])
    people.send(user="u", anonymous="a", email="ada@example.com", minute=2)
    people.send("alias", user="u", previous="a", minute=3)
    settle()
    assert people.root(known) == known
    assert owner_of(people, "email", "ada@example.com") == visitor
    assert owner_of(people, "anonymous", "a") == known  # who uses the device now


def test_a_chain_may_be_undone_in_the_middle(people: People) -> None:
    a, b, c = (
        people.send("demo", user="a"),
        people.send("visit", user="b", minute=1),
        people.send("jackpot", user="c", minute=2),
    )
    settle()
    people.send("alias", user="b", previous="c", minute=3)
    settle()
    people.send("alias", user="a", previous="b", minute=4)
    settle()
    assert [people.root(lead) for lead in (a, b, c)] == [a, a, a]
    assert people.score(a) == 10_000
    late = people.send("leave", user="c", minute=5)
    assert late == c
    settle()
    assert people.score(a) == 9_980
    (middle,) = [merge for merge in people.merges() if merge["lead_id"] == a]
    people.unmerge(middle)
    assert [people.root(lead) for lead in (a, b, c)] == [a, b, b]
    assert (people.score(a), people.score(b)) == (50, 9_975)
    assert people.differences() == []
    people.unmerge(people.merges()[0])
    assert [people.score(lead) for lead in (a, b, c)] == [50, 5, 9_970]


def test_what_two_leads_had_in_common_stays_with_the_one_it_is_left_with(
    people: People,
) -> None:
    laptop = people.send("demo", anonymous="laptop")
    phone = people.send("visit", anonymous="phone", minute=1)
    known = people.send(user="u", anonymous="laptop", minute=2)
    settle()
    people.send(user="u", anonymous="phone", minute=3)
    settle()
    assert people.score(laptop) == 65
    merge, _ = people.merges()
    people.unmerge(merge)
    assert [people.root(lead) for lead in (laptop, phone, known)] == [
        laptop,
        phone,
        phone,
    ]
    assert (people.score(laptop), people.score(phone)) == (50, 15)
    assert people.differences() == []


def test_an_event_that_waits_while_a_merge_is_undone_counts_for_its_own_side(
    people: People,
) -> None:
    visitor = people.send(anonymous="a")
    known = people.send(user="u", anonymous="a", minute=1)
    settle()
    people.send("demo", user="u", minute=2)
    people.unmerge(people.merges()[0])
    settle()
    assert (people.score(visitor), people.score(known)) == (5, 55)


def test_a_merge_is_undone_once_and_by_its_own_lead(people: People) -> None:
    visitor = people.send(anonymous="a")
    people.send(user="u", anonymous="a", minute=1)
    stranger = people.send(user="stranger")
    settle()
    (merge,) = people.merges()
    with people.connection() as connection:
        for lead_id, merge_id in ((stranger, merge["id"]), (visitor, uuid4())):
            with pytest.raises(NotFoundError):
                unmerge(connection, people.actor(), lead_id=lead_id, merge_id=merge_id)
    people.unmerge(merge)
    with pytest.raises(ConflictError):
        people.unmerge(merge)


def test_the_pending_events_of_a_merged_lead_wait_while_its_root_is_set_aside(
    people: People,
) -> None:
    visitor = people.send(anonymous="a")
    people.send(user="u", anonymous="a", minute=1)
    settle()
    people.publish_stored([{"event_type": "demo"}])
    people.send("demo", user="u", minute=2)
    assert score_once().failures == 1
    people.send("visit", user="u", minute=3)
    assert not score_once().found_work
    aside = people.rows(
        "SELECT lead_id FROM set_aside WHERE project_id = %s", people.id
    )
    assert len(aside) == 2
    people.publish(POINTS)
    people.unmerge(people.merges()[0])  # which tries both again
    score_all()
    assert people.score(visitor) == 5


def test_a_crash_between_scoring_and_linking_loses_nothing(people: People) -> None:
    visitor = people.send(anonymous="a")
    known = people.send(user="u", anonymous="a", minute=1)
    score_all()
    assert people.links() == 1
    with psycopg.connect(connection_info()) as dying:
        assert link_pending(dying).found_work
        with people.owner() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(%s, 5000)", (dying.info.backend_pid,)
            )
        with pytest.raises(psycopg.OperationalError):
            dying.commit()
    assert (people.links(), people.root(known)) == (1, known)
    settle()
    assert people.root(known) == visitor
    with psycopg.connect(connection_info()) as scoring:
        people.send(user="u2", anonymous="b")
        people.send(anonymous="c")
        people.send(user="u2", anonymous="c")
        assert score_pending(scoring).events == 3
        scoring.rollback()
    assert people.links() == 0
    settle()
    assert len(people.merges()) == 2


def test_an_event_whose_linking_fails_waits_and_holds_up_no_other(
    people: People, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = people.send("demo", anonymous="a")
    known = people.send(user="u", anonymous="a", minute=1)
    other = people.send(anonymous="b")
    people.send(user="v", anonymous="b", minute=1)
    score_all()
    with people.owner() as connection:
        connection.execute(
            "INSERT INTO lead_merge (project_id, id, lead_id, other_id)"
            " VALUES (%s, %s, %s, %s)",
            (people.id, uuid4(), known, visitor),
        )
    assert link_once()
    assert link_once()
    assert not link_once()
    (waiting,) = people.rows(
        "SELECT attempts, until > now() AS is_later FROM pending_link"
        " WHERE project_id = %s",
        people.id,
    )
    assert waiting == {"attempts": 1, "is_later": True}
    assert "is not linked" in caplog.text
    assert (people.score(visitor), people.score(other)) == (50, 10)
    with people.owner() as connection:
        connection.execute("DELETE FROM lead_merge WHERE lead_id = %s", (known,))
        connection.execute("UPDATE pending_link SET until = now()")
    settle()
    assert people.score(visitor) == 55
