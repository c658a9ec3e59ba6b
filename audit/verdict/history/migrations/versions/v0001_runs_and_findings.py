"""The first tables: runs, findings, sightings, standings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "run",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tool_version", sa.Text, nullable=False),
        sa.Column("snapshot_sha256", sa.String(64), nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("selection", sa.Text, nullable=False),
        sa.Column("exit_code", sa.Integer, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("incomplete", sa.Text),
        sa.Column("newest", sa.Text),
        sa.Column("expected", sa.Integer, nullable=False),
        sa.Column("read", sa.Integer, nullable=False),
        sa.Column("judged", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
    )
    op.create_index("ix_run_taken_at", "run", ["taken_at"])
    op.create_table(
        "finding",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("check_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text),
        sa.Column("region", sa.Text),
        sa.Column("stack", sa.Text),
        sa.Column("container", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_finding"),
    )
    op.create_table(
        "sighting",
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("finding_id", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("account", sa.Text),
        sa.Column("unit", sa.Text),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("declared", sa.Text),
        sa.Column("running", sa.Text),
        sa.Column("released", sa.Text),
        sa.PrimaryKeyConstraint("run_id", "finding_id", name="pk_sighting"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_sighting_run_id_run", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name="fk_sighting_finding_id_finding", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_sighting_finding_id", "sighting", ["finding_id"])
    op.create_table(
        "standing",
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("account", sa.Text),
        sa.Column("account_id", sa.Text),
        sa.Column("region", sa.Text),
        sa.Column("stack", sa.Text),
        sa.Column("coverage", sa.String(16), nullable=False),
        sa.Column("version", sa.Text),
        sa.Column("releases_behind", sa.Integer),
        sa.Column("days_behind", sa.Integer),
        sa.PrimaryKeyConstraint("run_id", "unit", name="pk_standing"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_standing_run_id_run", ondelete="CASCADE"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("standing", "sighting", "finding", "run"):
        op.drop_table(table)
