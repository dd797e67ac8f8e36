"""What time it is to a transaction that scores: Postgres's, unless it was set back.

A history that is brought in afterwards is scored as of its own days, so that the ledger
and the changes of stage are dated as if it had been watched. Nothing but a transaction
itself sets its clock back, and it ends with it.
"""

from datetime import datetime

import psycopg
from psycopg import sql

_SET_BACK = sql.SQL("nullif(current_setting('leadpulse.now', true), '')::timestamptz")

NOW = sql.SQL("(SELECT coalesce({}, now()))").format(_SET_BACK)
"""When the transaction scores, as an expression of SQL."""

RECORDED_AT = sql.SQL("(SELECT coalesce({}, statement_timestamp()))").format(_SET_BACK)
"""When a statement writes an entry of the ledger, as an expression of SQL."""


def set_clock_back(connection: psycopg.Connection, moment: datetime) -> None:
    """Let the rest of the transaction score as of a moment in the past."""
    connection.execute(
        "SELECT set_config('leadpulse.now', %s, true)", (moment.isoformat(),)
    )
