"""Runs the migrations on the connection that `leadpulse_app.schema` hands over."""

from alembic import context
from sqlmodel import SQLModel

import leadpulse_app.models  # noqa: F401  (registers the tables)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
)
with context.begin_transaction():
    context.run_migrations()
