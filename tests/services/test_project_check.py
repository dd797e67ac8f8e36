"""A project is verified on demand, by itself and by one person at a time."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from leadpulse_app.domain.errors import ConflictError, ForbiddenError
from leadpulse_app.models import Role
from leadpulse_app.services.project_check import Progress, check_project
from tests.services.scoring_project import ScoringProject, score_all
from tests.services.test_failed_jobs import admin


@pytest.fixture
def project() -> Iterator[ScoringProject]:
    score_all()  # what other tests left behind
    project = ScoringProject.create({"visit": 5})
    for _ in range(3):
        project.add_event(project.add_lead(), "visit")
    score_all()
    yield project
    project.forget_pending()


class _Waiting(Progress):
    """Progress that stands still after the first lead until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "done" and value == 1:
            self.begun.set()
            self.go_on.wait(10)


def test_it_counts_the_project_s_leads_and_finds_nothing(
    project: ScoringProject,
) -> None:
    progress = Progress()
    found = check_project(admin(project), progress)
    assert (found.leads, found.differing, found.listed) == (3, 0, ())
    assert (progress.done, progress.total) == (3, 3)


def test_it_names_the_lead_that_was_altered_and_no_other_project_s(
    project: ScoringProject,
) -> None:
    other = ScoringProject.create({"visit": 5})
    (altered, *_) = [row["id"] for row in project.rows("SELECT id FROM lead")]
    with project.owner() as connection:
        connection.execute("UPDATE lead SET score = 9 WHERE id = %s", (altered,))
    found = check_project(admin(project), Progress())
    assert (found.differing, found.listed[0].lead_id) == (1, altered)
    assert "its score is 9" in found.listed[0].messages[0]
    assert check_project(admin(other), Progress()).differing == 0


def test_one_at_a_time_runs_for_a_project(project: ScoringProject) -> None:
    other = ScoringProject.create({"visit": 5})
    waiting = _Waiting()
    running = threading.Thread(target=check_project, args=(admin(project), waiting))
    running.start()
    assert waiting.begun.wait(10)
    with pytest.raises(ConflictError):
        check_project(admin(project), Progress())
    assert check_project(admin(other), Progress()).leads == 0
    waiting.go_on.set()
    running.join()
    assert check_project(admin(project), Progress()).leads == 3


def test_it_ends_when_nobody_waits_any_more(project: ScoringProject) -> None:
    progress = Progress(called_off=True)
    assert check_project(admin(project), progress).leads == 0


def test_only_an_admin_may_ask(project: ScoringProject) -> None:
    with pytest.raises(ForbiddenError):
        check_project(replace(admin(project), role=Role.MEMBER), Progress())
