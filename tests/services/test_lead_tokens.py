from uuid import UUID

from leadpulse_app.database import get_pool
from leadpulse_app.services.lead_tokens import fill_missing_tokens
from tests.services.people import People, settle
from tests.services.scoring_project import ScoringProject, score_all


def tokens(project: ScoringProject, lead_id: UUID) -> set[str]:
    rows = project.rows("SELECT token FROM lead_token WHERE lead_id = %s", lead_id)
    return {row["token"] for row in rows}


def test_a_lead_that_was_scored_is_found_by_its_names_and_ids() -> None:
    people = People.create({"visit": 5})
    lead_id = people.send(
        anonymous="anon_7f3a", email="Ada@analytical.example", name="Ada Lövelace"
    )
    score_all()
    assert tokens(people, lead_id) == {
        "anon", "7f3a", "ada", "analytical", "example", "lovelace"
    }  # fmt: skip


def test_plain_events_leave_the_words_of_a_lead_alone() -> None:
    people = People.create({"visit": 5})
    lead_id = people.send(anonymous="one")
    score_all()
    query = "SELECT token, xmin::text AS written FROM lead_token WHERE lead_id = %s"
    before = people.rows(query, lead_id)
    people.send(anonymous="one", minute=1)
    score_all()
    assert people.rows(query, lead_id) == before


def test_a_lead_that_is_renamed_is_found_by_its_new_name_alone() -> None:
    people = People.create({"visit": 5})
    lead_id = people.send(anonymous="one", name="Ada Byron")
    score_all()
    people.send(anonymous="one", name="Ada Lovelace", minute=1)
    score_all()
    assert tokens(people, lead_id) == {"one", "ada", "lovelace"}


def test_a_further_id_that_a_lead_shows_finds_it() -> None:
    people = People.create({"visit": 5})
    lead_id = people.send(user="u42")
    score_all()
    people.send(user="u42", anonymous="device", minute=1)
    settle()
    assert tokens(people, lead_id) == {"u42", "device"}


def test_a_merged_lead_is_found_by_all_names_until_the_merge_is_undone() -> None:
    people = People.create({"visit": 5})
    first = people.send(anonymous="one", name="Ada")
    second = people.send(user="u42", name="Countess", minute=1)
    score_all()
    people.send(user="u42", anonymous="one", minute=2)
    settle()
    assert people.root(second) == first
    assert {"one", "u42", "countess"} <= tokens(people, first)
    assert tokens(people, second) == set()
    (merge,) = people.merges()
    people.unmerge(merge)
    assert tokens(people, first) == {"one", "ada"}
    assert tokens(people, second) == {"u42", "countess"}


def test_leads_that_were_scored_before_there_were_words_are_given_theirs() -> None:
    people = People.create({"visit": 5})
    leads = [people.send(anonymous=f"device {number}") for number in range(3)]
    score_all()
    with people.connection() as connection:
        connection.execute("DELETE FROM lead_token WHERE project_id = %s", (people.id,))
    with get_pool().connection() as connection:
        connection.autocommit = True
        try:
            for _ in fill_missing_tokens(connection):
                pass
        finally:
            connection.autocommit = False
    for number, lead_id in enumerate(leads):
        assert tokens(people, lead_id) == {"device", str(number)}
