"""A lead whose scoring failed is listed, tried again, or its events are put by."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from leadpulse_app.database import transaction
from leadpulse_app.domain.errors import (
    ForbiddenError,
    InvalidInputError,
    LeadPulseError,
    NotFoundError,
)
from leadpulse_app.models import Role
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.failed_jobs import (
    FailedJobPage,
    discard_failed_job,
    list_failed_jobs,
    retry_all_failed_jobs,
    retry_failed_job,
)
from leadpulse_app.services.quarantine import release_events
from tests.services.scoring_project import ScoringProject, score_all, score_once

POINTS = {"visit": 5}


@pytest.fixture
def project() -> Iterator[ScoringProject]:
    score_all()  # what other tests left behind
    project = ScoringProject.create(POINTS)
    yield project
    project.forget_pending()


def admin(project: ScoringProject) -> Actor:
    return Actor(
        user_id=uuid4(),
        email="ada@example.com",
        user_name="Ada",
        project_id=project.id,
        project_name="P",
        time_zone="UTC",
        role=Role.ADMIN,
        session_id=uuid4(),
    )


def break_rules(project: ScoringProject) -> None:
    project.publish_stored([{"points": "many"}])


def add_failing(project: ScoringProject, *, events: int = 1) -> UUID:
    lead_id = project.add_lead()
    break_rules(project)
    for _ in range(events):
        project.add_event(lead_id, "visit")
    assert score_once().failures == 1
    return lead_id


def merge_into(project: ScoringProject, root_id: UUID) -> UUID:
    member = UUID(int=root_id.int + 1)  # the root is the older one
    with project.connection() as connection:
        connection.execute(
            "INSERT INTO lead (project_id, id, root_id) VALUES (%s, %s, %s)",
            (project.id, member, root_id),
        )
        connection.execute(
            "INSERT INTO lead_merge (project_id, id, lead_id, other_id)"
            " VALUES (%s, %s, %s, %s)",
            (project.id, uuid4(), root_id, member),
        )
    return member


async def listed(project: ScoringProject, **page: Any) -> FailedJobPage:
    async with transaction(project.id) as session:
        return await list_failed_jobs(session, admin(project), **page)


def retry(project: ScoringProject, lead_id: UUID) -> None:
    with project.connection() as connection:
        retry_failed_job(connection, admin(project), lead_id=lead_id)


def retry_all(project: ScoringProject) -> int:
    with project.connection() as connection:
        return retry_all_failed_jobs(connection, admin(project))


def discard(project: ScoringProject, lead_id: UUID) -> int:
    with project.connection() as connection:
        return discard_failed_job(connection, admin(project), lead_id=lead_id)


def places(project: ScoringProject) -> list[int]:
    """In how many of pending, ledger and quarantine each event is."""
    rows = project.rows(
        """
        SELECT (
                EXISTS (SELECT FROM pending AS p
                    WHERE (p.project_id, p.event_id) = (e.project_id, e.id))
            )::integer + (
                EXISTS (SELECT FROM score_entry AS s
                    WHERE (s.project_id, s.event_id) = (e.project_id, e.id))
            )::integer + (
                EXISTS (SELECT FROM quarantined_event AS q
                    WHERE (q.project_id, q.event_id) = (e.project_id, e.id))
            )::integer AS places
        FROM event AS e
        """
    )
    return [row["places"] for row in rows]


async def test_a_failed_lead_is_listed_with_why_and_what_waits(
    project: ScoringProject,
) -> None:
    lead_id = add_failing(project, events=2)
    project.add_event(merge_into(project, lead_id), "visit")
    (job,) = (await listed(project)).jobs
    assert (job.lead_id, job.lead_label) == (lead_id, str(lead_id))
    assert job.error.startswith("ValidationError")
    assert (job.attempts, job.events, job.needs_person) == (1, 3, False)
    assert job.retry_at is not None
    assert job.retry_at > job.failed_at


async def test_what_waits_for_a_person_says_so(project: ScoringProject) -> None:
    lead_id = add_failing(project)
    with project.connection() as connection:
        connection.execute(
            "UPDATE set_aside SET until = NULL WHERE lead_id = %s", (lead_id,)
        )
    (job,) = (await listed(project)).jobs
    assert (job.needs_person, job.retry_at) == (True, None)
    retry(project, lead_id)
    (job,) = (await listed(project)).jobs
    assert (job.needs_person, job.retry_at) == (False, None)


async def test_pages_follow_each_other_without_a_gap(project: ScoringProject) -> None:
    lead_ids = {add_failing(project) for _ in range(3)}
    first = await listed(project, limit=2)
    second = await listed(project, limit=2, cursor=first.next_cursor)
    assert {job.lead_id for job in (*first.jobs, *second.jobs)} == lead_ids
    assert (len(first.jobs), second.next_cursor) == (2, None)


@pytest.mark.parametrize("page", [{"limit": 0}, {"limit": 501}, {"cursor": "x"}])
async def test_a_page_that_is_none_is_refused(
    project: ScoringProject, page: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError):
        await listed(project, **page)


async def test_a_retry_scores_the_lead_once_its_rules_can_be_read(
    project: ScoringProject,
) -> None:
    lead_id = add_failing(project, events=2)
    member = merge_into(project, lead_id)
    project.publish(POINTS)
    assert score_once().leads == 0  # its time has not come
    retry(project, member)
    score_all()
    assert project.lead(lead_id)["score"] == 10
    assert (await listed(project)).jobs == ()
    assert project.differences() == []


async def test_a_retry_that_fails_waits_for_its_next_turn(
    project: ScoringProject,
) -> None:
    lead_id = add_failing(project)
    retry(project, lead_id)
    assert score_once().failures == 1
    (job,) = (await listed(project)).jobs
    assert job.attempts == 2
    assert job.retry_at is not None


async def test_all_are_retried_at_once_but_for_other_projects(
    project: ScoringProject,
) -> None:
    other = ScoringProject.create(POINTS)
    add_failing(other)
    for _ in range(2):
        merge_into(project, add_failing(project))
    project.publish(POINTS)
    other.publish(POINTS)
    assert retry_all(project) == 2
    assert retry_all(project) == 0
    score_all()
    assert (await listed(project)).jobs == ()
    assert len((await listed(other)).jobs) == 1
    other.forget_pending()


async def test_discarded_events_are_kept_and_can_be_released(
    project: ScoringProject,
) -> None:
    lead_id = add_failing(project, events=2)
    project.add_event(merge_into(project, lead_id), "visit")
    project.publish(POINTS)
    assert discard(project, lead_id) == 3
    assert (await listed(project)).jobs == ()
    (reason,) = {row["reason"] for row in project.rows("TABLE quarantined_event")}
    assert reason == "scoring failed"
    score_all()
    assert project.lead(lead_id)["score"] == 0
    assert project.differences() == []
    async with transaction(project.id) as session:
        released = await release_events(session, admin(project), lead_id=lead_id)
    score_all()
    assert (released, project.lead(lead_id)["score"]) == (3, 15)
    assert project.differences() == []


def test_what_comes_after_a_discard_is_scored(project: ScoringProject) -> None:
    lead_id = add_failing(project)
    project.publish(POINTS)
    discard(project, lead_id)
    project.add_event(lead_id, "visit")
    score_all()
    assert project.lead(lead_id)["score"] == 5


@pytest.mark.parametrize("act", [retry, discard])
def test_what_has_not_failed_or_is_another_projects_is_not_found(
    project: ScoringProject, act: Any
) -> None:
    other = ScoringProject.create(POINTS)
    theirs = add_failing(other)
    for lead_id in (theirs, project.add_lead(), uuid4()):
        with pytest.raises(NotFoundError):
            act(project, lead_id)
    assert other.pending() == 1
    other.forget_pending()


def test_members_may_look_and_change_nothing(project: ScoringProject) -> None:
    lead_id = add_failing(project)
    member = replace(admin(project), role=Role.MEMBER)
    with project.connection() as connection:
        for act in (
            lambda: retry_failed_job(connection, member, lead_id=lead_id),
            lambda: discard_failed_job(connection, member, lead_id=lead_id),
            lambda: retry_all_failed_jobs(connection, member),
        ):
            with pytest.raises(ForbiddenError):
                act()


def test_of_people_who_discard_at_once_one_does(project: ScoringProject) -> None:
    lead_id = add_failing(project, events=5)
    barrier = threading.Barrier(4)

    def click(_: int) -> int:
        barrier.wait()
        try:
            return discard(project, lead_id)
        except LeadPulseError:
            return 0

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(click, range(4))) == [0, 0, 0, 5]
    assert places(project) == [1] * 5


def test_discarding_while_scoring_leaves_each_event_in_one_place(
    project: ScoringProject,
) -> None:
    lead_ids = [project.add_lead() for _ in range(12)]
    break_rules(project)
    for lead_id in lead_ids:
        for _ in range(4):
            project.add_event(lead_id, "visit")
    assert score_once().failures == 12
    project.publish(POINTS)
    retry_all(project)
    barrier = threading.Barrier(4)

    def score() -> None:
        barrier.wait()
        while score_once(limit_leads=2, limit_events_per_lead=2).found_work:
            pass

    def click(order: int) -> None:
        barrier.wait()
        for lead_id in lead_ids[::order]:
            with suppress(NotFoundError):
                discard(project, lead_id)
            project.add_event(lead_id, "visit")

    with ThreadPoolExecutor(4) as pool:
        for work in (
            pool.submit(score),
            pool.submit(score),
            pool.submit(click, 1),
            pool.submit(click, -1),
        ):
            work.result()
    assert places(project) == [1] * (12 * 6)
    score_all()
    assert project.pending() == 0
    assert project.differences() == []
