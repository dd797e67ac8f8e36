"""Works out previews: folds a project's whole history under a draft, and compares.

All of it is read in one snapshot, a lead at a time, and nothing is written but the
preview. Whoever works on one holds the lock of its pending row: a crash frees it, and
another worker begins it anew.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from pydantic import ValidationError

from leadpulse_app.database import connection_scope
from leadpulse_app.domain.fold import ADJUST, Folded, Input, Position, fold
from leadpulse_app.domain.ruleset import ANY_EVENT, Ruleset
from leadpulse_app.domain.stage import Stage, Thresholds
from leadpulse_app.domain.what_if import Comparison, Share, Shares, Standing, WhatIf
from leadpulse_app.services.scoring.failures import MAXIMUM_ERROR_LENGTH

MAXIMUM_ATTEMPTS = 3
"""So often a preview is begun: what ends a worker thrice would end the next as well."""

PROGRESS_SECONDS = 1.0
"""How often it is told how far a preview has come, and asked whether to go on."""

_ROWS_AT_ONCE = 2_000

_NO_EVENTS: tuple[UUID | None, Iterable[tuple[Any, ...]]] = (None, ())

_logger = logging.getLogger(__name__)

_CLAIM = """
    SELECT project_id, id FROM pending_preview
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
"""

_FORGET = "DELETE FROM pending_preview WHERE (project_id, id) = (%s, %s)"

_BEGIN = """
    UPDATE preview SET leads = 0, result = jsonb_build_object(
        'attempts', coalesce((result ->> 'attempts')::integer, 0) + 1)
    WHERE (project_id, id) = (%s, %s) AND finished_at IS NULL
    RETURNING rules, settings, base_version, (result ->> 'attempts')::integer
"""

_PROGRESS = """
    UPDATE preview SET leads = %s, all_leads = %s
    WHERE (project_id, id) = (%s, %s) AND finished_at IS NULL
"""

_FINISH = """
    UPDATE preview SET finished_at = clock_timestamp(), result = %s, error = %s,
        leads = CASE WHEN %s THEN all_leads ELSE leads END
    WHERE (project_id, id) = (%s, %s) AND finished_at IS NULL
"""

_IN_FORCE = """
    SELECT now(), ruleset.settings, (
        SELECT count(*) FROM lead
        WHERE lead.project_id = project.id AND lead.root_id IS NULL
    )
    FROM project JOIN ruleset ON (ruleset.project_id, ruleset.version)
        = (project.id, project.ruleset_version)
    WHERE project.id = %s
"""

_LEADS = """
    SELECT id, score, stage FROM lead
    WHERE project_id = %s AND root_id IS NULL ORDER BY id
"""

_EVENTS = """
    SELECT coalesce(origin.root_id, origin.id) AS lead_id, e.occurred_at, e.message_id,
        e.id, e.type, e.traits,
        CASE WHEN %s OR e.type = ANY (%s) THEN e.properties END,
        e.user_id IS NOT NULL
    FROM event AS e
    JOIN lead AS origin ON (origin.project_id, origin.id) = (e.project_id, e.lead_id)
    WHERE e.project_id = %s AND NOT EXISTS (
        SELECT FROM pending AS p
        WHERE (p.project_id, p.lead_id, p.event_id) = (e.project_id, e.lead_id, e.id)
    ) AND NOT EXISTS (
        SELECT FROM quarantined_event AS q
        WHERE (q.project_id, q.event_id) = (e.project_id, e.id)
    )
    ORDER BY lead_id
"""  # the fold puts the events of a lead in order: here it would cost twice the time

_POINTS = """
    SELECT s.rule_id, sum(s.delta)
    FROM score_entry AS s
    JOIN lead ON (lead.project_id, lead.id) = (s.project_id, s.lead_id)
    WHERE s.project_id = %s AND lead.root_id IS NULL AND s.delta <> 0
    GROUP BY s.rule_id
"""

_SHARES = """
    SELECT lead_id, rule_id, count(*), sum(points)::bigint
    FROM (
        SELECT lead_id, rule_id, event_id, sum(delta) AS points
        FROM score_entry WHERE project_id = %s AND lead_id = ANY (%s)
        GROUP BY lead_id, rule_id, event_id HAVING sum(delta) <> 0
    ) AS given
    GROUP BY lead_id, rule_id
"""

_NAMES = """
    SELECT DISTINCT ON (rule ->> 'id') rule ->> 'id', rule ->> 'name'
    FROM ruleset, jsonb_array_elements(rules) AS rule
    WHERE project_id = %s AND rule ->> 'id' = ANY (%s)
    ORDER BY rule ->> 'id', version DESC
"""


class _OverError(Exception):
    """The preview was called off, or another one took its place."""


class _FailedError(Exception):
    """There can be no result; the message says why."""


@dataclass(frozen=True, slots=True)
class _Preview:
    """A preview that is worked on."""

    project_id: UUID
    id: UUID

    @property
    def key(self) -> tuple[UUID, UUID]:
        return self.project_id, self.id


def is_preview_waiting(connection: psycopg.Connection) -> bool:
    """Return whether there is a preview that nobody works on.

    Args:
        connection: In autocommit: a claim would hide it from others.
    """
    return connection.execute(_CLAIM).fetchone() is not None


def work_preview(
    claims: psycopg.Connection,
    history: psycopg.Connection,
    progress: psycopg.Connection,
) -> bool:
    """Work out the preview that has waited longest and that nobody works on.

    Args:
        claims: Outside of any transaction. It holds the claim until the result is
            written; the preview is another worker's to begin once it breaks.
        history: Outside of any transaction. It reads the snapshot.
        progress: Outside of any transaction. What it tells is seen meanwhile.

    Returns:
        Whether there was one.

    Raises:
        psycopg.OperationalError: Postgres went away.
    """
    with claims.transaction():
        claimed = claims.execute(_CLAIM).fetchone()
        if claimed is None:
            return False
        preview = _Preview(*claimed)
        result: WhatIf | None = None
        error: str | None = None
        try:
            result = _work(preview, history, progress)
        except _FailedError as failure:
            error = str(failure)
        except _OverError:
            pass
        except psycopg.OperationalError:
            raise
        except psycopg.Error as failure:
            _logger.exception("The history of a preview can't be read")
            error = f"The history can't be read: {failure}"
        with connection_scope(claims, [preview.project_id]):
            claims.execute(
                _FINISH,
                (
                    result and Jsonb(result.model_dump(mode="json")),
                    error and error[:MAXIMUM_ERROR_LENGTH],
                    result is not None,
                    *preview.key,
                ),
            )
        claims.execute(_FORGET, preview.key)
    return True


def _work(
    preview: _Preview, history: psycopg.Connection, progress: psycopg.Connection
) -> WhatIf:
    with connection_scope(progress, [preview.project_id]):
        begun = progress.execute(_BEGIN, preview.key).fetchone()
    if begun is None:
        raise _OverError
    rules, settings, base_version, attempts = begun
    if attempts > MAXIMUM_ATTEMPTS:
        raise _FailedError(
            f"It was begun {MAXIMUM_ATTEMPTS} times and each time the worker ended "
            "before it was done"
        )
    try:
        draft = Ruleset.model_validate(
            {"version": base_version + 1, "rules": rules, **settings}
        )
    except ValueError as error:
        raise _FailedError(f"The draft can't be read: {_first(error)}") from error

    def tell(leads: int, all_leads: int) -> None:
        with connection_scope(progress, [preview.project_id]):
            told = progress.execute(_PROGRESS, (leads, all_leads, *preview.key))
        if not told.rowcount:
            raise _OverError

    history.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    history.read_only = True
    with connection_scope(history, [preview.project_id]):
        return _compare(history, preview.project_id, draft, tell)


def _first(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    problem = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, problem["loc"]))
    return f"{place}: {problem['msg']}"


def _compare(
    history: psycopg.Connection,
    project_id: UUID,
    draft: Ruleset,
    tell: Callable[[int, int], None],
) -> WhatIf:
    # A page has to be quick; this reads all there is. Where the worker dies, Postgres
    # is not to go on for nobody.
    history.execute("SET LOCAL statement_timeout = 0")
    history.execute("SET LOCAL client_connection_check_interval = 1000")
    found = history.execute(_IN_FORCE, (project_id,)).fetchone()
    if found is None:
        raise _FailedError("The rules in force are gone")
    as_of, settings, all_leads = found
    comparison = Comparison()
    tell(0, all_leads)
    told_at = time.monotonic()
    for lead, events in _histories(history, project_id, draft):
        comparison.add(lead, _fold(lead, events, draft, as_of), events=len(events))
        if time.monotonic() >= told_at + PROGRESS_SECONDS:
            tell(comparison.leads, all_leads)
            told_at = time.monotonic()
    old_points: dict[UUID | None, int] = {
        rule_id: int(points)
        for rule_id, points in history.execute(_POINTS, (project_id,))
    }
    return comparison.conclude(
        as_of=as_of,
        thresholds=(
            Thresholds.model_validate(settings.get("thresholds", {})),
            draft.thresholds,
        ),
        old_points=old_points,
        old_shares=_old_shares(history, project_id, comparison.explained_ids()),
        names=_names(history, project_id, draft, old_points),
    )


def _histories(
    history: psycopg.Connection, project_id: UUID, draft: Ruleset
) -> Iterator[tuple[Standing, list[tuple[Any, ...]]]]:
    """Yield each root with its events, in no order."""
    of_all, of_types = _read_properties_of(draft)
    with (
        history.cursor("preview_leads", binary=True) as leads,
        history.cursor("preview_events", binary=True) as events,
    ):
        leads.itersize = events.itersize = _ROWS_AT_ONCE
        leads.execute(_LEADS, (project_id,))
        events.execute(_EVENTS, (of_all, of_types, project_id))
        by_lead = groupby(events, key=itemgetter(0))
        lead_id, found = next(by_lead, _NO_EVENTS)
        for id_, score, stage in leads:
            lead = Standing(id_, score, Stage(stage))
            if id_ == lead_id:
                yield lead, list(found)
                lead_id, found = next(by_lead, _NO_EVENTS)
            else:
                yield lead, []


def _read_properties_of(draft: Ruleset) -> tuple[bool, list[str]]:
    """Return the types of events whose properties count, or that those of all do."""
    reading = [rule for rule in draft.rules if rule.active and rule.reads_properties]
    types = {ADJUST, *(rule.event_type for rule in reading if rule.event_type)}
    return ANY_EVENT in types, sorted(types)


def _fold(
    lead: Standing, events: Iterable[tuple[Any, ...]], draft: Ruleset, until: datetime
) -> Folded:
    try:
        inputs = [
            Input(Position(at, message_id), id_, type_, traits, given, is_known, draft)
            for _, at, message_id, id_, type_, traits, given, is_known in events
        ]
        return fold(inputs, until=until)
    except Exception as error:
        _logger.exception("The events of lead %s can't be folded", lead.id)
        raise _FailedError(
            f"The events of lead {lead.id} can't be worked out: {error}"
        ) from error


def _old_shares(
    history: psycopg.Connection, project_id: UUID, lead_ids: Sequence[UUID]
) -> dict[UUID, Shares]:
    shares: dict[UUID, dict[UUID | None, Share]] = {id_: {} for id_ in lead_ids}
    for lead_id, rule_id, times, points in history.execute(
        _SHARES, (project_id, list(lead_ids))
    ):
        shares[lead_id][rule_id] = Share(times, points)
    return dict(shares)


def _names(
    history: psycopg.Connection,
    project_id: UUID,
    draft: Ruleset,
    rule_ids: Iterable[UUID | None],
) -> dict[UUID, str]:
    """Return what rules are called: in the draft, or when they were published last."""
    names = {rule.id: rule.name for rule in draft.rules}
    gone = [str(rule_id) for rule_id in rule_ids if rule_id and rule_id not in names]
    found = history.execute(_NAMES, (project_id, gone))
    return names | {UUID(rule_id): name for rule_id, name in found}
