"""Scores pending events: each exactly once, in one transaction with its effects.

The ledger, the lead and the end of an event's pending row are one commit, so that
`lead.score` is always the newest ledger entry and the fold of what is not pending.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeAlias
from uuid import UUID

import psycopg
from psycopg import sql

from leadpulse_app.services.lead_tokens import write_tokens
from leadpulse_app.services.scoring.claim import (
    ClaimedEvent,
    LockedLead,
    claim_events,
    give_back,
    lock_lapsing_leads,
    lock_oldest_leads,
    read_locked_leads,
)
from leadpulse_app.services.scoring.clock import NOW
from leadpulse_app.services.scoring.failures import forget_failures, set_aside
from leadpulse_app.services.scoring.folding import (
    Known,
    fold_lead,
    needs_history,
    versions_of,
    wanted_of,
)
from leadpulse_app.services.scoring.ledger import (
    ScoredLead,
    read_history,
    read_properties,
    write_scores,
)
from leadpulse_app.services.scoring.names import NamedLead, take_names
from leadpulse_app.services.scoring.rulesets import Rulesets

_FAULTS_OF_A_LEAD = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.QueryCanceled,
)
"""What Postgres raises over one lead's data, or over how much of it there is. Any
other error would befall every lead."""

_IN_FORCE = sql.SQL(
    "SELECT id, ruleset_version, {now} FROM project WHERE id = ANY (%s)"
).format(now=NOW)

Claim: TypeAlias = Callable[
    [psycopg.Connection, Sequence[LockedLead]], list[list[ClaimedEvent]]
]
"""Takes events of locked leads, and returns those of each lead in no order."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScoringResult:
    """What one transaction did."""

    scored: tuple[tuple[ScoredLead, Sequence[ClaimedEvent]], ...] = ()
    failed: tuple[LockedLead, ...] = ()
    """The leads that were set aside."""

    @property
    def project_ids(self) -> frozenset[UUID]:
        """The projects whose leads changed, or were set aside."""
        leads = (*(item.lead for item, _ in self.scored), *self.failed)
        return frozenset(lead.project_id for lead in leads)

    @property
    def leads(self) -> int:
        """How many leads were scored."""
        return len(self.scored)

    @property
    def events(self) -> int:
        """How many events were scored."""
        return sum(len(events) for _, events in self.scored)

    @property
    def failures(self) -> int:
        """How many leads were set aside."""
        return len(self.failed)

    @property
    def found_work(self) -> bool:
        """Whether it is worth looking again at once."""
        return self.leads > 0 or self.failures > 0

    def __add__(self, other: "ScoringResult") -> "ScoringResult":
        return ScoringResult(self.scored + other.scored, self.failed + other.failed)


def score_pending(
    connection: psycopg.Connection,
    *,
    limit_leads: int = 500,
    limit_events_per_lead: int = 100,
) -> ScoringResult:
    """Score the oldest pending events.

    A lead whose scoring raises is set aside; its events stay pending and the
    others are scored.

    Args:
        connection: Within a transaction of its own, not scoped yet; the caller
            commits it.
        limit_leads: How many leads at most.
        limit_events_per_lead: How many events of one lead at most, though a lead
            with a longer history may give up as many as that holds.

    Raises:
        psycopg.Error: Postgres went away, wants the whole transaction tried
            again, or refuses it whatever the lead.
    """
    leads = lock_oldest_leads(connection, limit_leads)
    return _score_all(connection, leads, _oldest(limit_events_per_lead))


def expire_points(
    connection: psycopg.Connection,
    *,
    limit_leads: int = 200,
    limit_events_per_lead: int = 100,
) -> ScoringResult:
    """Let points lapse that are due, of the leads that have waited for longest.

    What is pending of these leads is scored with it.

    Args:
        connection: Within a transaction of its own, not scoped yet; the caller
            commits it.
        limit_leads: How many leads at most.
        limit_events_per_lead: How many pending events of one lead at most.

    Raises:
        psycopg.Error: As `score_pending` does.
    """
    leads = lock_lapsing_leads(connection, limit_leads)
    return _score_all(connection, leads, _oldest(limit_events_per_lead))


def score_leads(
    connection: psycopg.Connection,
    project_id: UUID,
    root_ids: Sequence[UUID],
    claim: Claim,
) -> ScoringResult:
    """Score some roots, and let their points lapse.

    Args:
        connection: Within a transaction scoped to the project that locked the roots.
        project_id: The project.
        root_ids: The roots.
        claim: Takes the events that are to be scored, from wherever they wait.

    Raises:
        psycopg.Error: As `score_pending` does.
    """
    leads = read_locked_leads(connection, project_id, root_ids)
    return _score_all(connection, leads, claim)


def _oldest(limit_per_lead: int) -> Claim:
    return partial(claim_events, limit_per_lead=limit_per_lead)


def _score_all(
    connection: psycopg.Connection, leads: Sequence[LockedLead], claim: Claim
) -> ScoringResult:
    result = _score_each(connection, leads, claim)
    # Once for all of them: names are to be taken in one order.
    shown = take_names(
        connection,
        (
            NamedLead(*item.lead.key, item.state.fields.email, events)
            for item, events in result.scored
        ),
    )
    renamed = {
        item.lead.key
        for item, _ in result.scored
        if item.lead.sequence == 0 or item.is_renamed
    }
    write_tokens(connection, renamed | shown)
    return result


def _score_each(
    connection: psycopg.Connection, leads: Sequence[LockedLead], claim: Claim
) -> ScoringResult:
    if not leads:
        return ScoringResult()
    try:
        with connection.transaction():
            return _score(connection, leads, claim)
    except _FAULTS_OF_A_LEAD as error:
        if len(leads) == 1:
            _set_aside(connection, leads[0], error)
            return ScoringResult(failed=(leads[0],))
    middle = len(leads) // 2
    first = _score_each(connection, leads[:middle], claim)
    return first + _score_each(connection, leads[middle:], claim)


def _score(
    connection: psycopg.Connection, leads: Sequence[LockedLead], claim: Claim
) -> ScoringResult:
    claimed = claim(connection, leads)
    versions, now = _versions_in_force(connection, {lead.project_id for lead in leads})
    known = _read_known(connection, zip(leads, claimed, strict=True), versions, now)
    scored = []
    failed = []
    for lead, events in zip(leads, claimed, strict=True):
        if not events and lead.key not in known.histories:
            continue
        try:
            version = versions[lead.project_id]
            scored.append((fold_lead(lead, events, known, version=version), events))
        except Exception as error:  # noqa: BLE001  (logged where it is set aside)
            give_back(connection, lead, events)
            _set_aside(connection, lead, error)
            failed.append(lead)
    if scored:
        write_scores(connection, [item for item, _ in scored])
        recovered = [item.lead.key for item, _ in scored if item.lead.has_failed]
        if recovered:
            forget_failures(connection, recovered)
    return ScoringResult(tuple(scored), tuple(failed))


def _read_known(
    connection: psycopg.Connection,
    claimed: Iterable[tuple[LockedLead, Sequence[ClaimedEvent]]],
    versions: Mapping[UUID, int],
    now: datetime,
) -> Known:
    claimed = list(claimed)
    rulesets = Rulesets(connection, versions.items())
    in_force = {key[0]: rulesets.find(key) for key in versions.items()}
    histories = read_history(
        connection,
        [
            lead
            for lead, events in claimed
            if needs_history(lead, events, in_force[lead.project_id], now)
        ],
    )
    rulesets.read(versions_of(histories))
    wanted = list(wanted_of(histories, rulesets))
    types = {event.type for _, events in claimed for event in events}
    read = {
        project_id: {type_ for type_ in types if ruleset.reads_properties(type_)}
        for project_id, ruleset in in_force.items()
        if ruleset is not None
    }
    for lead, events in claimed:
        if types_read := read.get(lead.project_id):
            wanted.extend(
                (lead.project_id, event.id)
                for event in events
                if event.type in types_read
            )
    return Known(now, rulesets, histories, read_properties(connection, wanted))


def _versions_in_force(
    connection: psycopg.Connection, project_ids: set[UUID]
) -> tuple[dict[UUID, int], datetime]:
    # Read after the claim, so that an event that came after a publication is never
    # scored by the version before it.
    rows = connection.execute(_IN_FORCE, (list(project_ids),)).fetchall()
    return {project_id: version for project_id, version, _ in rows}, rows[0][2]


def _set_aside(
    connection: psycopg.Connection, lead: LockedLead, error: Exception
) -> None:
    _logger.error(
        "Lead %s of project %s is set aside: its scoring failed",
        lead.id,
        lead.project_id,
        exc_info=error,
    )
    set_aside(connection, lead, error)
