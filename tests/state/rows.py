"""Reads the rows of a live list as a browser does."""

import json

from leadpulse_app.state.event_row import EventRow
from leadpulse_app.state.events import EventsState
from leadpulse_app.state.lead_row import LeadRow
from leadpulse_app.state.leads import LeadsState
from leadpulse_app.state.moments import Moment


def rows_of(state: LeadsState) -> list[LeadRow]:
    """Return the rows of the list of leads."""
    return [
        LeadRow(
            **{**row, "tags": tuple(row["tags"])}
            | {"last_seen": Moment(**row["last_seen"])}
        )
        for row in json.loads(state.rows)
    ]


def events_of(state: EventsState) -> list[EventRow]:
    """Return the rows of the stream of events."""
    return [
        EventRow(**{**row, "occurred": Moment(**row["occurred"])})
        for row in json.loads(state.rows)
    ]
