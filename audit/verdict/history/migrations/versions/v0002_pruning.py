"""What pruning keeps: up to when runs were removed, and the life of each finding until then."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pruned",
        sa.Column("before", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("before", name="pk_pruned"),
    )
    op.create_table(
        "carried",
        sa.Column("finding_id", sa.String(64), nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("episodes", sa.Text, nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unread", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("account", sa.Text),
        sa.Column("unit", sa.Text),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("declared", sa.Text),
        sa.Column("running", sa.Text),
        sa.Column("released", sa.Text),
        sa.PrimaryKeyConstraint("finding_id", name="pk_carried"),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name="fk_carried_finding_id_finding", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    """Drop the tables: findings of runs that were pruned lose their first days."""
    for table in ("carried", "pruned"):
        op.drop_table(table)
