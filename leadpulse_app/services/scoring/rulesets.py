"""Published rulesets, parsed once in each process since a version never changes."""

from collections.abc import Iterable
from uuid import UUID

import psycopg

from leadpulse_app.domain.ruleset import Ruleset

RulesetKey = tuple[UUID, int]
"""A project and the number of a version."""

_CAPACITY = 1_000
"""Versions kept parsed, at some 10 KB each; past it the process starts afresh."""

_parsed: dict[RulesetKey, Ruleset] = {}


class Rulesets:
    """The rulesets that one transaction needs, read in one statement."""

    def __init__(
        self, connection: psycopg.Connection, keys: Iterable[RulesetKey]
    ) -> None:
        """Read those versions that this process has not parsed yet.

        Args:
            connection: Within a transaction whose scope holds the projects.
            keys: The versions that will be asked for.
        """
        if len(_parsed) > _CAPACITY:
            _parsed.clear()
        keys = set(keys)
        # Another thread may clear the versions at any moment: one look each.
        found = {key: _parsed.get(key) for key in keys}
        self._known = {key: known for key, known in found.items() if known}
        self._unparsed: dict[RulesetKey, object] = {}
        missing = keys - self._known.keys()
        if missing:
            rows = connection.execute(
                """
                SELECT project_id, version, rules
                FROM ruleset JOIN unnest(%s::uuid[], %s::integer[])
                    AS wanted (project_id, version) USING (project_id, version)
                """,
                ([key[0] for key in missing], [key[1] for key in missing]),
            )
            self._unparsed = {(row[0], row[1]): row[2] for row in rows}

    def get(self, key: RulesetKey) -> Ruleset:
        """Return one of the versions asked for.

        Raises:
            LookupError: There is no such version.
            pydantic.ValidationError: What is stored is no ruleset.
        """
        if key not in self._known:
            if key not in self._unparsed:
                raise LookupError(f"ruleset version {key[1]} does not exist")
            self._known[key] = _parsed[key] = Ruleset.model_validate(
                {"version": key[1], "rules": self._unparsed[key]}
            )
        return self._known[key]
