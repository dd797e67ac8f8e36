"""Verifies one project while somebody waits for it: one run at a time.

It opens connections of its own and belongs in a thread: it reads all there is of a
project, which takes as long as that takes.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg

from leadpulse_app.database import connection_info, connection_scope
from leadpulse_app.domain.errors import ConflictError
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.rebuilding import count_leads
from leadpulse_app.services.verification import verify_project

LEADS_LISTED = 100
"""Of the leads that differ, as many are told."""

_TAKE_TURN = "SELECT pg_try_advisory_lock(hashtextextended(%s, %s))"
"""Held by the connection, so that it goes with it however that ends."""

_SEED = 0x1EAD_90B6


@dataclass(slots=True)
class Progress:
    """How far work in a thread has come, for whoever waits for it."""

    done: int = 0
    """Leads so far."""
    total: int = 0
    called_off: bool = False
    """Set by whoever waits no longer; the work then ends soon."""


@dataclass(frozen=True, slots=True)
class Differing:
    """A lead that is not as its events say it should be."""

    lead_id: UUID | None
    """Unknown where it concerns the whole project."""
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectCheck:
    """What was checked of a project, and what was found."""

    leads: int
    differing: int
    """How many leads differ."""
    listed: tuple[Differing, ...]
    """The first 100 of them."""


def check_project(actor: Actor, progress: Progress) -> ProjectCheck:
    """Verify the actor's project, and say on the way how far that has come.

    Args:
        actor: Who asks.
        progress: Written to, and looked at for whether to go on.

    Raises:
        ForbiddenError: The actor is no admin.
        ConflictError: The project is being verified already.
        psycopg.OperationalError: Postgres is away.
    """
    actor.require_admin()
    listed: list[Differing] = []
    differing = 0
    with _turn(actor.project_id) as connection:
        with connection_scope(connection, [actor.project_id]):
            progress.total = count_leads(connection, actor)
        with closing(verify_project(connection, actor.project_id)) as leads:
            for lead_id, messages in leads:
                if progress.called_off:
                    break
                progress.done += lead_id is not None
                if messages:
                    differing += 1
                    if differing <= LEADS_LISTED:
                        listed.append(Differing(lead_id, tuple(messages)))
    return ProjectCheck(progress.done, differing, tuple(listed))


@contextmanager
def _turn(project_id: UUID) -> Iterator[psycopg.Connection]:
    with psycopg.connect(connection_info(), autocommit=True) as connection:
        found = connection.execute(_TAKE_TURN, (str(project_id), _SEED)).fetchone()
        if found is None or not found[0]:
            raise ConflictError("This project is being verified already")
        yield connection
