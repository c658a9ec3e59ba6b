"""What Alembic runs: the steps, on the connection and in the transaction that ``store`` has opened."""

from alembic import context

from audit.verdict.history.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
