"""Writes arrays for Postgres that hold nothing which needs quoting."""

from collections.abc import Iterable


def array_text(values: Iterable[object]) -> str:
    """Return the array of these values as Postgres reads it.

    psycopg looks at each value of a list and takes three times as long.

    Args:
        values: Numbers, UUIDs or words of ours; the word NULL stands for itself.
    """
    return f"{{{','.join(map(str, values))}}}"
