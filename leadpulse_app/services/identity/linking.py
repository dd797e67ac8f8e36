"""Links events whose names mean several leads: merges them, or tells them apart.

One event at a time, each in a transaction of its own. The locks are taken in one order
everywhere: roots by id, then names by key, then what is new. An event whose linking
fails is tried again later and holds up no other.
"""

import hashlib
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import args_row

from leadpulse_app.database import PLAN_BY_INDEX, SCOPE_STATEMENT, scope_value
from leadpulse_app.domain.event import MAX_ID_LENGTH
from leadpulse_app.domain.fold import FIELDS
from leadpulse_app.domain.identity import (
    Alias,
    AliasKind,
    Decision,
    Identified,
    Names,
    Strength,
    decide,
    read_names,
)
from leadpulse_app.domain.ids import uuid7
from leadpulse_app.services.identity.merging import are_separated, merge
from leadpulse_app.services.identity.roots import (
    MovedError,
    lock_roots,
    root_of,
    until_stable,
)
from leadpulse_app.services.lead_tokens import write_tokens
from leadpulse_app.services.reserved_inputs import (
    reserved_message_id,
    write_reserved_input,
)
from leadpulse_app.services.scoring.names import show_names

FIRST_DELAY = timedelta(seconds=3)
"""The wait after a failure; each further one doubles it."""

MAXIMUM_DOUBLINGS = 10
"""After that it is tried every 51 minutes."""

_NEXT = """
    SELECT project_id, event_id FROM pending_link
    WHERE (until IS NULL OR until <= clock_timestamp())
        AND coalesce(project_id = %s, true)
    ORDER BY event_id LIMIT 1
    FOR UPDATE SKIP LOCKED
"""

_POSTPONE = """
    UPDATE pending_link SET attempts = attempts + 1,
        until = clock_timestamp() + %s * power(2, least(attempts, %s))
    WHERE project_id = %s AND event_id = %s
"""

_EVENT = """
    SELECT lead_id, message_id, type, user_id, anonymous_id, previous_id, traits,
        received_at, occurred_at
    FROM event WHERE project_id = %s AND id = %s
"""

_OWNERS = """
    SELECT alias.kind, alias.value, alias.lead_id, coalesce(lead.root_id, lead.id)
    FROM unnest(%s::text[], %s::text[]) AS name (kind, value)
    JOIN lead_alias AS alias
        ON (alias.project_id, alias.kind, alias.value) = (%s, name.kind, name.value)
    JOIN lead ON (lead.project_id, lead.id) = (alias.project_id, alias.lead_id)
    UNION ALL
    SELECT NULL, NULL, lead.id, coalesce(lead.root_id, lead.id)
    FROM lead WHERE lead.project_id = %s AND lead.id = %s
"""

_IDENTIFIED = """
    SELECT root.id, root.email, (
        SELECT coalesce(bool_or(alias.kind = 'user'), false)
        FROM (
            SELECT root.id
            UNION ALL
            SELECT m.id FROM lead AS m
            WHERE (m.project_id, m.root_id) = (root.project_id, root.id)
        ) AS one
        JOIN lead_alias AS alias
            ON (alias.project_id, alias.lead_id) = (root.project_id, one.id)
    )
    FROM lead AS root WHERE root.project_id = %s AND root.id = ANY (%s)
"""  # as in show_names, a kind is not looked for in WHERE

_TAKE = """
    INSERT INTO lead_alias (project_id, kind, value, lead_id)
    SELECT %s, kind, value, lead_id
    FROM unnest(%s::text[], %s::text[], %s::uuid[]) WITH ORDINALITY
        AS name (kind, value, lead_id, place)
    ORDER BY place
    ON CONFLICT (project_id, kind, value) DO NOTHING
"""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LinkingResult:
    """What one transaction did."""

    project_ids: frozenset[UUID] = frozenset()
    """The project whose leads changed, if one's did."""
    found_work: bool = False
    """Whether it is worth looking again at once."""


class _Event(NamedTuple):
    origin_id: UUID
    message_id: str
    type: str
    user_id: str | None
    anonymous_id: str | None
    previous_id: str | None
    traits: dict[str, object] | None
    received_at: datetime
    occurred_at: datetime

    @property
    def names(self) -> Names:
        return read_names(
            type=self.type,
            user_id=self.user_id,
            anonymous_id=self.anonymous_id,
            previous_id=self.previous_id,
            traits=self.traits,
        )


class _Owner(NamedTuple):
    lead_id: UUID
    root_id: UUID


def link_pending(
    connection: psycopg.Connection, *, project_id: UUID | None = None
) -> LinkingResult:
    """Link the oldest event that is to be linked and that nobody else links.

    Args:
        connection: Within a transaction of its own, not scoped yet; the caller
            commits it.
        project_id: The project whose events are linked; unknown for any.

    Raises:
        psycopg.OperationalError: Postgres went away.
    """
    connection.execute(PLAN_BY_INDEX)
    link = connection.execute(_NEXT, (project_id,)).fetchone()
    if link is None:
        return LinkingResult()
    project_id, event_id = link
    connection.execute(SCOPE_STATEMENT, (scope_value([project_id]),))
    try:
        until_stable(connection, lambda: _link(connection, project_id, event_id))
    except Exception:
        _logger.exception("Event %s of project %s is not linked", event_id, project_id)
        connection.execute(
            _POSTPONE, (FIRST_DELAY, MAXIMUM_DOUBLINGS, project_id, event_id)
        )
        return LinkingResult(found_work=True)
    connection.execute(
        "DELETE FROM pending_link WHERE project_id = %s AND event_id = %s",
        (project_id, event_id),
    )
    return LinkingResult(frozenset({project_id}), found_work=True)


def _link(connection: psycopg.Connection, project_id: UUID, event_id: int) -> None:
    with connection.cursor(row_factory=args_row(_Event)) as cursor:
        event = cursor.execute(_EVENT, (project_id, event_id)).fetchone()
    if event is None:
        return
    names = event.names.further()
    looked_up = {*names, event.names.resolving()}
    owners = _read_owners(connection, project_id, looked_up, event.origin_id)
    if None not in owners:
        raise MovedError  # the lead was erased, and its events with it
    lock_roots(connection, project_id, {owner.root_id for owner in owners.values()})
    if owners != _read_owners(connection, project_id, looked_up, event.origin_id):
        raise MovedError
    _Link(connection, project_id, event_id, event, owners).run(names)


class _Link:
    """The linking of one event, while the roots of all its names are locked."""

    def __init__(
        self,
        connection: psycopg.Connection,
        project_id: UUID,
        event_id: int,
        event: _Event,
        owners: Mapping[Alias | None, _Owner],
    ) -> None:
        self._connection = connection
        self._project_id = project_id
        self._event_id = event_id
        self._event = event
        self._owners = owners
        self._root_id = owners[None].root_id
        self._merged: dict[UUID, UUID] = {}
        self._taken: dict[Alias, UUID] = {}
        self._moved: dict[Alias, UUID] = {}

    def run(self, names: Mapping[Alias, Strength]) -> None:
        """Merge leads first, then give names away: that is the order of the locks."""
        addressee: UUID | None = None
        for alias in sorted(names, key=lambda alias: (names[alias], alias)):
            there = self._root_of(alias)
            if there == self._root_id:
                continue
            match self._decision(alias, names[alias], there):
                case Decision.CLAIM:
                    self._taken[alias] = self._event.origin_id
                case Decision.MERGE if there is not None:
                    self._merge(there, self._owners[alias].lead_id)
                case Decision.MOVE:
                    self._moved[alias] = self._event.origin_id
                case Decision.HAND_OVER:
                    addressee = self._hand_over(alias)
        self._take_names()
        self._move_names()
        if addressee is not None:
            self._pass_on_traits(addressee)

    def _root_of(self, alias: Alias) -> UUID | None:
        owner = self._owners.get(alias)
        return owner and self._merged.get(owner.root_id, owner.root_id)

    def _decision(
        self, alias: Alias, strength: Strength, there: UUID | None
    ) -> Decision:
        here = self._root_id
        rows = self._connection.execute(_IDENTIFIED, (self._project_id, [here, there]))
        identified = {root_id: Identified(*known) for root_id, *known in rows}
        return decide(
            alias,
            strength,
            identified[here],
            None if there is None else identified[there],
            are_separated=there is not None
            and are_separated(self._connection, self._project_id, here, there),
        )

    def _merge(self, there: UUID, other_id: UUID) -> None:
        pair = (self._root_id, there)
        self._root_id = merge(
            self._connection,
            self._project_id,
            pair,
            lead_id=self._event.origin_id,
            other_id=other_id,
            event_id=self._event_id,
        )
        self._merged |= dict.fromkeys(pair, self._root_id)

    def _hand_over(self, email: Alias) -> UUID:
        """Let the device stand for the lead that has the email; return that lead."""
        owner = self._owners.get(email)
        if owner is None:
            lead_id = uuid7(self._event.received_at)
            self._connection.execute(
                "INSERT INTO lead (project_id, id, created_at) VALUES (%s, %s, %s)",
                (self._project_id, lead_id, self._event.received_at),
            )
            self._taken[email] = lead_id
        else:
            lead_id = owner.lead_id
        self._moved[self._event.names.resolving()] = lead_id
        return lead_id

    def _take_names(self) -> None:
        if not self._taken:
            return
        # In the order in which ingest takes names too.
        aliases = sorted(self._taken)
        taken = self._connection.execute(
            _TAKE,
            (
                self._project_id,
                [alias.kind.value for alias in aliases],
                [alias.value for alias in aliases],
                [self._taken[alias] for alias in aliases],
            ),
        )
        if taken.rowcount < len(aliases):
            raise MovedError
        self._show(self._taken)

    def _move_names(self) -> None:
        if not self._moved:
            return
        for alias, lead_id in self._moved.items():
            self._connection.execute(
                "UPDATE lead_alias SET lead_id = %s"
                " WHERE (project_id, kind, value) = (%s, %s, %s)",
                (lead_id, self._project_id, alias.kind.value, alias.value),
            )
        self._show(self._moved)
        self._connection.execute(
            "UPDATE project SET identity_version = identity_version + 1 WHERE id = %s",
            (self._project_id,),
        )

    def _show(self, given: Mapping[Alias, UUID]) -> None:
        roots = {self._root_of(alias) for alias in given} - {None}
        roots |= {
            root_of(self._connection, self._project_id, lead_id)
            for lead_id in given.values()
        }
        shown = [(self._project_id, root) for root in roots if root]
        show_names(self._connection, shown)
        write_tokens(self._connection, shown)

    def _pass_on_traits(self, lead_id: UUID) -> None:
        event = self._event
        name = event.message_id
        if len(reserved_message_id(FIELDS, name)) > MAX_ID_LENGTH:
            name = hashlib.sha256(name.encode()).hexdigest()
        write_reserved_input(
            self._connection,
            self._project_id,
            lead_id,
            type_=FIELDS,
            name=name,
            received_at=event.received_at,
            occurred_at=event.occurred_at,
            traits=event.traits,
        )


def _read_owners(
    connection: psycopg.Connection,
    project_id: UUID,
    aliases: Collection[Alias],
    origin_id: UUID,
) -> dict[Alias | None, _Owner]:
    """Return who has each name, and under None the lead that the event came for."""
    rows = connection.execute(
        _OWNERS,
        (
            [alias.kind.value for alias in aliases],
            [alias.value for alias in aliases],
            project_id,
            project_id,
            origin_id,
        ),
    )
    return {
        kind and Alias(AliasKind(kind), value): _Owner(lead_id, root_id)
        for kind, value, lead_id, root_id in rows
    }
