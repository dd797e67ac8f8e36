"""Rows of a live list as one text, written once for all who are shown them."""

from collections.abc import Sequence

from reflex_base.utils.format import json_dumps

NO_ROWS = "[]"


def written(rows: Sequence[object]) -> str:
    """Return rows as the browser decodes them, by `components.held_list`."""
    return json_dumps(rows, separators=(",", ":"))
