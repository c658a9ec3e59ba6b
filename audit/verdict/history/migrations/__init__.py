"""The steps from one version of the tables to the next, run by Alembic; a step that was released is never edited."""
