"""Published rulesets, parsed once in each process since a version never changes."""

from collections.abc import Iterable
from uuid import UUID

import psycopg

from leadpulse_app.domain.ruleset import Ruleset

RulesetKey = tuple[UUID, int]
"""A project and the number of a version."""

_CAPACITY = 200
"""Versions kept parsed, mostly at some 10 KB each and 5 MB at most; past it the process
starts afresh."""

_parsed: dict[RulesetKey, Ruleset] = {}


class Rulesets:
    """The rulesets that one transaction needs, read a statement at a time."""

    def __init__(
        self, connection: psycopg.Connection, keys: Iterable[RulesetKey]
    ) -> None:
        """Read the first versions.

        Args:
            connection: Within a transaction whose scope holds the projects.
            keys: The versions that will be asked for.
        """
        self._connection = connection
        self._known: dict[RulesetKey, Ruleset] = {}
        self._unparsed: dict[RulesetKey, tuple[list[object], dict[str, object]]] = {}
        self.read(keys)

    def read(self, keys: Iterable[RulesetKey]) -> None:
        """Read further versions, as far as this process has not parsed them yet."""
        if len(_parsed) > _CAPACITY:
            _parsed.clear()
        keys = set(keys) - self._known.keys()
        # Another thread may clear the versions at any moment: one look each.
        found = {key: _parsed.get(key) for key in keys}
        self._known |= {key: known for key, known in found.items() if known}
        missing = keys - self._known.keys()
        if missing:
            rows = self._connection.execute(
                """
                SELECT project_id, version, rules, settings
                FROM ruleset JOIN unnest(%s::uuid[], %s::integer[])
                    AS wanted (project_id, version) USING (project_id, version)
                """,
                ([key[0] for key in missing], [key[1] for key in missing]),
            )
            self._unparsed |= {(row[0], row[1]): (row[2], row[3]) for row in rows}

    def get(self, key: RulesetKey) -> Ruleset:
        """Return one of the versions asked for.

        Raises:
            LookupError: There is no such version.
            pydantic.ValidationError: What is stored is no ruleset.
        """
        if key not in self._known:
            if key not in self._unparsed:
                raise LookupError(f"ruleset version {key[1]} does not exist")
            rules, settings = self._unparsed[key]
            self._known[key] = _parsed[key] = Ruleset.model_validate(
                {"version": key[1], "rules": rules, **settings}
            )
        return self._known[key]

    def find(self, key: RulesetKey) -> Ruleset | None:
        """Return one of the versions asked for, or None where it can't be read."""
        try:
            return self.get(key)
        except (LookupError, ValueError):
            return None
