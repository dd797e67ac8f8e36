"""Makes the further names of scored events names of their leads.

A name that nobody has is taken. What is said by a name that another lead has is
decided later, under locks that scoring never waits for; it is written down in the same
transaction, so that no crash comes between.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import NamedTuple, TypeAlias
from uuid import UUID

import psycopg

from leadpulse_app.domain.identity import Alias, AliasKind, Strength, read_names
from leadpulse_app.services.scoring.claim import ClaimedEvent, LeadKey

_OWNERS = """
    SELECT name.place - 1, coalesce(lead.root_id, lead.id)
    FROM unnest(%s::uuid[], %s::text[], %s::text[]) WITH ORDINALITY
        AS name (project_id, kind, value, place)
    JOIN lead_alias AS alias USING (project_id, kind, value)
    JOIN lead ON (lead.project_id, lead.id) = (alias.project_id, alias.lead_id)
"""

_TAKE = """
    INSERT INTO lead_alias (project_id, kind, value, lead_id)
    SELECT project_id, kind, value, lead_id
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[]) WITH ORDINALITY
        AS name (project_id, kind, value, lead_id, place)
    ORDER BY place
    ON CONFLICT (project_id, kind, value) DO NOTHING
    RETURNING project_id, kind, value
"""  # in the order in which ingest takes names too, or the two wait for each other

_SHOW = """
    UPDATE lead SET anonymous_id = shown.anonymous_ids[1], user_id = shown.user_ids[1]
    FROM unnest(%s::uuid[], %s::uuid[]) AS root (project_id, id)
    CROSS JOIN LATERAL (
        SELECT
            array_agg(alias.value ORDER BY one.id <> root.id, alias.created_at,
                alias.value) FILTER (WHERE alias.kind = 'anonymous') AS anonymous_ids,
            array_agg(alias.value ORDER BY one.id <> root.id, alias.created_at,
                alias.value) FILTER (WHERE alias.kind = 'user') AS user_ids
        FROM (
            SELECT root.id
            UNION ALL
            SELECT m.id FROM lead AS m
            WHERE (m.project_id, m.root_id) = (root.project_id, root.id)
        ) AS one (id)
        JOIN lead_alias AS alias
            ON (alias.project_id, alias.lead_id) = (root.project_id, one.id)
    ) AS shown
    WHERE (lead.project_id, lead.id) = (root.project_id, root.id)
"""  # a kind looked for in WHERE would be looked up by, in all of the project's names

_Name: TypeAlias = tuple[UUID, Alias]
"""A project and a name in it."""


class NamedLead(NamedTuple):
    """A root that was scored, and the events it was scored for."""

    project_id: UUID
    root_id: UUID
    email: str | None
    """Its email now."""
    events: Sequence[ClaimedEvent]


class _Naming(NamedTuple):
    """Events of a lead that say the same by further names."""

    root: LeadKey
    first: ClaimedEvent
    last: ClaimedEvent
    """In order of arrival, which is how people pass on a device."""
    names: Set[_Name]
    takeable: Set[_Name]
    """Those that are the lead's, unless another lead has them."""


def take_names(
    connection: psycopg.Connection, leads: Iterable[NamedLead]
) -> Set[LeadKey]:
    """Take the further names of events, or leave to linking what they mean.

    Args:
        connection: Within the transaction that scored the events.
        leads: Their roots, which it has locked.

    Returns:
        The roots that may show other ids than before.
    """
    namings = sorted(_read_namings(leads), key=lambda naming: naming.first.id)
    if not namings:
        return frozenset()
    owners = _read_owners(
        connection, {name for naming in namings for name in naming.names}
    )
    wanted: dict[_Name, _Naming] = {}
    for naming in namings:
        for name in naming.takeable:
            if name not in owners:
                wanted.setdefault(name, naming)
    shown: Set[LeadKey] = frozenset()
    if wanted:
        taken = _take(connection, wanted)
        owners |= {name: wanted[name].root[1] for name in taken}
        shown = {
            wanted[name].root for name in taken if name[1].kind is not AliasKind.EMAIL
        }
        if shown:
            show_names(connection, shown)
    _leave_to_linking(connection, namings, owners)
    return shown


def show_names(connection: psycopg.Connection, roots: Iterable[LeadKey]) -> None:
    """Show on roots a user id and an anonymous id of theirs, or of their members'."""
    project_ids, root_ids = zip(*roots, strict=True)
    connection.execute(_SHOW, (list(project_ids), list(root_ids)))


def _read_namings(leads: Iterable[NamedLead]) -> Iterator[_Naming]:
    for project_id, root_id, email, events in leads:
        known_email = email and email.lower()
        for first, last in _tell_apart(events):
            names = read_names(
                type=first.type,
                user_id=first.user_id,
                anonymous_id=first.anonymous_id,
                previous_id=first.previous_id,
                traits=first.traits,
            )
            if further := names.further():
                yield _Naming(
                    (project_id, root_id),
                    first,
                    last,
                    {(project_id, alias) for alias in further},
                    {
                        (project_id, alias)
                        for alias, strength in further.items()
                        # The device may be in somebody else's hands by now.
                        if strength is not Strength.ANONYMOUS_EMAIL
                        or alias.value == known_email
                    },
                )


def _tell_apart(
    events: Iterable[ClaimedEvent],
) -> Iterable[tuple[ClaimedEvent, ClaimedEvent]]:
    """Return the events that may carry further names; of equal ones the ends."""
    found: list[tuple[ClaimedEvent, ClaimedEvent]] = []
    by_device: dict[str, tuple[ClaimedEvent, ClaimedEvent]] = {}
    for event in events:
        if event.traits is not None or event.previous_id is not None:
            found.append((event, event))
        elif event.user_id is not None and (device := event.anonymous_id) is not None:
            first, last = by_device.get(device, (event, event))
            by_device[device] = (
                event if event.id < first.id else first,
                event if event.id > last.id else last,
            )
    found.extend(by_device.values())
    return found


def _read_owners(
    connection: psycopg.Connection, names: Set[_Name]
) -> dict[_Name, UUID]:
    """Return the root of each name that somebody has."""
    listed = list(names)
    rows = connection.execute(_OWNERS, _columns(listed))
    return {listed[place]: root_id for place, root_id in rows}


def _take(
    connection: psycopg.Connection, wanted: dict[_Name, _Naming]
) -> Sequence[_Name]:
    """Make names those of leads, unless somebody was faster; return those taken."""
    names = sorted(wanted)
    rows = connection.execute(
        _TAKE, (*_columns(names), [wanted[name].first.origin_id for name in names])
    )
    return [
        (project_id, Alias(AliasKind(kind), value)) for project_id, kind, value in rows
    ]


def _leave_to_linking(
    connection: psycopg.Connection,
    namings: Iterable[_Naming],
    owners: dict[_Name, UUID],
) -> None:
    links: set[tuple[UUID, int]] = set()
    first: dict[frozenset[_Name], tuple[UUID, int]] = {}
    last: dict[frozenset[_Name], tuple[UUID, int]] = {}
    for naming in namings:
        project_id, root_id = naming.root
        elsewhere = frozenset(
            name for name in naming.names if owners.get(name) != root_id
        )
        if not elsewhere:
            continue
        link = project_id, naming.last.id
        if naming.first.traits is not None or naming.first.previous_id is not None:
            links.add(link)
        else:
            # People who share an anonymous id: the first may be who it was so far,
            # and the last is who has it now. Those between change nothing.
            first.setdefault(elsewhere, (project_id, naming.first.id))
            last[elsewhere] = max(link, last.get(elsewhere, link))
    links.update(first.values(), last.values())
    if links:
        project_ids, event_ids = zip(*sorted(links), strict=True)
        connection.execute(
            "INSERT INTO pending_link (project_id, event_id)"
            " SELECT * FROM unnest(%s::uuid[], %s::bigint[])",
            (list(project_ids), list(event_ids)),
        )


def _columns(names: Sequence[_Name]) -> tuple[list[UUID], list[str], list[str]]:
    return (
        [project_id for project_id, _ in names],
        [alias.kind.value for _, alias in names],
        [alias.value for _, alias in names],
    )
