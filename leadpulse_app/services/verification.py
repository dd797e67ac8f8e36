"""Recomputes every score from the events: the check that the ledger is the score.

It shares the pure fold with scoring and nothing else, reads each project in one
snapshot, and holds the merges and one person in memory at a time. What was merged into
a lead counts for it; the ledger of a lead that was merged away only has to agree with
itself.
"""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import Generic, LiteralString, NamedTuple, TypeVar
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import args_row

from leadpulse_app.database import connection_scope
from leadpulse_app.domain.fold import (
    LONG_AGO,
    Fields,
    Input,
    Position,
    fold,
)
from leadpulse_app.domain.identity import joined_leads
from leadpulse_app.domain.memory import read_state
from leadpulse_app.domain.reason import FIRST_REASONS
from leadpulse_app.domain.ruleset import Ruleset
from leadpulse_app.models.ledger import FIRST

DIFFERENCES_PER_LEAD = 5
"""How many of one lead's differences are told."""

_ROWS_AT_ONCE = 1_000

_PROJECTS = """
    SELECT project_id FROM membership
    UNION SELECT project_id FROM api_key
    UNION SELECT project_id FROM pending
    ORDER BY project_id
"""

_ORPHANS = """
    SELECT DISTINCT e.lead_id FROM event AS e
    WHERE e.project_id = %s AND NOT EXISTS (
        SELECT FROM lead WHERE (lead.project_id, lead.id) = (e.project_id, e.lead_id)
    )
    ORDER BY e.lead_id LIMIT %s
"""

_LEADS = """
    SELECT lead.id, lead.score, lead.stage, lead.sequence, lead.last_event_at,
        lead.last_message_id, lead.email, lead.name, lead.company, lead.root_id,
        lead.memory, lead.last_expiry_at, next_expiry.due_at AS next_expiry_at
    FROM lead LEFT JOIN next_expiry
        ON (next_expiry.project_id, next_expiry.lead_id) = (lead.project_id, lead.id)
    WHERE lead.project_id = %s ORDER BY lead.id
"""

_MERGES = """
    SELECT lead_id, other_id FROM lead_merge
    WHERE project_id = %s AND undone_at IS NULL
"""

_EVENTS = sql.SQL("""
    SELECT coalesce(origin.root_id, origin.id) AS lead_id, e.occurred_at, e.message_id,
        e.id, e.type, e.traits, e.user_id IS NOT NULL AS has_user_id,
        CASE WHEN %s OR e.type = '$adjust' THEN e.properties END AS properties,
        greatest(stamp.ruleset_version, CASE
            WHEN stamp.ruleset_version IS NOT NULL THEN origin.rescored_version
        END) AS ruleset_version,
        stamp.ruleset_version AS first_version,
        EXISTS (
            SELECT FROM pending AS p
            WHERE (p.project_id, p.lead_id, p.event_id)
                = (e.project_id, e.lead_id, e.id)
        ) OR EXISTS (
            SELECT FROM quarantined_event AS q
            WHERE (q.project_id, q.event_id) = (e.project_id, e.id)
        ) AS is_pending
    FROM event AS e
    JOIN lead AS origin ON (origin.project_id, origin.id) = (e.project_id, e.lead_id)
    LEFT JOIN (
        SELECT project_id, event_id, min(ruleset_version) AS ruleset_version
        FROM score_entry WHERE {first} GROUP BY project_id, event_id
    ) AS stamp ON (stamp.project_id, stamp.event_id) = (e.project_id, e.id)
    WHERE e.project_id = %s
    ORDER BY lead_id, e.occurred_at, e.message_id
""").format(first=sql.SQL(FIRST))

_ENTRIES = """
    SELECT lead_id, sequence, event_id, rule_id, ruleset_version, delta, old_score,
        new_score, reason
    FROM score_entry WHERE project_id = %s ORDER BY lead_id, sequence
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the events say it should be."""

    project_id: UUID
    lead_id: UUID | None
    """Unknown where it concerns the whole project."""
    message: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked, and what was found."""

    projects: int
    leads: int
    differences: tuple[Difference, ...]


class _Lead(NamedTuple):
    id: UUID
    score: int
    stage: str
    sequence: int
    last_event_at: datetime | None
    last_message_id: str | None
    email: str | None
    name: str | None
    company: str | None
    root_id: UUID | None
    memory: dict[str, object] | None
    last_expiry_at: datetime | None
    next_expiry_at: datetime | None


class _Event(NamedTuple):
    lead_id: UUID
    """The root that it counts for."""
    occurred_at: datetime
    message_id: str
    id: int
    type: str
    traits: dict[str, object] | None
    has_user_id: bool
    properties: dict[str, object] | None
    ruleset_version: int | None
    """The one it counts by."""
    first_version: int | None
    """The one it was scored by at first, whichever ledger says so."""
    is_pending: bool


class _Entry(NamedTuple):
    lead_id: UUID
    sequence: int
    event_id: int
    rule_id: UUID | None
    ruleset_version: int
    delta: int
    old_score: int
    new_score: int
    reason: str


def verify(connection: psycopg.Connection) -> Verification:
    """Compare every project's leads and ledgers with the fold of their events.

    Events that are still pending, or in quarantine, are left out: they are not scored
    yet.

    Args:
        connection: Outside of any transaction; each project is read in one of its
            own, so that scoring may go on meanwhile.

    Returns:
        What was checked and each difference found, at most five a lead. A project
        whose rows can't be read counts as a difference.
    """
    with _snapshots(connection), connection.transaction():
        project_ids = [row[0] for row in connection.execute(_PROJECTS)]
    leads = 0
    differences: list[Difference] = []
    for project_id in project_ids:
        for lead_id, messages in verify_project(connection, project_id):
            leads += lead_id is not None
            differences.extend(
                Difference(project_id, lead_id, message) for message in messages
            )
    return Verification(len(project_ids), leads, tuple(differences))


def verify_project(
    connection: psycopg.Connection, project_id: UUID
) -> Generator[tuple[UUID | None, list[str]], None, None]:
    """Compare one project's leads and ledgers with the fold of their events.

    Args:
        connection: Outside of any transaction; one is open until the last lead was
            taken, or the iterator is closed.
        project_id: The project.

    Yields:
        Each lead with its differences, at most five; without a lead what concerns
        the whole project.
    """
    with _snapshots(connection), connection_scope(connection, [project_id]):
        yield from _check_project(connection, project_id)


@contextmanager
def _snapshots(connection: psycopg.Connection) -> Iterator[None]:
    """Let each transaction see the database as it was at its beginning."""
    isolation = connection.isolation_level
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    try:
        yield
    finally:
        connection.isolation_level = isolation


def _check_project(
    connection: psycopg.Connection, project_id: UUID
) -> Iterator[tuple[UUID | None, list[str]]]:
    found = connection.execute("SELECT FROM project WHERE id = %s", (project_id,))
    if found.fetchone() is None:
        # Row-level security shows nothing where the scope is wrong, and nothing
        # would then differ.
        yield None, ["the project can't be read under its own scope"]
        return
    # A page has to be quick; this reads all there is.
    connection.execute("SET LOCAL statement_timeout = 0")
    # Before there are statistics, all events were read anew for each lead.
    connection.execute("SET LOCAL enable_nestloop = off")
    orphans = connection.execute(_ORPHANS, (project_id, DIFFERENCES_PER_LEAD))
    yield (
        None,
        [f"it has events of lead {id_}, which is not there" for (id_,) in orphans],
    )
    rulesets = _Rulesets(connection, project_id)
    roots = _roots(connection.execute(_MERGES, (project_id,)))
    with (
        _stream(connection, _Lead, _LEADS, (project_id,)) as leads,
        _stream(
            connection, _Event, _EVENTS, (rulesets.read_properties, project_id)
        ) as all_events,
        _stream(connection, _Entry, _ENTRIES, (project_id,)) as all_entries,
    ):
        events, entries = _ByLead(all_events), _ByLead(all_entries)
        for lead in leads:
            differences = _differences(
                lead,
                roots.get(lead.id, lead.id),
                events.take(lead.id),
                entries.take(lead.id),
                rulesets,
            )
            yield lead.id, list(islice(differences, DIFFERENCES_PER_LEAD))


def _roots(merges: Iterable[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """Return the oldest of the leads that merges join, for each of them."""
    roots: dict[UUID, UUID] = {}
    for lead_id, joined in joined_leads(merges).items():
        if lead_id not in roots:
            roots |= dict.fromkeys(joined, min(joined))
    return roots


def _differences(
    lead: _Lead,
    root_id: UUID,
    events: Sequence[_Event],
    entries: Sequence[_Entry],
    rulesets: "_Rulesets",
) -> Iterator[str]:
    yield from _ledger_differences(lead, entries)
    if (lead.root_id or lead.id) != root_id:
        yield f"its root is {lead.root_id or lead.id} and its merges make it {root_id}"
    if lead.root_id is not None:
        return
    recorded: Counter[tuple[int, UUID | None]] = Counter()
    for entry in entries:
        recorded[entry.event_id, entry.rule_id] += entry.delta
    inputs = []
    for event in events:
        version = event.ruleset_version
        if event.is_pending:
            if version is not None:
                yield f"event {event.message_id} is pending and in the ledger"
        elif version is None:
            yield f"event {event.message_id} is neither pending nor in the ledger"
        else:
            try:
                ruleset = rulesets.get(version)
            except (LookupError, ValueError) as error:
                yield f"ruleset version {version} can't be read: {error}"
                return
            position = Position(event.occurred_at, event.message_id)
            inputs.append(
                Input(
                    position,
                    event.id,
                    event.type,
                    event.traits,
                    event.properties,
                    event.has_user_id,
                    ruleset,
                )
            )
    versions = {
        event.id: event.first_version for event in events if not event.is_pending
    }
    for entry in entries:
        version = versions.get(entry.event_id)
        if version is None:
            if recorded[entry.event_id, entry.rule_id]:
                yield (
                    f"the ledger has an entry for event number {entry.event_id} of "
                    "somebody else"
                )
        elif entry.reason in FIRST_REASONS and version != entry.ruleset_version:
            yield f"entry {entry.sequence} is of another ruleset version than its event"
    try:
        folded = fold(inputs, until=lead.last_expiry_at or LONG_AGO)
    except Exception as error:  # noqa: BLE001  (something stored is no event)
        yield f"its events can't be folded: {error!r}"
        return
    state, stage = folded.state, folded.stage
    if lead.score != state.score:
        yield f"its score is {lead.score} and its events make {state.score}"
    if lead.stage != stage:
        yield f"its stage is {lead.stage} and its events make it {stage}"
    last = max((item.position for item in inputs), default=(None, None))
    if (lead.last_event_at, lead.last_message_id) != last:
        yield f"its last event is {lead.last_message_id} and should be {last[1]}"
    fields = Fields(lead.email, lead.name, lead.company)
    if fields != state.fields:
        yield "its email, name or company is not what its events say"
    if read_state(state.score, state.fields, lead.memory) != state:
        yield "what it remembers for its rules is not what its events make it"
    if lead.last_expiry_at != folded.last_expiry:
        yield (
            f"its points lapsed last at {lead.last_expiry_at} and should have at "
            f"{folded.last_expiry}"
        )
    if lead.next_expiry_at != folded.next_expiry:
        yield (
            f"its points lapse next at {lead.next_expiry_at} and should at "
            f"{folded.next_expiry}"
        )
    expected: Counter[tuple[int, UUID | None]] = Counter()
    for step in folded.steps:
        expected[step.event_id, step.rule_id] += step.delta
    message_ids = {event.id: event.message_id for event in events}
    for event_id, rule_id in expected.keys() | recorded.keys():
        found = recorded[event_id, rule_id]
        right = expected[event_id, rule_id]
        if found != right:
            yield (
                f"event {message_ids.get(event_id, event_id)} took {found} points "
                f"by {_rule(rule_id)} and should take {right} points"
            )


def _ledger_differences(lead: _Lead, entries: Sequence[_Entry]) -> Iterator[str]:
    if lead.sequence != len(entries):
        yield f"it counts {lead.sequence} ledger entries and there are {len(entries)}"
    score = 0
    for number, entry in enumerate(entries, start=1):
        if entry.sequence != number:
            yield f"ledger entry {number} is missing"
            break
        if entry.old_score != score:
            yield (
                f"ledger entry {number} starts from {entry.old_score} "
                f"and the one before it ends at {score}"
            )
        if entry.old_score + entry.delta != entry.new_score:
            yield f"ledger entry {number} does not add up"
        score = entry.new_score
    newest = entries[-1].new_score if entries else 0
    if lead.score != newest:
        yield f"its score is {lead.score} and its newest ledger entry says {newest}"
    total = sum(entry.delta for entry in entries)
    if total != newest:
        yield f"its ledger adds up to {total} and its newest entry says {newest}"


def _rule(rule_id: UUID | None) -> str:
    return "no rule" if rule_id is None else f"rule {rule_id}"


class _Rulesets:
    """A project's versions, parsed as they are met."""

    def __init__(self, connection: psycopg.Connection, project_id: UUID) -> None:
        found = connection.execute(
            "SELECT version, rules, settings FROM ruleset WHERE project_id = %s",
            (project_id,),
        )
        self._stored: dict[int, dict[str, object]] = {
            version: {"version": version, "rules": rules, **settings}
            for version, rules, settings in found
        }
        self._parsed: dict[int, Ruleset] = {}

    @property
    def read_properties(self) -> bool:
        """Whether the properties of events decide anything."""
        for version in self._stored:
            try:
                if any(rule.reads_properties for rule in self.get(version).rules):
                    return True
            except ValueError:
                continue  # said of each lead that it concerns
        return False

    def get(self, version: int) -> Ruleset:
        if version not in self._parsed:
            if version not in self._stored:
                raise LookupError("there is no such version")
            self._parsed[version] = Ruleset.model_validate(self._stored[version])
        return self._parsed[version]


Row = TypeVar("Row", _Event, _Entry)


class _ByLead(Generic[Row]):
    """A stream of rows in order of their leads, taken one lead after another."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._groups: Iterator[tuple[UUID, Iterator[Row]]] = groupby(
            rows, key=attrgetter("lead_id")
        )
        self._next: tuple[UUID, Iterator[Row]] | None = next(self._groups, None)

    def take(self, lead_id: UUID) -> list[Row]:
        if self._next is None or self._next[0] != lead_id:
            return []
        rows = list(self._next[1])
        self._next = next(self._groups, None)
        return rows


AnyRow = TypeVar("AnyRow")


@contextmanager
def _stream(
    connection: psycopg.Connection,
    row: type[AnyRow],
    query: LiteralString | sql.Composed,
    parameters: Sequence[object],
) -> Iterator[Iterable[AnyRow]]:
    with connection.cursor(row.__name__, row_factory=args_row(row)) as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        yield cursor.execute(query, parameters)
