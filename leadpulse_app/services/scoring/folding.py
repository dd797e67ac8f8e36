"""Folds a lead's events, and says what its ledger lacks of the result."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg import sql

from leadpulse_app.domain.fold import (
    EMPTY,
    Change,
    Input,
    Position,
    Step,
    changes,
    fold,
    may_continue,
)
from leadpulse_app.domain.reason import Reason
from leadpulse_app.domain.ruleset import Ruleset
from leadpulse_app.services.lead_tokens import write_tokens
from leadpulse_app.services.scoring.claim import (
    ClaimedEvent,
    LeadKey,
    LockedLead,
    read_locked_leads,
)
from leadpulse_app.services.scoring.clock import NOW
from leadpulse_app.services.scoring.ledger import (
    History,
    ScoredLead,
    read_history,
    read_properties,
    write_scores,
)
from leadpulse_app.services.scoring.rulesets import RulesetKey, Rulesets


@dataclass(frozen=True, slots=True)
class Known:
    """All that the folds of one transaction need beside the leads and their events."""

    now: datetime
    """The transaction's time: points lapse up to it."""
    rulesets: Rulesets
    histories: Mapping[LeadKey, History]
    """Those that have to be folded from their first event."""
    properties: Mapping[int, Mapping[str, object]]
    """Of the events whose rulesets read them."""


def refold(
    connection: psycopg.Connection,
    project_id: UUID,
    root_ids: Sequence[UUID],
    *,
    cause: Reason,
) -> None:
    """Make roots worth what their events are, after what decides it changed.

    Args:
        connection: Within a transaction scoped to the project that locked the roots.
        project_id: The project.
        root_ids: The roots.
        cause: What the new ledger entries say.

    Raises:
        LookupError: A ruleset version that events are scored by is gone.
    """
    leads = read_locked_leads(connection, project_id, root_ids)
    histories = read_history(connection, leads)
    rulesets = Rulesets(connection, versions_of(histories))
    known = Known(
        now=transaction_time(connection),
        rulesets=rulesets,
        histories=histories,
        properties=read_properties(connection, list(wanted_of(histories, rulesets))),
    )
    folded = [fold_lead(lead, (), known) for lead in leads]
    if cause is Reason.RESCORED:
        folded = [_marked(item, histories[item.lead.key]) for item in folded]
    write_scores(connection, folded, cause=cause)
    write_tokens(connection, [item.lead.key for item in folded if item.is_renamed])


def fold_lead(
    lead: LockedLead,
    claimed: Sequence[ClaimedEvent],
    known: Known,
    *,
    version: int = 0,
) -> ScoredLead:
    """Fold events of a lead: from the first, or on from where it stands.

    Args:
        lead: The lead, locked.
        claimed: Those that were not scored before.
        known: What else it takes. Without a history, the fold goes on where it stood.
        version: The version that the claimed ones are scored by.
    """
    history = known.histories.get(lead.key)
    start = lead.state if history is None else EMPTY
    inputs = _inputs(lead.project_id, claimed, history, known, version)
    folded = fold(inputs, start, until=known.now)
    last_expiry, next_expiry = folded.last_expiry, folded.next_expiry
    positions: list[Position] = [event.position for event in claimed]
    if history is not None:
        positions.extend(event.position for event in history.events)
    else:
        if lead.position is not None:
            positions.append(lead.position)
        last_expiry = last_expiry or lead.last_expiry
        next_expiry = min(filter(None, (next_expiry, lead.next_expiry)), default=None)
    return ScoredLead(
        lead=lead,
        changes=list(
            changes(
                folded.steps,
                {} if history is None else history.recorded,
                {event.id for event in claimed},
            )
        ),
        state=folded.state,
        stage=folded.stage,
        position=max(positions, default=None),
        last_expiry=last_expiry,
        next_expiry=next_expiry,
    )


def _marked(scored: ScoredLead, history: History) -> ScoredLead:
    """Let the ledger say that another version holds also where it gives the same."""
    if scored.changes or not history.events:
        return scored
    last = max(history.events, key=lambda event: event.position)
    step = Step(last.id, None, last.ruleset_version, 0, 0, Reason.SCORED)
    return replace(scored, changes=[Change(step, 0, None)])


def needs_history(
    lead: LockedLead,
    claimed: Sequence[ClaimedEvent],
    ruleset: Ruleset | None,
    now: datetime,
) -> bool:
    """Return whether a lead's fold can't go on from where it stands.

    That is so where an event comes before what was folded already, where points that
    were given before lapse, and where a new version counts what was before it.
    """
    if lead.position is None:
        return False
    latest = max((event.position.occurred_at for event in claimed), default=now)
    if lead.next_expiry is not None and lead.next_expiry <= max(now, latest):
        return True
    return bool(claimed) and (
        (ruleset is not None and not may_continue(lead.state, ruleset))
        or any(
            event.position < lead.position
            or (
                lead.last_expiry is not None
                and event.position.occurred_at < lead.last_expiry
            )
            for event in claimed
        )
    )


def versions_of(histories: Mapping[LeadKey, History]) -> set[RulesetKey]:
    """Return the ruleset versions that histories count by."""
    return {
        (project_id, event.ruleset_version)
        for (project_id, _), history in histories.items()
        for event in history.events
    }


def wanted_of(
    histories: Mapping[LeadKey, History], rulesets: Rulesets
) -> Iterator[tuple[UUID, int]]:
    """Yield the project and id of each event whose properties its ruleset reads."""
    for (project_id, _), history in histories.items():
        for event in history.events:
            ruleset = rulesets.find((project_id, event.ruleset_version))
            if ruleset is not None and ruleset.reads_properties(event.type):
                yield project_id, event.id


def transaction_time(connection: psycopg.Connection) -> datetime:
    """Return when the transaction began, or as of when it scores."""
    row = connection.execute(sql.SQL("SELECT {}").format(NOW)).fetchone()
    if row is None:
        raise LookupError("Postgres does not tell the time")
    time: datetime = row[0]
    return time


def _inputs(
    project_id: UUID,
    claimed: Sequence[ClaimedEvent],
    history: History | None,
    known: Known,
    version: int,
) -> Iterable[Input]:
    properties = known.properties.get
    if claimed:
        ruleset = known.rulesets.get((project_id, version))
        for position, id_, type_, traits, _, user_id, *_ in claimed:
            yield Input(
                position,
                id_,
                type_,
                traits,
                properties(id_),
                user_id is not None,
                ruleset,
            )
    if history is not None:
        for position, id_, type_, traits, has_user_id, stamp in history.events:
            ruleset = known.rulesets.get((project_id, stamp))
            yield Input(
                position, id_, type_, traits, properties(id_), has_user_id, ruleset
            )
