"""What a lead's state holds beyond its score and fields, as it is stored."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from leadpulse_app.domain.fold import EMPTY, Fields, Held, State, Tally, TallyKey
from leadpulse_app.domain.ruleset import Period


def store_memory(state: State) -> dict[str, Any] | None:
    """Return what is to be kept of a state, as JSON; None where there is nothing."""
    if state == EMPTY._replace(score=state.score, fields=state.fields):
        return None
    return {
        "version": state.version,
        "fit_version": state.fit_version,
        "behaviour": state.behaviour,
        "fit": state.fit,
        "tallies": sorted(
            [str(rule_id), per.value, zone, *tally]
            for (rule_id, per, zone), tally in state.tallies.items()
        ),
        "held": sorted([str(rule_id), *held] for rule_id, held in state.held.items()),
    }


def read_state(score: int, fields: Fields, stored: Mapping[str, Any] | None) -> State:
    """Return a state as `store_memory` left it."""
    if stored is None:
        return State(score, fields)
    return State(
        score,
        fields,
        stored["version"],
        stored["fit_version"],
        stored["behaviour"],
        stored["fit"],
        {
            TallyKey(UUID(rule_id), Period(per), zone): Tally(*tally)
            for rule_id, per, zone, *tally in stored["tallies"]
        },
        {UUID(rule_id): Held(*held) for rule_id, *held in stored["held"]},
    )
