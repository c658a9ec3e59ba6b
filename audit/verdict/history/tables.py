"""The tables of the history, for SQLite and PostgreSQL alike; ``migrations`` makes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Column, DateTime, ForeignKey, Integer, MetaData, String, Table, Text
from sqlalchemy.types import TypeDecorator

from audit.text import neutral

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no zone, so it is added again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy's signature
        """Write it in UTC."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy's signature
        """Read it in UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Words(TypeDecorator[str]):
    """Text from outside: PostgreSQL refuses NUL, no encoding has lone surrogates, so both are written out."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's signature
        """Make it harmless."""
        return neutral(value) if value is not None else None


METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

RUN = Table(
    "run",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("taken_at", Moment, nullable=False, index=True),
    Column("judged_at", Moment, nullable=False),
    Column("tool_version", Words, nullable=False),
    Column("snapshot_sha256", String(64), nullable=False),
    Column("scope", Words, nullable=False),
    Column("selection", Words, nullable=False),
    Column("exit_code", Integer, nullable=False),
    Column("verdict", Words, nullable=False),
    Column("incomplete", Words),
    Column("newest", Words),
    Column("expected", Integer, nullable=False),
    Column("read", Integer, nullable=False),
    Column("judged", Text, nullable=False),
)

FINDING = Table(
    "finding",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("check_id", Words, nullable=False),
    Column("account_id", Words),
    Column("region", Words),
    Column("stack", Words),
    Column("container", Words),
    Column("kind", Words, nullable=False),
)

SIGHTING = Table(
    "sighting",
    METADATA,
    Column("run_id", String(64), ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("finding_id", String(64), ForeignKey("finding.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("outcome", String(16), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("account", Words),
    Column("unit", Words),
    Column("subject", Words, nullable=False),
    Column("declared", Words),
    Column("running", Words),
    Column("released", Words),
)

STANDING = Table(
    "standing",
    METADATA,
    Column("run_id", String(64), ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("unit", Words, primary_key=True),
    Column("account", Words),
    Column("account_id", Words),
    Column("region", Words),
    Column("stack", Words),
    Column("coverage", String(16), nullable=False),
    Column("version", Words),
    Column("releases_behind", Integer),
    Column("days_behind", Integer),
)

# Up to when runs were removed: at most one row.
PRUNED = Table("pruned", METADATA, Column("before", Moment, primary_key=True))

CARRIED = Table(
    "carried",
    METADATA,
    Column("finding_id", String(64), ForeignKey("finding.id", ondelete="CASCADE"), primary_key=True),
    Column("scope", Words, nullable=False),
    Column("episodes", Text, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("unread", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("account", Words),
    Column("unit", Words),
    Column("subject", Words, nullable=False),
    Column("declared", Words),
    Column("running", Words),
    Column("released", Words),
)
