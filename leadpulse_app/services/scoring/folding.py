"""Folds a lead's events, and says what its ledger lacks of the result."""

from collections.abc import Sequence
from uuid import UUID

import psycopg

from leadpulse_app.domain.fold import EMPTY, Input, changes, fold
from leadpulse_app.models.ledger import Reason
from leadpulse_app.services.scoring.claim import (
    ClaimedEvent,
    LeadKey,
    LockedLead,
    read_locked_leads,
)
from leadpulse_app.services.scoring.ledger import (
    History,
    ScoredLead,
    read_history,
    write_scores,
)
from leadpulse_app.services.scoring.rulesets import RulesetKey, Rulesets


def refold(
    connection: psycopg.Connection,
    project_id: UUID,
    root_ids: Sequence[UUID],
    *,
    cause: Reason,
) -> None:
    """Make roots worth what their events are, after their members changed.

    Args:
        connection: Within a transaction scoped to the project that locked the roots.
        project_id: The project.
        root_ids: The roots.
        cause: What the new ledger entries say.

    Raises:
        LookupError: A ruleset version that events were scored by is gone.
    """
    leads = read_locked_leads(connection, project_id, root_ids)
    histories = read_history(connection, leads)
    rulesets = Rulesets(connection, versions_of(histories))
    write_scores(
        connection,
        [fold_lead(lead, (), rulesets, history=histories[lead.key]) for lead in leads],
        cause=cause,
    )


def fold_lead(
    lead: LockedLead,
    claimed: Sequence[ClaimedEvent],
    rulesets: Rulesets,
    *,
    version: int = 0,
    history: History | None = None,
) -> ScoredLead:
    """Fold events of a lead.

    Args:
        lead: The lead, locked.
        claimed: Those that were not scored before.
        rulesets: Every version needed.
        version: The version that the claimed ones are scored by.
        history: Those that were; without it, the fold goes on where it stood.
    """
    inputs = []
    if claimed:
        ruleset = rulesets.get((lead.project_id, version))
        for position, id_, type_, traits, _, user_id, *_ in claimed:
            inputs.append(
                Input(position, id_, type_, traits, user_id is not None, ruleset)
            )
    if history is not None:
        for position, id_, type_, traits, has_user_id, stamp in history.events:
            ruleset = rulesets.get((lead.project_id, stamp))
            inputs.append(Input(position, id_, type_, traits, has_user_id, ruleset))
    folded = fold(inputs, lead.state if history is None else EMPTY)
    positions = [item.position for item in inputs]
    if history is None and lead.position is not None:
        positions.append(lead.position)
    return ScoredLead(
        lead=lead,
        changes=list(
            changes(
                folded.steps,
                {} if history is None else history.recorded,
                {event.id for event in claimed},
            )
        ),
        fields=folded.state.fields,
        position=max(positions, default=None),
    )


def versions_of(histories: dict[LeadKey, History]) -> set[RulesetKey]:
    """Return the ruleset versions that histories were scored by."""
    return {
        (project_id, event.ruleset_version)
        for (project_id, _), history in histories.items()
        for event in history.events
    }
