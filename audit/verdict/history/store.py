"""The store: one engine, the tables brought up to date, runs written once, runs read back.

A run is written in one transaction: whole, or not at all; a run that
is there already is left as it is. Two writers are kept apart by the database (SQLite takes its lock at the beginning
of a transaction, PostgreSQL waits for the row with the same key).
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from audit.verdict import judged
from audit.verdict.finding import OUTCOMES, fingerprint
from audit.verdict.history import lag
from audit.verdict.history.lives import Identity, PastRun, Sighting, Standing
from audit.verdict.history.tables import FINDING, PRUNED, RUN, SIGHTING, STANDING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine, RowMapping, Table
    from sqlalchemy.engine import URL

    from audit.verdict.finding import Finding
    from audit.verdict.results import Results

Row = dict[str, Any]
PARTS: Final = ("check_id", "account_id", "region", "stack", "container", "kind")

# CommandError: the tables are of a version that this tool does not know.
FAILURES: Final = (SQLAlchemyError, CommandError, OSError)

_MIGRATIONS: Final = Path(__file__).with_name("migrations")
_LOCK: Final = 7_465_120_313  # any number that nobody else in the database takes for an advisory lock
_CONNECT_SECONDS: Final = 10
_LOCK_SECONDS: Final = 30
_STATEMENT_SECONDS: Final = 60  # a nightly job must end, whatever a database does


@contextmanager
def opened(url: URL, *, write: bool) -> Iterator[Connection]:
    """Give a connection in a transaction that is committed at the end; the tables are there and up to date."""
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            connection.info["write"] = write
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")
                    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{_STATEMENT_SECONDS}s'")
                migrate(connection)
                yield connection
    finally:
        engine.dispose()


def migrate(connection: Connection, version: str = "head") -> None:
    """Bring the tables to a version (``base``: none); the transaction is the caller's."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    wanted = ScriptDirectory.from_config(config).get_current_head() if version == "head" else None
    if MigrationContext.configure(connection).get_current_revision() == wanted:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    (command.upgrade if wanted else command.downgrade)(config, version)


def record(connection: Connection, results: Results) -> bool:
    """Write a run; False where it is there already, or is older than what pruning has left."""
    before = pruned_before(connection)
    if before is not None and results.snapshot_taken_at < before:
        return False
    if not insert(connection, RUN, [_run(results)]):
        return False
    worst: dict[str, Finding] = {}
    for found in sorted(results.findings, key=lambda found: (found.id, _rank(found))):
        worst.setdefault(found.id, found)
    # Sorted, or two writers could each hold a row that the other waits for.
    insert(connection, FINDING, [identity(found) for found in worst.values()])
    insert(connection, SIGHTING, [_sighting(results.run.id, found) for found in worst.values()])
    rows = {row.unit: row for row in lag.standings(results)}
    insert(connection, STANDING, [_standing(results.run.id, row) for row in rows.values()])
    return True


def load(
    connection: Connection, renamed: Mapping[str, str] = MappingProxyType({}), *, standings: bool = True
) -> tuple[PastRun, ...]:
    """Read all runs with what they saw, and how far each unit was behind where that is wanted: a row for each unit.

    ``renamed`` maps a check's old ids to the one that it has today: findings keep their lives under it.
    """
    findings = {row["id"]: known(row, renamed) for row in connection.execute(sa.select(FINDING)).mappings()}
    sightings: defaultdict[str, list[Sighting]] = defaultdict(list)
    for row in connection.execute(sa.select(SIGHTING)).mappings():
        sightings[row["run_id"]].append(seen(row, findings[row["finding_id"]]))
    stood: defaultdict[str, list[Standing]] = defaultdict(list)
    for row in connection.execute(sa.select(STANDING)).mappings() if standings else ():
        stood[row["run_id"]].append(Standing(**{name: row[name] for name in row if name != "run_id"}))
    wanted = sa.select(RUN).order_by(RUN.c.taken_at, RUN.c.judged_at, RUN.c.id)
    before = pruned_before(connection)
    if before is not None:  # a writer may have come too late
        wanted = wanted.where(RUN.c.taken_at >= before)
    runs = connection.execute(wanted).mappings()
    return tuple(_past(row, sightings[row["id"]], stood[row["id"]], renamed) for row in runs)


def pruned_before(connection: Connection) -> datetime | None:
    """Give the moment before which runs were removed; None where none ever were."""
    found: datetime | None = connection.execute(sa.select(PRUNED.c.before)).scalar_one_or_none()
    return found


def keep_writers_out(connection: Connection) -> None:
    """Let no run come in until the end of the transaction; SQLite's own lock does that already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE run IN SHARE ROW EXCLUSIVE MODE")


def shrink(url: URL) -> None:
    """Give the room of what was removed back to the file system; PostgreSQL does that by itself."""
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(url.database or "", timeout=_LOCK_SECONDS)) as database:
            database.execute("VACUUM")


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        patience = {"connect_timeout": _CONNECT_SECONDS, "tcp_user_timeout": _LOCK_SECONDS * 1000}
        return sa.create_engine(url, poolclass=sa.NullPool, connect_args=patience)
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"timeout": _LOCK_SECONDS})

    @event.listens_for(engine, "connect")
    def manual(connection: Any, _record: object) -> None:  # noqa: ANN401 -- a connection of any driver
        """Leave the beginning of transactions to us: the driver begins too late, and not at all before DDL."""
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        """Take the lock at once where something will be written: two that read first could both never write."""
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info["write"] else "BEGIN")

    return engine


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Insert what is not there yet; give the number of rows that were written."""
    if not rows:
        return 0
    if connection.dialect.name == "sqlite":
        return connection.execute(sqlite.insert(table).on_conflict_do_nothing(), rows).rowcount
    return connection.execute(postgresql.insert(table).on_conflict_do_nothing(), rows).rowcount


def _rank(found: Finding) -> int:
    """Put what is there before what nobody could tell."""
    return OUTCOMES.index(found.outcome) + (len(OUTCOMES) if found.outcome in ("unknown", "error") else 0)


def _run(results: Results) -> Row:
    run = results.run
    return {
        "id": run.id,
        "taken_at": results.snapshot_taken_at,
        "judged_at": run.judged_at,
        "tool_version": run.tool_version,
        "snapshot_sha256": results.snapshot_sha256,
        "scope": run.scope,
        "selection": run.selection.words,
        "exit_code": results.exit_code,
        "verdict": results.verdict,
        "incomplete": run.incomplete,
        "newest": results.release_source.newest,
        "expected": results.coverage.expected,
        "read": results.coverage.read,
        "judged": json.dumps(judged.to_plain(judged.of(results)), separators=(",", ":")),
    }


def identity(found: Finding | Identity) -> Row:
    """Give the row of a finding: what its fingerprint is made of."""
    return {"id": found.id, "check_id": found.check, **{name: getattr(found, name) for name in PARTS[1:]}}


def _sighting(run_id: str, found: Finding) -> Row:
    names = ("outcome", "severity", "account", "unit", "subject", "declared", "running", "released")
    return {"run_id": run_id, "finding_id": found.id, **{name: getattr(found, name) for name in names}}


def _standing(run_id: str, row: Standing) -> Row:
    names = ("unit", "account", "account_id", "region", "stack", "coverage")
    lags = ("version", "releases_behind", "days_behind")
    return {"run_id": run_id, **{name: getattr(row, name) for name in (*names, *lags)}}


def known(row: Mapping[Any, Any], renamed: Mapping[str, str]) -> Identity:
    """Read the row of a finding back, under the id that its check has today."""
    check, id_ = row["check_id"], row["id"]
    parts = {name: row[name] for name in PARTS[1:]}
    if check in renamed:
        check = renamed[check]
        id_ = fingerprint(check, *parts.values())
    return Identity(id=id_, check=check, **parts)


def seen(row: RowMapping, finding: Identity) -> Sighting:
    """Read how a finding looked."""
    return Sighting(
        finding=replace(finding, **{name: row[name] for name in ("account", "unit", "subject")}),
        **{name: row[name] for name in ("outcome", "severity", "declared", "running", "released")},
    )


def _past(
    row: RowMapping, sightings: Sequence[Sighting], standings: Sequence[Standing], renamed: Mapping[str, str]
) -> PastRun:
    names = ("id", "judged_at", "tool_version", "scope", "selection", "exit_code", "verdict", "incomplete", "newest")
    return PastRun(
        at=row["taken_at"],
        **{name: row[name] for name in (*names, "expected", "read")},
        judged=judged.from_plain(json.loads(row["judged"]), renamed),
        sightings=tuple(sightings),
        standings=tuple(standings),
    )
