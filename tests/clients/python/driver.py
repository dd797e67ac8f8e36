"""Takes calls from standard input, one JSON array a line, and answers each with one."""

import json
import re
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

Calls = Mapping[str, Callable[..., object]]
"""What a client can be asked to do."""


def drive(connect: Callable[..., Calls]) -> None:
    """Make each call that is asked for, until standard input ends.

    Args:
        connect: Takes the product's address as `host` and a write `key`; returns the
            calls that the client has, whose arguments are named as Python does.
    """
    calls: Calls = {}
    for line in sys.stdin:
        name, given = json.loads(line)
        arguments = {_snake(key): _revive(value) for key, value in given.items()}
        if name == "connect":
            calls = connect(**arguments)
        else:
            calls[name](**arguments)
        print("null", flush=True)  # noqa: T201
    calls["close"]()


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def _revive(value: Any) -> Any:
    """Return the value with each `{"$date": …}` in it as the time it means."""
    if isinstance(value, list):
        return [_revive(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$date"}:
        return datetime.fromisoformat(value["$date"])
    return {name: _revive(inner) for name, inner in value.items()}
