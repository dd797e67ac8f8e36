"""Reads the rows of the list of leads as a browser does."""

import json

from leadpulse_app.state.lead_row import LeadRow
from leadpulse_app.state.leads import LeadsState
from leadpulse_app.state.moments import Moment


def rows_of(state: LeadsState) -> list[LeadRow]:
    """Return the rows that the browser decodes."""
    return [
        LeadRow(
            **{**row, "tags": tuple(row["tags"])}
            | {"last_seen": Moment(**row["last_seen"])}
        )
        for row in json.loads(state.rows)
    ]
